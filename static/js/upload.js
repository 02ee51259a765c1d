/** Bringing a song: drag and drop, a check of the size beforehand, and a progress bar that is true. */

import { csrfToken, icon, toast } from "./app.js";

const ENDINGS = /\.(mp3|wav|m4a)$/i;
const form = document.getElementById("upload");
const input = form.querySelector("input[type=file]");
const part = (name) => form.querySelector(`[data-upload-${name}]`);
let request = null;

function refuse(sentence) {
  const line = document.createElement("p");
  line.className = "field__error";
  const text = document.createElement("span");
  text.textContent = sentence;
  line.append(icon("warning"), text);
  part("error").replaceChildren(line);
  input.value = "";
}

/** What can be told without sending anything; the server looks into the file itself. */
function whyNot(file) {
  if (file.size === 0) return "This file is empty. Choose the song's file again.";
  if (file.size > Number(form.dataset.maxBytes)) return form.dataset.tooBig;
  if (!ENDINGS.test(file.name) && !file.type.startsWith("audio/")) return "This does not look like a song. Bring it as MP3, WAV or M4A.";
  return "";
}

function take(file) {
  if (!file || request) return;
  part("error").replaceChildren();
  const sentence = whyNot(file);
  if (sentence) refuse(sentence);
  else send(file);
}

function send(file) {
  const body = new FormData(form);
  body.set(input.name, file);
  request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => showProgress(event.loaded, event.total));
  request.addEventListener("load", () => onAnswer(request.status, request.response));
  request.addEventListener("error", () => onFailure("The connection was lost. Nothing was stored; please send the song again."));
  request.addEventListener("abort", () => onFailure(""));
  part("name").textContent = file.name;
  showProgress(0, file.size);
  setGoing(true);
  request.send(body);
}

function showProgress(loaded, total) {
  const percent = Math.floor((100 * loaded) / Math.max(1, total));
  part("bar").value = percent;
  part("percent").textContent = `${percent} %`;
  part("state").textContent = percent < 100 ? "Sending" : "Checking the song";
}

function onAnswer(status, answer) {
  if (status === 201) {
    window.location.assign(answer.url);
    return;
  }
  const tooBig = status === 413 ? form.dataset.tooBig : "The server could not take the song. Please try again in a minute.";
  onFailure(answer?.detail ?? tooBig);
}

function onFailure(sentence) {
  request = null;
  setGoing(false);
  if (sentence) refuse(sentence);
  else toast("Stopped. Nothing was stored.");
}

function setGoing(isGoing) {
  part("going").hidden = !isGoing;
  form.querySelector(".drop__choose").hidden = isGoing;
}

function isFile(event) {
  return event.dataTransfer?.types.includes("Files");
}

input.addEventListener("change", () => take(input.files[0]));
part("stop").addEventListener("click", () => request?.abort());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  take(input.files[0]);
});

// A song may be dropped anywhere on the page; a miss must not make the browser open the file.
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
  take(event.dataTransfer.files[0]);
});
