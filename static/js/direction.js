/**
 * The direction page: own words choose their radio button, a prompt that was written over can be
 * brought back, and the plan follows the direction without disturbing whoever types in it.
 */

import { announce } from "./app.js";
import { isUnsaved } from "./autosave.js";

const form = document.getElementById("direction");
const back = document.getElementById("prompt-back");
const ownType = form.querySelector(".own-type");
const ownRadio = document.getElementById("type-own");

let replaced = "";
let planIsOld = false;
let openFolds = [];

// After a refusal the page stands at the address of the act; loading it again should show the page.
if (location.pathname !== form.dataset.page) history.replaceState(null, "", form.dataset.page);

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

function isTypingInPlan() {
  return plan().contains(document.activeElement) && document.activeElement.matches("textarea");
}

document.body.addEventListener("plan-changed", () => {
  if (isTypingInPlan()) planIsOld = true;
  else askForPlan();
});

document.addEventListener("focusout", () => {
  // After the words that were just left have been sent.
  setTimeout(() => {
    if (planIsOld && !isTypingInPlan() && !isUnsaved()) askForPlan();
  }, 1500);
});

/* --- the making --------------------------------------------------------------------------------------- */

form.addEventListener("submit", (event) => {
  if (!event.submitter?.matches("[data-generates]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  event.submitter.setAttribute("data-busy", "");
});
