/**
 * The lyrics on a song's page: their lane on the timeline, and the editor that opens for it.
 *
 * Markup   [data-lyric-editor] (songs/_lyric_editor.html), #lyrics-data inside #song-lyrics, which comes
 *          anew with each answer about the lyrics; [data-opens-lyrics] opens the editor. After saving,
 *          `lyrics-saved` goes to <body>.
 */

import { Editor } from "./lyrics/editor.js";
import { whenReady } from "./timeline/ready.js";

const root = document.querySelector("[data-lyric-editor]");

function savedLines() {
  const element = document.getElementById("lyrics-data");
  return element ? JSON.parse(element.textContent).lines : null;
}

async function begin() {
  const timeline = await whenReady();
  const editor = new Editor(root, timeline, savedLines() ?? []);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-opens-lyrics]")) return;
    editor.open();
    root.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("htmx:load", () => {
    const lines = savedLines();
    if (lines) editor.takeOther(lines);
  });
}

if (root) begin();
