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

/** The lines that come with the page or a part of it; null for a part without them. */
function savedLines(part) {
  const element = part.querySelector("#lyrics-data");
  return element ? JSON.parse(element.content.textContent).lines : null;
}

async function begin() {
  const timeline = await whenReady();
  const editor = new Editor(root, timeline, savedLines(document) ?? []);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-opens-lyrics]")) return;
    editor.open();
    root.scrollIntoView({ block: "nearest" });
  });
  // Only from the part that is new: what the page has had for a while may be older than what was saved.
  document.addEventListener("htmx:load", ({ detail }) => {
    const lines = savedLines(detail.elt);
    if (lines) editor.takeOther(lines);
  });
}

if (root) begin();
