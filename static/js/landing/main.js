/** The first page's screen: a film of small looks that cuts on the beat, over the timeline it follows. */

import * as looks from "./looks.js";
import { BEAT_SECONDS, CLIP_BEATS, SECONDS, SECTIONS, clipAt, loudness, pulse, sectionAt } from "./song.js";

const PLAN = [
  [looks.silk, { first: "#3fa7d6", second: "#b5e2fa", deep: "#0b2545", dark: "#07111f" }],
  [looks.hills, { first: "#52796f", second: "#f2b880", deep: "#2f3e46", dark: "#131d20" }],
  [looks.rings, { first: "#e0b64a", second: "#fff3c4", deep: "#2b1d0e", dark: "#120c06" }],
  [looks.horizon, { first: "#ff5e78", second: "#ffc371", deep: "#2a1a4f", dark: "#0d0a1f" }],
  [looks.skyline, { first: "#c8553d", second: "#ffd5a1", deep: "#1d1b3a", dark: "#0e0c1a" }],
  [looks.silk, { first: "#ff7a59", second: "#ffd0b5", deep: "#3d0e1e", dark: "#14060b" }],
  [looks.rings, { first: "#ff6f91", second: "#ffe3e3", deep: "#1f1147", dark: "#0b0620" }],
  [looks.hills, { first: "#7d6b91", second: "#f1c6c6", deep: "#372f5c", dark: "#16122b" }],
];
const SEEN_SECONDS = 12;
const STILL_AT_SECONDS = 15.1;

const screen = document.querySelector("[data-screen]");
const picture = screen.querySelector("[data-screen-picture]");
const timeline = screen.querySelector("[data-screen-timeline]");
const button = screen.querySelector("[data-screen-pause]");
const reduced = matchMedia("(prefers-reduced-motion: reduce)");
let isStill = reduced.matches;
let time = STILL_AT_SECONDS;
let last = 0;

function prepare(canvas) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height };
}

function paint() {
  const { context, width, height } = prepare(picture);
  const [look, colors] = PLAN[clipAt(time) % PLAN.length];
  look(context, width, height, { time, pulse: pulse(time), energy: sectionAt(time).level, colors });
  paintTimeline();
}

/** The song runs under a playhead that stands still. */
function paintTimeline() {
  const { context, width, height } = prepare(timeline);
  context.clearRect(0, 0, width, height);
  const left = time - SEEN_SECONDS * 0.35;
  const xOf = (at) => ((at - left) / SEEN_SECONDS) * width;
  paintWave(context, width, height, left);
  for (let round = -1; round <= 1; round += 1) paintSections(context, height, (at) => xOf(at + round * SECONDS));
  paintCuts(context, width, height, left, xOf);
  context.fillStyle = "#ffffff";
  context.fillRect(Math.round(xOf(time)) - 1, 0, 2, height);
}

function paintWave(context, width, height, left) {
  for (let x = 0; x < width; x += 3) {
    const at = (left + (x / width) * SEEN_SECONDS + SECONDS) % SECONDS;
    const grid = Math.floor(at * 40) / 40;
    const size = loudness(grid) * height * 0.34;
    context.fillStyle = sectionAt(at).color;
    context.globalAlpha = left + (x / width) * SEEN_SECONDS < time ? 1 : 0.5;
    context.fillRect(x, height * 0.62 - size, 2, 2 * size + 1);
  }
  context.globalAlpha = 1;
}

function paintSections(context, height, xOf) {
  context.font = `600 13px ${getComputedStyle(document.body).fontFamily}`;
  SECTIONS.forEach((section, index) => {
    const end = SECTIONS[index + 1]?.start ?? SECONDS;
    context.fillStyle = section.color;
    context.fillRect(xOf(section.start) + 1, 0, xOf(end) - xOf(section.start) - 2, 3);
    context.fillText(section.label, xOf(section.start) + 8, 19);
  });
}

function paintCuts(context, width, height, left, xOf) {
  const clip = BEAT_SECONDS * CLIP_BEATS;
  context.fillStyle = "#ffffff";
  context.globalAlpha = 0.35;
  for (let cut = Math.ceil(left / clip) * clip; xOf(cut) < width; cut += clip) {
    context.fillRect(Math.round(xOf(cut)), height * 0.3, 1, height * 0.7);
  }
  context.globalAlpha = 1;
}

function frame(now) {
  if (isStill || document.hidden) return;
  time = (time + Math.min(0.1, (now - last) / 1000)) % SECONDS;
  last = now;
  paint();
  requestAnimationFrame(frame);
}

function setStill(still) {
  isStill = still;
  screen.toggleAttribute("data-still", isStill);
  button.setAttribute("aria-label", isStill ? "Play the moving picture" : "Stop the moving picture");
  last = performance.now();
  paint();
  requestAnimationFrame(frame);
}

button.hidden = false;
button.addEventListener("click", () => setStill(!isStill));
reduced.addEventListener("change", () => setStill(reduced.matches));
document.addEventListener("visibilitychange", () => { if (!document.hidden) setStill(isStill); });
new ResizeObserver(() => paint()).observe(picture);
setStill(isStill);
