/** Everything that is painted: waveform, beats, energy, ruler, overview. */

import { firstAfter } from "./snap.js";
import { xOf } from "./viewport.js";
import { clock } from "./words.js";

const BEAT_PIXELS = 9;
const BAR_PIXELS = 16;
const LABEL_PIXELS = 76;
const RULER_STEPS_SECONDS = [0.25, 0.5, 1, 2, 5, 10, 15, 30, 60];
export const SECTION_COLORS = 10;

/** Colours of the theme, read once from the tokens of app.css. */
export function readColors() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: token("text"),
    faint: token("text-faint"),
    line: token("line"),
    beat: token("beat"),
    page: token("sunken"),
    font: style.getPropertyValue("--font-text"),
    sections: Array.from({ length: SECTION_COLORS }, (_, index) => token(`section-${index}`)),
  };
}

/** Make a canvas as sharp as the screen; returns its context, in CSS pixels, cleared. */
export function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** The detail: section tints, energy, grid, waveform. `scene` = { view, edges, grid, energy, peaks, colors }. */
export function drawDetail(canvas, scene) {
  const { context, width, height } = prepare(canvas);
  tint(context, scene, height);
  drawEnergy(context, scene, height);
  drawGrid(context, scene, height);
  drawWave(context, scene, width, height);
}

function colorOf(scene, index) {
  return scene.colors.sections[index % SECTION_COLORS];
}

function tint(context, { view, edges, ...scene }, height) {
  context.globalAlpha = 0.09;
  for (let index = 0; index < edges.length - 1; index += 1) {
    const left = xOf(view, edges[index]);
    context.fillStyle = colorOf(scene, index);
    context.fillRect(left, 0, xOf(view, edges[index + 1]) - left, height);
  }
  context.globalAlpha = 1;
}

function drawEnergy(context, { view, energy, colors }, height) {
  if (energy.length < 2) return;
  context.beginPath();
  context.moveTo(xOf(view, energy[0][0]), height);
  for (const [time, value] of energy) context.lineTo(xOf(view, time), height * (1 - 0.92 * value));
  context.lineTo(xOf(view, view.duration), height);
  context.closePath();
  context.globalAlpha = 0.07;
  context.fillStyle = colors.text;
  context.fill();
  context.globalAlpha = 1;
}

/** Downbeats over the full height, beats shorter, brighter where the song is louder; both only when there is room. */
function drawGrid(context, scene, height) {
  const { grid, view } = scene;
  const perBeat = spacing(grid.beats, view);
  const perBar = spacing(grid.downbeats, view);
  if (perBeat >= BEAT_PIXELS) drawLines(context, scene, grid.beats, { top: height * 0.72, height, every: 1, strength: 0.5 });
  const every = perBar >= BAR_PIXELS ? 1 : perBar * 4 >= BAR_PIXELS ? 4 : 8;
  drawLines(context, scene, grid.downbeats, { top: 0, height, every, strength: 1 });
}

function spacing(times, view) {
  if (times.length < 2) return 0;
  return ((times.at(-1) - times[0]) / (times.length - 1) / view.seconds) * view.width;
}

function drawLines(context, { view, colors, energy }, times, { top, height, every, strength }) {
  context.fillStyle = colors.text;
  for (let index = firstAfter(times, view.start); index < times.length; index += 1) {
    if (times[index] > view.start + view.seconds) break;
    if (index % every) continue;
    context.globalAlpha = strength * (0.16 + 0.3 * loudness(energy, times[index]));
    context.fillRect(Math.round(xOf(view, times[index])), top, 1, height - top);
  }
  context.globalAlpha = 1;
}

function loudness(energy, time) {
  let low = 0;
  let high = energy.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (energy[middle][0] < time) low = middle + 1;
    else high = middle;
  }
  return energy[low]?.[1] ?? 0.5;
}

function drawWave(context, scene, width, height) {
  if (!scene.peaks) return;
  const { view, peaks, edges } = scene;
  const middle = height / 2;
  const scale = (height * 0.44) / peaks.loudest;
  let section = 0;
  for (let x = 0; x < width; x += 1) {
    const time = view.start + (x / width) * view.seconds;
    while (section < edges.length - 2 && time >= edges[section + 1]) section += 1;
    const [low, high] = extremes(peaks, time, time + view.seconds / width);
    context.fillStyle = colorOf(scene, section);
    context.fillRect(x, middle - high * scale, 1, Math.max(1, (high - low) * scale));
  }
}

/** Lowest and highest of the peaks between two times. */
function extremes(peaks, from, to) {
  const first = Math.floor(from * peaks.perSecond);
  const last = Math.max(first, Math.ceil(to * peaks.perSecond) - 1);
  let low = 0;
  let high = 0;
  for (let index = first; index <= last; index += 1) {
    low = Math.min(low, peaks.min[index] ?? 0);
    high = Math.max(high, peaks.max[index] ?? 0);
  }
  return [low, high];
}

/** Times along the top, as many as fit. */
export function drawRuler(canvas, { view, colors }) {
  const { context, width, height } = prepare(canvas);
  const wanted = (LABEL_PIXELS / width) * view.seconds;
  const step = RULER_STEPS_SECONDS.find((one) => one >= wanted) ?? 60;
  context.font = `500 12px ${colors.font}`;
  context.textBaseline = "middle";
  for (let time = Math.ceil(view.start / step) * step; time <= view.start + view.seconds; time += step) {
    const x = Math.round(xOf(view, time));
    context.fillStyle = colors.line;
    context.fillRect(x, height - 6, 1, 6);
    context.fillStyle = colors.faint;
    if (x + 40 < width) context.fillText(clock(time, step < 1 ? 2 : 0), x + 4, height / 2);
  }
}

/** The whole song in a strip: bars in the colours of the sections. */
export function drawOverview(canvas, { duration, edges, peaks, ...scene }) {
  const { context, width, height } = prepare(canvas);
  if (!peaks) return;
  const scale = (height * 0.46) / peaks.loudest;
  let section = 0;
  for (let x = 0; x < width; x += 3) {
    const time = (x / width) * duration;
    while (section < edges.length - 2 && time >= edges[section + 1]) section += 1;
    const [low, high] = extremes(peaks, time, time + (3 / width) * duration);
    context.fillStyle = colorOf(scene, section);
    context.fillRect(x, height / 2 - high * scale, 2, Math.max(1, (high - low) * scale));
  }
}
