/**
 * Forms that save themselves: nothing that was typed is lost.
 *
 * A form with [data-autosaves] is sent by htmx while one types. This module says what is going on,
 * tries again when the connection is away, and sends the rest when the page is left.
 *
 * data-autosaves="changed"  sends only the fields that were changed here: another tab may have changed the others
 * [data-together]           fields that mean nothing without each other
 *
 *     import { save, unsavedForms } from "./autosave.js"
 */

import { csrfToken, icon } from "./app.js";

const TRY_AGAIN_MS = 4000;
const OUT_OF_DATE = "Not saved: this page is out of date. Copy your words, then load it again.";
// What the server refuses comes with a sentence in the same fragment, which is shown like any other.
const REFUSALS = new Set([400, 402, 404, 409, 413, 422, 429]);

const unsaved = new Map();
const tries = new Map();
const waiting = new Map();
const sent = new Map();

/** The forms inside of an element whose words the server does not have: not sent yet, or refused. */
export function unsavedForms(within) {
  const forms = [...within.querySelectorAll("form[data-autosaves]")];
  return forms.filter((form) => unsaved.has(form) || stateOf(form)?.dataset.state === "refused");
}

/** Send a form now; true once all of its words are saved, false where the server has not taken them. */
export function save(form) {
  return new Promise((resolve) => {
    waiting.set(form, [...(waiting.get(form) ?? []), resolve]);
    form.dispatchEvent(new Event("save-wanted"));
  });
}

function stateOf(form) {
  return document.querySelector(form.getAttribute("hx-target"));
}

function say(form, state, sign, text) {
  const box = stateOf(form);
  if (!box) return;
  box.dataset.state = state;
  const words = document.createElement("span");
  words.textContent = text;
  const line = box.matches("p") ? box : document.createElement("p");
  line.replaceChildren(icon(sign), words);
  if (line !== box) box.replaceChildren(line);
}

/* --- what was changed: a field's default is what the server knows --- */

function isChanged(field) {
  if (field.type === "radio" || field.type === "checkbox") return field.checked !== field.defaultChecked;
  return field.type === "hidden" || field.value !== field.defaultValue;
}

function fieldsToSend(form) {
  const fields = [...form.elements].filter((one) => one.name && "defaultValue" in one);
  if (form.dataset.autosaves !== "changed") return fields;
  const changed = fields.filter(isChanged);
  const groups = new Set(changed.map((one) => one.closest("[data-together]")).filter(Boolean));
  const names = new Set(changed.map((one) => one.name));
  return fields.filter((one) => names.has(one.name) || groups.has(one.closest("[data-together]")));
}

/** Take from what would be sent all that is as the server knows it. */
function keepChanged(form, data) {
  const names = new Set(fieldsToSend(form).map((one) => one.name));
  for (const name of new Set(data.keys())) if (!names.has(name)) data.delete(name);
}

function onConfigRequest(event) {
  const form = formOf(event);
  if (form) keepChanged(form, event.detail.formData);
}

function settle(form) {
  for (const [field, value, checked] of sent.get(form) ?? []) {
    if (field.type === "radio" || field.type === "checkbox") field.defaultChecked = checked;
    else field.defaultValue = value;
  }
}

/* --- the states --- */

function onInput(event) {
  const form = event.target.closest?.("form[data-autosaves]");
  if (!form || !event.target.name) return;
  unsaved.set(form, (unsaved.get(form) ?? 0) + 1);
  sayTyping(form);
}

function sayTyping(form) {
  say(form, "typing", "pencil", "Not saved yet");
}

function formOf(event) {
  const form = event.detail.elt;
  return form.matches?.("form[data-autosaves]") ? form : null;
}

function onSend(event) {
  const form = formOf(event);
  if (!form) return;
  form.dataset.sentAt = String(unsaved.get(form) ?? 0);
  sent.set(
    form,
    fieldsToSend(form).map((field) => [field, field.value, field.checked]),
  );
  say(form, "saving", "clock", "Saving …");
}

function onAnswer(event) {
  const form = formOf(event);
  if (!form) return;
  const { xhr } = event.detail;
  if (xhr.status >= 200 && xhr.status < 300) settle(form);
  if (xhr.status === 0 || xhr.status >= 500) tryAgain(form);
  else if (xhr.status >= 400 && !isRefusal(xhr)) say(form, "refused", "warning", OUT_OF_DATE);
  else if (Number(form.dataset.sentAt) === (unsaved.get(form) ?? 0)) unsaved.delete(form);
  // What was typed after the form had been sent is still unsaved; htmx sends it next.
  else sayTyping(form);
  tellWaiting(form, xhr.status >= 200 && xhr.status < 400);
}

/** Whoever had the form saved hears how it went, once nothing newer is on its way. */
function tellWaiting(form, isTaken) {
  if (isTaken && unsaved.has(form)) return;
  for (const tell of waiting.get(form) ?? []) tell(isTaken);
  waiting.delete(form);
}

function tryAgain(form) {
  say(form, "refused", "warning", "Not saved: no connection. Trying again …");
  clearTimeout(tries.get(form));
  tries.set(
    form,
    setTimeout(() => {
      if (form.isConnected && unsaved.has(form)) form.dispatchEvent(new Event("save-wanted"));
    }, TRY_AGAIN_MS),
  );
}

function onBeforeSwap(event) {
  if (!isRefusal(event.detail.xhr)) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
}

/** A whole page (a refusal of another kind) must not land inside of this one. */
function isRefusal(xhr) {
  return REFUSALS.has(xhr.status) && !/^\s*<!doctype/i.test(xhr.responseText);
}

/** The page is left: what is not saved yet goes out with it. */
function onLeave() {
  for (const form of unsaved.keys()) {
    if (!form.isConnected) continue;
    const body = new FormData(form);
    keepChanged(form, body);
    fetch(form.action, { method: "POST", body, keepalive: true, headers: { "HX-Request": "true", "X-CSRFToken": csrfToken() } });
  }
  unsaved.clear();
}

document.addEventListener("input", onInput);
document.addEventListener("htmx:configRequest", onConfigRequest);
document.addEventListener("htmx:beforeRequest", onSend);
document.addEventListener("htmx:afterRequest", onAnswer);
document.addEventListener("htmx:beforeSwap", onBeforeSwap);
window.addEventListener("pagehide", onLeave);
