/**
 * Layers of other modules in the time scale of the waveform: rows of their own under it, or one that
 * lies over it. See the head of main.js for what a layer gives and gets.
 */

import { Surface } from "./surface.js";

export class Layers {
  /** `rows` takes the layers under the waveform, `wave` is what the others lie over. */
  constructor(rows, wave, viewport, redraw) {
    Object.assign(this, { rows, wave, viewport, redraw, layers: [], isHeld: false });
    for (const type of ["pointerdown", "pointermove", "dblclick"]) {
      wave.addEventListener(type, (event) => this.offer(event), { capture: true });
    }
  }

  add(given) {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");
    const layer = { ...given, canvas };
    if (given.height === "wave") this.lieOver(canvas);
    else this.lieUnder(layer);
    layer.surface = new Surface(canvas, () => this.renew());
    this.layers.push(layer);
    this.renew();
    return { canvas, remove: () => this.remove(layer) };
  }

  lieOver(canvas) {
    canvas.className = "tl__over";
    this.wave.after(canvas);
  }

  lieUnder(layer) {
    layer.canvas.className = "tl__layer";
    layer.canvas.style.height = `${layer.height}px`;
    this.rows.append(layer.canvas);
    for (const type of ["pointerdown", "pointermove", "dblclick"]) {
      layer.canvas.addEventListener(type, (event) => this.tell(layer, event));
    }
  }

  remove(layer) {
    this.layers = this.layers.filter((one) => one !== layer);
    layer.canvas.remove();
    this.renew();
  }

  /** What the layers show has changed. */
  renew() {
    for (const layer of this.layers) layer.isStill = false;
    this.redraw();
  }

  /** A layer that says it looks the same wherever one looks is left alone until something has changed. */
  paint() {
    for (const layer of this.layers.filter((one) => !one.isStill)) {
      const { surface, draw } = layer;
      layer.isStill = draw(surface.begin(), this.viewport, { width: surface.width, height: surface.height }) === true;
    }
  }

  /** Events on the waveform go to the layers over it first, the last added before the others. */
  offer(event) {
    if (this.isHeld) return;
    const over = this.layers.filter((layer) => layer.height === "wave").reverse();
    if (over.some((layer) => this.tell(layer, event))) event.stopImmediatePropagation();
  }

  /** Tell a layer; one that takes a press (returns true) gets all of that pointer until it is let go. */
  tell(layer, event) {
    const target = event.currentTarget;
    const box = target.getBoundingClientRect();
    const seconds = (one) => this.viewport.timeAt(one.clientX - box.left);
    const isTaken = layer.onPointer?.(event, seconds(event)) === true;
    if (isTaken && event.type === "pointerdown") this.capture(layer, event, target, seconds);
    return isTaken;
  }

  capture(layer, { pointerId }, target, seconds) {
    target.setPointerCapture(pointerId);
    this.isHeld = true;
    const types = ["pointermove", "pointerup", "pointercancel"];
    const on = (event) => {
      event.stopImmediatePropagation();
      layer.onPointer(event, seconds(event));
      if (event.type === "pointermove") return;
      this.isHeld = false;
      types.forEach((type) => target.removeEventListener(type, on, true));
    };
    types.forEach((type) => target.addEventListener(type, on, { capture: true }));
  }
}
