/**
 * What stays of a cropped clip: a frame on its picture that one clicks, drags or moves by keys, and
 * beside it what is left then. The numbers of the plain form are what is sent.
 *
 * Markup   #focus-form with data-width and data-height of the new format; [data-crop] with those of
 *          the source and data-axis; in it [data-source], [data-frame], [data-preview], [data-x],
 *          [data-y] (per cent) and [data-plays].
 */

import { cropped, moved } from "./focus/crop.js";

const form = document.getElementById("focus-form");
const count = document.getElementById("focus-count");
const STEP = 0.01;
const LARGE_STEP = 0.1;

class CropEditor {
  constructor(element) {
    this.element = element;
    this.axis = element.dataset.axis;
    this.whole = sizeOf(element);
    this.frame = element.querySelector("[data-frame]");
    this.preview = element.querySelector("[data-preview]");
    this.fields = { x: element.querySelector("[data-x]"), y: element.querySelector("[data-y]") };
    this.first = this.values();
    this.listen();
    this.show();
  }

  listen() {
    const source = this.element.querySelector("[data-source]");
    source.addEventListener("pointerdown", (event) => this.grab(source, event));
    source.addEventListener("pointermove", (event) => source.hasPointerCapture(event.pointerId) && this.follow(source, event));
    this.frame.addEventListener("keydown", (event) => this.onKey(event));
    for (const field of Object.values(this.fields)) field.addEventListener("input", () => this.show());
    this.element.querySelector("[data-plays]").addEventListener("click", () => this.watch());
  }

  values() {
    return `${this.fields.x.value} ${this.fields.y.value}`;
  }

  get focus() {
    return { x: this.fields.x.valueAsNumber / 100, y: this.fields.y.valueAsNumber / 100 };
  }

  set focus({ x, y }) {
    this.fields.x.value = (100 * x).toFixed(1);
    this.fields.y.value = (100 * y).toFixed(1);
    this.show();
  }

  grab(source, event) {
    if (event.button !== 0) return;
    event.preventDefault();
    source.setPointerCapture(event.pointerId);
    this.frame.focus({ preventScroll: true });
    this.follow(source, event);
  }

  follow(source, event) {
    const box = source.getBoundingClientRect();
    const at = { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
    this.focus = moved(this.focus, this.axis, at[this.axis]);
  }

  onKey(event) {
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const by = { ArrowLeft: -step, ArrowUp: -step, ArrowRight: step, ArrowDown: step }[event.key];
    if (by === undefined && event.key !== "Home") return;
    event.preventDefault();
    // From where the frame is seen: beyond an edge a step would move nothing.
    const seen = cropped(this.whole, sizeOf(form), this.focus).middle;
    this.focus = moved(this.focus, this.axis, by === undefined ? 0.5 : seen[this.axis] + by);
  }

  watch() {
    const film = this.element.querySelector("video");
    if (film.paused) film.play().catch(() => film.pause());
    else film.pause();
  }

  show() {
    const { left, top, width, height, position, middle } = cropped(this.whole, sizeOf(form), this.focus);
    for (const [name, part] of Object.entries({ left, top, width, height })) this.frame.style[name] = `${100 * part}%`;
    this.preview.style.objectPosition = `${100 * position.x}% ${100 * position.y}%`;
    const percent = Math.round(100 * middle[this.axis]);
    this.frame.setAttribute("aria-valuenow", String(percent));
    this.frame.setAttribute("aria-valuetext", `${percent} per cent ${this.axis === "x" ? "across" : "down"}`);
    this.element.toggleAttribute("data-changed", this.values() !== this.first);
    tell();
  }
}

function sizeOf(element) {
  return { width: Number(element.dataset.width), height: Number(element.dataset.height) };
}

function tell() {
  const changed = form.querySelectorAll("[data-changed]").length;
  count.textContent = changed
    ? `${changed} clip${changed === 1 ? " is" : "s are"} cropped anew.`
    : "Change a point to crop its clip anew.";
}

if (form) for (const element of form.querySelectorAll("[data-crop]")) new CropEditor(element);
