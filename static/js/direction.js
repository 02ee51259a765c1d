/**
 * The direction page: own words choose their radio button, a prompt that was written over can be
 * brought back, and the plan follows the direction without disturbing whoever types in it.
 */

import { announce } from "./app.js";
import { save, unsavedForms } from "./autosave.js";

const form = document.getElementById("direction");
const back = document.getElementById("prompt-back");
const ownType = form.querySelector(".own-type");
const ownRadio = document.getElementById("type-own");

let replaced = "";
let wordsSent = {};
let planIsOld = false;
let openFolds = [];

// After a refusal the page stands at the address of the act; loading it again should show the page.
if (location.pathname !== form.dataset.page) history.replaceState(null, "", form.dataset.page);

// What follows the other choices comes with the answer to them.
const FOLLOWING = ["prompt", "negative"];

const plan = () => document.getElementById("plan");
const prompt = () => document.getElementById("prompt");

/* --- own words -------------------------------------------------------------------------------- */

ownType.addEventListener("input", () => {
  ownRadio.checked = true;
});

// Chosen, but nothing typed yet: there is nothing to save until there are words.
ownRadio.addEventListener("input", (event) => {
  ownType.focus();
  if (!ownType.value.trim()) event.stopPropagation();
});

/* --- the prompt --------------------------------------------------------------------------------- */

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "prompt-field") replaced = prompt().value;
  if (event.detail.target.id === "plan") openFolds = [...plan().querySelectorAll("details[open]")].map(({ id }) => id);
});

// What was typed into a field since its choices were sent stays.
form.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt !== form) return;
  wordsSent = Object.fromEntries(FOLLOWING.map((id) => [id, document.getElementById(id).value]));
});

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target } = event.detail;
  if (target.id in wordsSent && target.value !== wordsSent[target.id]) event.detail.shouldSwap = false;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "prompt-field") {
    back.hidden = !replaced || replaced === prompt().value;
    announce("The prompt is written.");
  }
  if (event.detail.target.id === "plan") {
    for (const id of openFolds) document.getElementById(id)?.setAttribute("open", "");
  }
});

back.addEventListener("click", () => {
  const written = prompt().value;
  prompt().value = replaced;
  replaced = written;
  back.hidden = true;
  prompt().dispatchEvent(new Event("input", { bubbles: true }));
  prompt().focus();
});

/* --- the plan follows ----------------------------------------------------------------------------- */

function askForPlan() {
  planIsOld = false;
  window.htmx.trigger(plan(), "plan-wanted");
}

/** A new plan would take the field, and the words in it that are not saved. */
function isWritingInPlan() {
  const { activeElement } = document;
  return (plan().contains(activeElement) && activeElement.matches("textarea")) || unsavedForms(plan()).length > 0;
}

function follow() {
  if (planIsOld && !isWritingInPlan()) askForPlan();
}

document.body.addEventListener("plan-changed", () => {
  planIsOld = true;
  follow();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  if (target.id !== "plan" || requestConfig.verb !== "get" || !isWritingInPlan()) return;
  event.detail.shouldSwap = false;
  planIsOld = true;
});

// Once the words that were just left are saved, and whoever left them has not begun elsewhere.
document.addEventListener("htmx:afterRequest", follow);
document.addEventListener("focusout", () => setTimeout(follow, 1500));

/* --- the making --------------------------------------------------------------------------------------- */

form.addEventListener("submit", (event) => {
  const { submitter } = event;
  if (!submitter?.matches("[data-generates]")) return;
  if (form.dataset.sent || submitter.hasAttribute("data-busy")) return event.preventDefault();
  submitter.setAttribute("data-busy", "");
  document.getElementById("launch-unsaved").hidden = true;
  const clips = unsavedForms(plan());
  if (clips.length > 0) {
    event.preventDefault();
    generateAfter(clips, submitter);
  } else form.dataset.sent = "yes";
});

async function generateAfter(clips, submitter) {
  const areSaved = await saveAll(clips);
  submitter.removeAttribute("data-busy");
  if (areSaved) form.requestSubmit(submitter);
  else document.getElementById("launch-unsaved").hidden = false;
}

// Where a clip comes out the same, another plan keeps what was written into it.
document.addEventListener("htmx:confirm", async (event) => {
  const { target, verb, issueRequest } = event.detail;
  if (target?.id !== "plan" || verb !== "post") return;
  const clips = unsavedForms(plan());
  if (clips.length === 0) return;
  event.preventDefault();
  if (await saveAll(clips)) issueRequest();
});

// A preview shows what is saved.
document.addEventListener("submit", async (event) => {
  const { target, submitter } = event;
  const forms = target.id === "preview" ? unsavedForms(document) : [];
  if (forms.length === 0) return;
  event.preventDefault();
  // Another plan may have come with the answer, and another form with it.
  if (await saveAll(forms)) return document.getElementById("preview")?.submit();
  delete target.dataset.sent;
  submitter?.removeAttribute("data-busy");
});

/** The clips have forms of their own; what is typed there is saved before it is too late. A refusal is shown. */
async function saveAll(forms) {
  const isSaved = await Promise.all(forms.map(save));
  const refused = forms[isSaved.indexOf(false)];
  if (!refused) return true;
  refused.closest("details")?.setAttribute("open", "");
  (refused.querySelector("[aria-invalid]") ?? refused.querySelector("textarea")).focus();
  return false;
}
