/** Bringing a song: drag and drop, a check of the size beforehand, and a progress bar that is true. */

import { toast } from "./app.js";
import { forgive, part, refuse, setGoing, showProgress, takeFiles, whyNot } from "./dropping.js";
import { idOf, sendForm } from "./sending.js";

const WANTED = {
  endings: /\.(mp3|wav|m4a)$/i,
  type: "audio/",
  empty: "This file is empty. Choose the song's file again.",
  other: "This does not look like a song. Bring it as MP3, WAV or M4A.",
};
const form = document.getElementById("upload");
const input = form.querySelector("input[type=file]");
const MAYBE = "The song may be stored already: load this page again and look.";
let request = null;

function take([file]) {
  // Emptied, it also says so when the same file is chosen again.
  input.value = "";
  if (!file || request) return;
  forgive(form);
  const sentence = whyNot(form, file, WANTED);
  if (sentence) decline(sentence);
  else send(file);
}

function decline(sentence) {
  forgive(form);
  refuse(form, sentence);
}

function send(file) {
  part(form, "name").textContent = file.name;
  progress(0, file.size);
  setGoing(form, true);
  const body = new FormData(form);
  body.set("upload_id", idOf(file));
  request = sendForm(form, body, file, {
    progress,
    answer: onAnswer,
    lost: (isSent) => onFailure(`The connection was lost. ${isSent ? MAYBE : "Nothing was stored; please send the song again."}`),
    stopped: onStop,
  });
}

function progress(loaded, total) {
  showProgress(form, loaded, total, "Checking the song");
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
  setGoing(form, false);
  decline(sentence);
}

function onStop(isSent) {
  request = null;
  setGoing(form, false);
  toast(`Stopped. ${isSent ? MAYBE : "Nothing was stored."}`);
}

takeFiles(form, { take, stop: () => request?.abort() });
