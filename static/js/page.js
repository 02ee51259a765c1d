/**
 * What every page listens to: dialogs, toasts, announcements for screen readers, forms sent once.
 *
 * [data-opens="id"]   opens the dialog with that id; on a link, instead of following it
 * [data-closes]       closes its dialog             [data-dismisses]  removes its toast
 * [data-announce]     is read aloud when htmx brings a new text
 * form[data-once]     cannot be sent twice          [data-escape]     is clicked by Escape in its form
 * [data-stops]        never gets the focus unasked, as Space would stop what runs
 *
 * Only base.html loads this file: were it imported as well, each listener would be there twice.
 */

import { announce, letItGo, toast } from "./app.js";

// Where the focus goes in a new fragment: never to what stops work that is paid for.
const NEXT = ":is(input:not([type=hidden]), textarea, a, button):not(:disabled, [data-stops])";
// A card that asks a question, or whose title is being typed, is not taken away; its news comes with the next poll.
const HELD_CARD = "article :is(dialog[open], [data-escape])";

const BROKEN = "Something went wrong here. Please try again in a moment.";
const WHY_NOT = {
  0: "There is no connection. Please try again when you are back online.",
  403: "This page is out of date. Load it again, then try again.",
  404: "This is not there any more. Load the page again to see what is.",
};

function onClick(event) {
  const opener = event.target.closest("[data-opens]");
  if (opener) openDialog(event, opener);
  event.target.closest("[data-closes]")?.closest("dialog")?.close();
  event.target.closest("[data-dismisses]")?.closest(".toast")?.remove();
  // A click on the veil around a dialog closes it like Escape does.
  if (event.target instanceof HTMLDialogElement && event.target.open && outside(event)) event.target.close();
}

/** An opener may be a link: to a page that asks the same question without scripts. */
function openDialog(event, opener) {
  const dialog = document.getElementById(opener.dataset.opens);
  if (!dialog) return;
  event.preventDefault();
  dialog.showModal();
}

function outside(event) {
  const box = event.target.getBoundingClientRect();
  const inX = event.clientX >= box.left && event.clientX <= box.right;
  return !(inX && event.clientY >= box.top && event.clientY <= box.bottom);
}

function onSubmit(event) {
  if (!event.target.matches("form[data-once]")) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
  event.submitter?.setAttribute("data-busy", "");
}

/** A page that comes back from the browser's cache can be sent again. */
function onPageShow() {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[data-busy]")) delete button.dataset.busy;
}

/** A new fragment: read its news aloud. */
function onNewFragment({ detail: { elt } }) {
  const said = elt.querySelector("[data-announce]");
  if (said) announce(said.textContent.trim());
}

/** Nobody pressed anything: a fragment asked for itself, or what is being typed was sent. */
function isUnasked({ requestConfig: { elt, triggeringEvent }, target }) {
  return elt === target || elt.matches("form[data-autosaves]") || triggeringEvent?.type === "input";
}

/** The answer to what was pressed takes the focus, if the button that had it is gone. */
function onSettled({ detail, target: fragment }) {
  if (isUnasked(detail) || fragment.id !== detail.target.id || document.activeElement !== document.body) return;
  const next = [...fragment.querySelectorAll(NEXT)].find((one) => one.checkVisibility());
  if (!next) fragment.tabIndex = -1;
  (next ?? fragment).focus({ preventScroll: true });
}

/** What is swapped in says itself what is wrong. A whole page, as of an error, must not land inside of this one. */
function onBeforeSwap({ detail }) {
  if (/^\s*<(!doctype|html)/i.test(detail.xhr.responseText)) Object.assign(detail, { shouldSwap: false, isError: true });
  if (isUnasked(detail) && document.querySelector(HELD_CARD)) detail.shouldSwap = false;
  if (detail.shouldSwap) detail.isError = false;
}

/** What was pressed has led to nothing that could be shown. */
function onFailure({ detail }) {
  if (isUnasked(detail)) return;
  toast(WHY_NOT[detail.xhr.status] ?? BROKEN, "bad");
}

/** Escape leaves a form in place by its own link: [data-escape]. */
function onKeyDown(event) {
  if (event.key === "Escape") event.target.closest("form")?.querySelector("[data-escape]")?.click();
}

document.addEventListener("click", onClick);
document.addEventListener("submit", onSubmit);
document.addEventListener("keydown", onKeyDown);
document.addEventListener("htmx:load", onNewFragment);
document.addEventListener("htmx:afterSettle", onSettled);
document.addEventListener("htmx:beforeSwap", onBeforeSwap);
document.addEventListener("htmx:responseError", onFailure);
document.addEventListener("htmx:sendError", onFailure);
window.addEventListener("pageshow", onPageShow);
for (const box of document.querySelectorAll(".toast")) {
  box.querySelector("[data-dismisses]").hidden = false;
  letItGo(box);
}
