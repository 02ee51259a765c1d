/**
 * What every page listens to: dialogs, toasts, announcements for screen readers, forms sent once.
 *
 * [data-opens="id"]   opens the dialog with that id; on a link, instead of following it
 * [data-closes]       closes its dialog             [data-dismisses]  removes its toast
 * [data-announce]     is read aloud when htmx brings a new text
 * form[data-once]     cannot be sent twice          [data-escape]     is clicked by Escape in its form
 *
 * Only base.html loads this file: were it imported as well, each listener would be there twice.
 */

import { announce, letItGo } from "./app.js";

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

/** A new fragment: read its news aloud, and take the focus if the old one had it. */
function onNewFragment(event) {
  const { elt } = event.detail;
  const said = elt.querySelector("[data-announce]");
  if (said) announce(said.textContent.trim());
  const isPoll = elt.getAttribute("hx-trigger")?.startsWith("every");
  if (elt !== document.body && !isPoll && document.activeElement === document.body) {
    elt.querySelector("input:not([type=hidden]), textarea, a, button")?.focus();
  }
}

/** Escape leaves a form in place by its own link: [data-escape]. */
function onKeyDown(event) {
  if (event.key === "Escape") event.target.closest("form")?.querySelector("[data-escape]")?.click();
}

document.addEventListener("click", onClick);
document.addEventListener("submit", onSubmit);
document.addEventListener("keydown", onKeyDown);
document.addEventListener("htmx:load", onNewFragment);
window.addEventListener("pageshow", onPageShow);
for (const box of document.querySelectorAll(".toast")) {
  box.querySelector("[data-dismisses]").hidden = false;
  letItGo(box);
}
