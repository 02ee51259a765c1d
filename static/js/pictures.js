/** Bringing pictures: drag and drop, several at once, a check of the size beforehand, a true progress bar. */

import { toast } from "./app.js";
import { forgive, part, refuse, setGoing, showProgress, takeFiles, whyNot } from "./dropping.js";
import { idOf, sendForm } from "./sending.js";

const WANTED = {
  endings: /\.(png|jpe?g|webp)$/i,
  type: "image/",
  empty: "This file is empty. Choose the picture's file again.",
  other: "This does not look like a picture. Bring it as PNG, JPEG or WebP.",
};
const form = document.getElementById("picture-upload");
const input = form.querySelector("input[type=file]");
const waiting = [];
let request = null;

input.multiple = true;

function take(files) {
  if (!request) forgive(form);
  for (const file of files) {
    const sentence = whyNot(form, file, WANTED);
    if (sentence) refuse(form, files.length > 1 ? `${file.name}: ${sentence}` : sentence);
    else waiting.push(file);
  }
  input.value = "";
  if (!request) next();
}

function next() {
  const file = waiting.shift();
  setGoing(form, Boolean(file));
  if (file) send(file);
}

function send(file) {
  const body = new FormData(form);
  body.set("upload_id", idOf(file));
  part(form, "name").textContent = waiting.length ? `${file.name}, ${waiting.length} more` : file.name;
  progress(0, file.size);
  request = sendForm(form, body, file, {
    progress,
    answer: (status, answer) => onAnswer(file, status, answer),
    lost: () => onFailure(`${file.name}: the connection was lost. Please send it again.`),
    stopped: onStop,
  });
}

function progress(loaded, total) {
  showProgress(form, loaded, total, "Checking the picture");
}

async function onAnswer(file, status, answer) {
  if (status === 201) {
    await show(answer);
    request = null;
    next();
    return;
  }
  const tooBig = status === 413 ? form.dataset.tooBig : "The server could not take the picture. Please try again in a minute.";
  const sentence = answer?.detail ?? tooBig;
  onFailure(waiting.length ? `${file.name}: ${sentence}` : sentence);
}

/** Put the new picture first; where there was none yet, the page is loaded anew. */
async function show(answer) {
  const list = document.getElementById("pictures");
  if (!list) {
    if (!waiting.length) window.location.assign(answer.url);
    return;
  }
  const card = await cardAt(answer.card);
  if (!card) {
    toast("The picture is stored. Load this page again to see it.", "bad");
    return;
  }
  const item = document.createElement("li");
  item.innerHTML = card;
  // A picture that was sent again is the one that is there already.
  document.getElementById(item.firstElementChild.id)?.closest("li").remove();
  list.prepend(item);
  window.htmx.process(item);
  toast("The picture is here.");
}

/** The card of a picture as HTML; "" where it cannot be had. */
async function cardAt(address) {
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    return answer.ok ? await answer.text() : "";
  } catch {
    return "";
  }
}

function onFailure(sentence) {
  request = null;
  refuse(form, sentence);
  next();
}

function onStop(isSent) {
  request = null;
  waiting.length = 0;
  setGoing(form, false);
  toast(isSent ? "Stopped. The last picture may be stored already: load this page again and look." : "Stopped. Nothing more was stored.");
}

takeFiles(form, { take, stop: () => request?.abort() });
