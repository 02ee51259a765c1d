/** Bringing pictures: drag and drop, several at once, a check of the size beforehand, a true progress bar. */

import { csrfToken, icon, toast } from "./app.js";

const ENDINGS = /\.(png|jpe?g|webp)$/i;
const form = document.getElementById("picture-upload");
const input = form.querySelector("input[type=file]");
const part = (name) => form.querySelector(`[data-upload-${name}]`);
const waiting = [];
let request = null;

input.multiple = true;

function refuse(sentence) {
  const line = document.createElement("p");
  line.className = "field__error";
  const text = document.createElement("span");
  text.textContent = sentence;
  line.append(icon("warning"), text);
  part("error").append(line);
}

/** What can be told without sending anything; the server looks into the file itself. */
function whyNot(file) {
  if (file.size === 0) return "This file is empty. Choose the picture's file again.";
  if (file.size > Number(form.dataset.maxBytes)) return form.dataset.tooBig;
  if (!ENDINGS.test(file.name) && !file.type.startsWith("image/")) return "This does not look like a picture. Bring it as PNG, JPEG or WebP.";
  return "";
}

function take(files) {
  if (!request) part("error").replaceChildren();
  for (const file of files) {
    const sentence = whyNot(file);
    if (sentence) refuse(files.length > 1 ? `${file.name}: ${sentence}` : sentence);
    else waiting.push(file);
  }
  input.value = "";
  if (!request) next();
}

function next() {
  const file = waiting.shift();
  setGoing(Boolean(file));
  if (file) send(file);
}

/** An id of its own for each file: a picture that is sent twice is stored once. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function send(file) {
  const body = new FormData(form);
  body.set(input.name, file);
  body.set("upload_id", newId());
  request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => showProgress(event.loaded, event.total));
  request.addEventListener("load", () => onAnswer(file, request.status, request.response));
  request.addEventListener("error", () => onFailure(`${file.name}: the connection was lost. Please send it again.`));
  request.addEventListener("abort", onStop);
  part("name").textContent = waiting.length ? `${file.name}, ${waiting.length} more` : file.name;
  showProgress(0, file.size);
  request.send(body);
}

function showProgress(loaded, total) {
  const percent = Math.floor((100 * loaded) / Math.max(1, total));
  part("bar").value = percent;
  part("percent").textContent = `${percent} %`;
  part("state").textContent = percent < 100 ? "Sending" : "Checking the picture";
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
  const card = await fetch(answer.card, { headers: { "HX-Request": "true" } });
  const item = document.createElement("li");
  item.innerHTML = await card.text();
  list.prepend(item);
  window.htmx.process(item);
  toast("The picture is here.");
}

function onFailure(sentence) {
  request = null;
  refuse(sentence);
  next();
}

function onStop() {
  request = null;
  waiting.length = 0;
  setGoing(false);
  toast("Stopped. Nothing more was stored.");
}

function setGoing(isGoing) {
  part("going").hidden = !isGoing;
  form.querySelector(".drop__choose").hidden = isGoing;
}

function isFile(event) {
  return event.dataTransfer?.types.includes("Files");
}

input.addEventListener("change", () => take([...input.files]));
part("stop").addEventListener("click", () => request?.abort());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  take([...input.files]);
});

// A picture may be dropped anywhere on the page; a miss must not make the browser open the file.
document.addEventListener("dragover", (event) => {
  if (!isFile(event)) return;
  event.preventDefault();
  form.toggleAttribute("data-over", true);
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) form.removeAttribute("data-over");
});
document.addEventListener("drop", (event) => {
  if (!isFile(event)) return;
  event.preventDefault();
  form.removeAttribute("data-over");
  take([...event.dataTransfer.files]);
});
