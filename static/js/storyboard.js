/**
 * The storyboard: scenes are dragged to another place, or moved by their buttons; the focus stays
 * with the scene that was moved. The order is the server's: every move is sent and comes back.
 */

import { announce } from "./app.js";

let dragged = null;
let lastMove = null;
let written = [];
let openFolds = [];

// After a refusal the page stands at the address of the act; loading it again should show the page.
const page = document.querySelector("[data-page]");
if (location.pathname !== page.dataset.page) history.replaceState(null, "", page.dataset.page);

const list = () => document.getElementById("board-scenes");
const scenes = () => [...list().querySelectorAll(".scene")];
const isRunning = () => document.getElementById("storyboard-state")?.dataset.state === "running";

/* --- what can be moved ---------------------------------------------------------------------------- */

/** While stills are being made the order stands; at either end there is one way only. */
function setUp() {
  if (!list()?.dataset.orderUrl) return;
  const all = scenes();
  all.forEach((scene, at) => {
    scene.draggable = !isRunning();
    const [earlier, later] = scene.querySelectorAll(".scene__move");
    if (!earlier) return;
    earlier.disabled = isRunning() || at === 0;
    later.disabled = isRunning() || at === all.length - 1;
  });
}

/* --- dragging ------------------------------------------------------------------------------------- */

function clearTargets() {
  for (const scene of scenes()) scene.classList.remove("is-target-before", "is-target-after");
}

function isAfter(scene, event) {
  const box = scene.getBoundingClientRect();
  return event.clientX > box.left + box.width / 2;
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".scene[draggable=true]") ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.clip);
  dragged.classList.add("is-dragged");
});

document.addEventListener("dragover", (event) => {
  const scene = event.target.closest?.(".scene");
  if (!dragged || !scene) return;
  event.preventDefault();
  clearTargets();
  if (scene !== dragged) scene.classList.add(isAfter(scene, event) ? "is-target-after" : "is-target-before");
});

document.addEventListener("drop", (event) => {
  const scene = event.target.closest?.(".scene");
  if (!dragged || !scene) return;
  event.preventDefault();
  if (scene !== dragged) place(scene, isAfter(scene, event));
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
  clearTargets();
});

function place(scene, after) {
  const ids = scenes().map(({ dataset }) => dataset.clip);
  const moved = dragged.dataset.clip;
  const rest = ids.filter((id) => id !== moved);
  rest.splice(rest.indexOf(scene.dataset.clip) + (after ? 1 : 0), 0, moved);
  lastMove = { clip: moved, button: null };
  window.htmx.ajax("POST", list().dataset.orderUrl, { target: "#board-scenes", swap: "outerHTML", values: { clip: rest } });
}

/* --- words that are not sent yet ------------------------------------------------------------------- */

/** A move brings all scenes anew; what was being written in any of them outlasts it. */
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "board-scenes") return;
  const fields = [...list().querySelectorAll("textarea")].filter(({ value, defaultValue }) => value !== defaultValue);
  written = fields.map(({ id, value }) => [id, value]);
  openFolds = [...list().querySelectorAll("details[open]")].map(({ id }) => id);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "board-scenes") return;
  for (const id of openFolds) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, value] of written) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
});

/* --- after a move ---------------------------------------------------------------------------------- */

document.addEventListener("click", (event) => {
  const button = event.target.closest(".scene__move");
  if (button) lastMove = { clip: button.value, button: button.name };
});

document.addEventListener("htmx:afterSettle", () => {
  setUp();
  if (!lastMove) return;
  const scene = document.getElementById(`scene-${lastMove.clip}`);
  if (scene && lastMove.button) focusOn(scene, lastMove.button);
  if (scene) announce(`Now scene ${scenes().indexOf(scene) + 1} of ${scenes().length}.`);
  lastMove = null;
});

function focusOn(scene, name) {
  const wanted = scene.querySelector(`[name=${name}]:not(:disabled)`) ?? scene.querySelector(".scene__move:not(:disabled)");
  wanted?.focus();
}

document.addEventListener("htmx:oobAfterSwap", setUp);
setUp();
