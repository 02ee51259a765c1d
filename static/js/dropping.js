/** A form that takes files: dropped anywhere on the page or chosen, with its progress and its refusals. */

import { icon } from "./app.js";

function isFile(event) {
  return event.dataTransfer?.types.includes("Files");
}

/**
 * Listen for files; `take(files)` gets a list of them, `stop()` is called by the button.
 * A miss must not make the browser open the file, so the whole page takes what is dropped.
 */
export function takeFiles(form, { take, stop }) {
  const input = form.querySelector("input[type=file]");
  input.addEventListener("change", () => take([...input.files]));
  part(form, "stop").addEventListener("click", stop);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take([...input.files]);
  });
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
}

/** A part of the form that is filled in while a file is sent: name, bar, percent, state, error, … */
export function part(form, name) {
  return form.querySelector(`[data-upload-${name}]`);
}

/** Say below the form why a file is not taken. */
export function refuse(form, sentence) {
  const line = document.createElement("p");
  line.className = "field__error";
  const text = document.createElement("span");
  text.textContent = sentence;
  line.append(icon("warning"), text);
  part(form, "error").append(line);
}

export function forgive(form) {
  part(form, "error").replaceChildren();
}

/** What can be told of a file without sending it; the server looks into it itself. */
export function whyNot(form, file, { endings, type, empty, other }) {
  if (file.size === 0) return empty;
  if (file.size > Number(form.dataset.maxBytes)) return form.dataset.tooBig;
  return endings.test(file.name) || file.type.startsWith(type) ? "" : other;
}

/** Bytes that are sent; once all are, `checking` says what the server does with them. */
export function showProgress(form, loaded, total, checking) {
  const percent = Math.floor((100 * loaded) / Math.max(1, total));
  part(form, "bar").value = percent;
  part(form, "percent").textContent = `${percent} %`;
  part(form, "state").textContent = percent < 100 ? "Sending" : checking;
}

export function setGoing(form, isGoing) {
  part(form, "going").hidden = !isGoing;
  form.querySelector(".drop__choose").hidden = isGoing;
}
