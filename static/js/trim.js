/** Trimming: two handles over the waveform, and the same times as fields. */

import { whenReady } from "./timeline/ready.js";
import { clock } from "./timeline/words.js";

const GRIP_PIXELS = 9;
const SHORTEST_SECONDS = 10;
const STEP_SECONDS = 0.1;

const panel = document.querySelector("[data-trim]");
const form = panel.querySelector("form");
const fields = [form.elements.start_at, form.elements.end_at];
const button = form.querySelector("[data-trim-go]");
const line = panel.querySelector("[data-trim-said]");
const firstSaid = line.textContent;

/** Seconds of `62.5` or `1:02.5`; NaN for anything else. */
function seconds(text) {
  const found = /^(?:(\d{1,3}):)?(\d{1,6}(?:[.,]\d{1,6})?)$/.exec(text.trim());
  return found ? 60 * Number(found[1] ?? 0) + Number(found[2].replace(",", ".")) : NaN;
}

class Trim {
  constructor(timeline) {
    this.timeline = timeline;
    this.duration = timeline.player.duration();
    this.times = [0, this.duration];
    this.held = -1;
    panel.addEventListener("toggle", () => (panel.open ? this.open() : this.close()));
    fields.forEach((field, index) => {
      field.addEventListener("input", () => this.set(index, seconds(field.value)));
      field.addEventListener("change", () => this.write());
      field.addEventListener("keydown", (event) => this.step(event, index));
    });
    for (const here of form.querySelectorAll("[data-trim-here]")) {
      here.addEventListener("click", () => this.put(fields.indexOf(form.elements[here.dataset.trimHere]), timeline.player.currentTime()));
    }
    form.querySelector("[data-trim-play]").addEventListener("click", () => this.listen());
    this.show();
    if (panel.open) this.open();
  }

  open() {
    this.layer ??= this.timeline.addLayer({
      height: "wave",
      draw: (context, viewport, size) => this.draw(context, viewport, size),
      onPointer: (event, time) => this.onPointer(event, time),
    });
    this.show();
  }

  close() {
    this.layer?.remove();
    this.layer = null;
    line.textContent = firstSaid;
  }

  /** Take a time as it was typed, without touching the field. */
  set(index, time) {
    this.times[index] = time;
    this.show();
  }

  /** Put a handle somewhere; the other one stays, at least a song's shortest length away. */
  put(index, time) {
    const other = this.times[1 - index];
    const [least, most] = index ? [Math.min(other + SHORTEST_SECONDS, this.duration), this.duration] : [0, Math.max(0, other - SHORTEST_SECONDS)];
    this.times[index] = Math.round(Math.min(Math.max(time, least), most) * 1000) / 1000;
    this.write();
    this.show();
  }

  write() {
    fields.forEach((field, index) => {
      if (Number.isFinite(this.times[index])) field.value = clock(this.times[index], 3);
    });
  }

  step(event, index) {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!direction || !Number.isFinite(this.times[index])) return;
    event.preventDefault();
    this.put(index, this.times[index] + direction * STEP_SECONDS);
  }

  listen() {
    this.timeline.player.seek(this.times[0] || 0);
    this.timeline.player.play();
  }

  /** What is wrong with the times, in a sentence; "" for nothing. */
  whyNot() {
    const [start, end] = this.times;
    if (!(start >= 0 && end <= this.duration + 0.05 && start < end)) return `Times lie between 0:00 and ${clock(this.duration)}, the start before the end.`;
    if (end - start < SHORTEST_SECONDS - 1e-6) return `A song lasts at least ${SHORTEST_SECONDS} seconds; this part is shorter.`;
    return "";
  }

  show() {
    const [start, end] = this.times;
    const why = this.whyNot();
    const isWhole = start <= 0.0005 && end >= this.duration - 0.0005;
    button.disabled = why !== "" || isWhole;
    fields.forEach((field) => field.setAttribute("aria-invalid", String(why !== "")));
    if (panel.open) line.textContent = why || (isWhole ? "The whole song; move its start or its end." : `${clock(start)} to ${clock(end)}: ${(end - start).toFixed(1)} seconds`);
    this.timeline.redraw();
  }

  draw(context, viewport, { width, height }) {
    const { colors } = this.timeline;
    const [from, to] = this.times.map((time) => viewport.xOf(time));
    context.globalAlpha = 0.72;
    context.fillStyle = colors.page;
    if (from > 0) context.fillRect(0, 0, Math.min(from, width), height);
    if (to < width) context.fillRect(Math.max(to, 0), 0, width - Math.max(to, 0), height);
    context.globalAlpha = 1;
    [from, to].forEach((x, index) => this.drawHandle(context, x, height, index));
  }

  /** A bar with a grip on its inner side, so that both can be held at the very ends of the song. */
  drawHandle(context, x, height, index) {
    const { accent, page } = this.timeline.colors;
    const inner = index ? -GRIP_PIXELS : 0;
    context.fillStyle = accent;
    context.fillRect(x - (index ? 2 : 0), 0, 2, height);
    context.fillRect(x + inner, height / 2 - 22, GRIP_PIXELS, 44);
    context.fillStyle = page;
    for (const offset of [3, 5.5]) context.fillRect(x + inner + offset, height / 2 - 8, 1, 16);
  }

  onPointer(event, time) {
    if (event.type === "pointerdown") return this.take(event, time);
    if (this.held < 0) return this.hint(event, time);
    if (event.type === "pointermove") this.put(this.held, this.timeline.snap(time, event.altKey).time);
    else this.held = -1;
    return true;
  }

  take(event, time) {
    this.held = event.button === 0 ? this.near(time) : -1;
    return this.held >= 0;
  }

  hint(event, time) {
    event.target.style.cursor = this.near(time) >= 0 ? "ew-resize" : "";
    return false;
  }

  /** Which handle is under the pointer; -1 for none. */
  near(time) {
    const { viewport } = this.timeline;
    const gaps = this.times.map((one) => Math.abs(viewport.xOf(one) - viewport.xOf(time)));
    const index = gaps[0] <= gaps[1] ? 0 : 1;
    return gaps[index] <= GRIP_PIXELS + 2 ? index : -1;
  }
}

whenReady().then((timeline) => new Trim(timeline));
