/** Bringing a song: drag and drop, a check of the size beforehand, and a progress bar that is true. */

import { toast } from "./app.js";
import { forgive, part, refuse, setGoing, showProgress, takeFiles, whyNot } from "./dropping.js";
import { sendForm } from "./sending.js";

const WANTED = {
  endings: /\.(mp3|wav|m4a)$/i,
  type: "audio/",
  empty: "This file is empty. Choose the song's file again.",
  other: "This does not look like a song. Bring it as MP3, WAV or M4A.",
};
const form = document.getElementById("upload");
const input = form.querySelector("input[type=file]");
let request = null;

function take([file]) {
  if (!file || request) return;
  forgive(form);
  const sentence = whyNot(form, file, WANTED);
  if (sentence) decline(sentence);
  else send(file);
}

function decline(sentence) {
  forgive(form);
  refuse(form, sentence);
  input.value = "";
}

function send(file) {
  part(form, "name").textContent = file.name;
  progress(0, file.size);
  setGoing(form, true);
  request = sendForm(form, new FormData(form), file, {
    progress,
    answer: onAnswer,
    lost: () => onFailure("The connection was lost. Nothing was stored; please send the song again."),
    stopped: () => onFailure(""),
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
  if (sentence) decline(sentence);
  else toast("Stopped. Nothing was stored.");
}

takeFiles(form, { take, stop: () => request?.abort() });
