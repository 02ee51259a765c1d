/**
 * Everything that is painted: waveform, beats, energy, ruler, overview. A `scene` has view, edges (the
 * borders with both ends of the song), tints (a color for each section), grid, energy, wave and colors.
 */

import { countOf, curveAt, density, loudness, seen, spacing, stepFor } from "./grid.js";
import { TINTS } from "./tints.js";
import { secondsPerPixel, timeAt, xOf } from "./viewport.js";
import { levelFor, pixels } from "./wave.js";
import { clock } from "./words.js";

const TIME_PIXELS = 84;
const BAR_NUMBER_PIXELS = 46;
const BEAT_NUMBER_PIXELS = 64;
const ENERGY_PIXELS = 2;
const RIDGE_PIXELS = 6;
const OVERVIEW_BAR_PIXELS = 3;
const RULER_STEPS_SECONDS = [0.25, 0.5, 1, 2, 5, 10, 15, 30, 60];

/** Colors of the theme, read once from the tokens of app.css. */
export function readColors() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: token("text"),
    soft: token("text-soft"),
    faint: token("text-faint"),
    line: token("line"),
    beat: token("beat"),
    accent: token("accent"),
    page: token("sunken"),
    wait: token("wait"),
    bad: token("bad"),
    good: token("good"),
    font: token("font-text"),
    sections: Array.from({ length: TINTS }, (_, index) => token(`section-${index}`)),
  };
}

/** The detail: section tints, energy, grid, waveform. */
export function drawDetail(surface, scene) {
  const context = surface.begin();
  drawTints(context, scene, surface.height);
  drawEnergy(context, scene, surface.height);
  drawGrid(context, scene, surface.height);
  if (scene.wave) drawWave(context, scene, surface.height);
  context.globalAlpha = 1;
}

const colorOf = ({ colors, tints }, index) => colors.sections[tints[index] ?? 0];

function drawTints(context, scene, height) {
  const { view, edges } = scene;
  context.globalAlpha = 0.09;
  for (let index = 0; index < edges.length - 1; index += 1) {
    const left = xOf(view, edges[index]);
    const right = xOf(view, edges[index + 1]);
    if (right < 0 || left > view.width) continue;
    context.fillStyle = colorOf(scene, index);
    context.fillRect(left, 0, right - left, height);
  }
}

/** A quiet hill behind everything, from near with its ridge; columns of whole pixels are quick to paint. */
function drawEnergy(context, { view, energy, colors }, height) {
  if (energy.length < 2) return;
  const hasRidge = (energy[1][0] - energy[0][0]) / secondsPerPixel(view) >= RIDGE_PIXELS;
  context.fillStyle = colors.text;
  let before = null;
  for (let x = 0; x < view.width; x += ENERGY_PIXELS) {
    const top = Math.round(height * (1 - 0.94 * curveAt(energy, timeAt(view, x + ENERGY_PIXELS / 2))));
    context.globalAlpha = 0.07;
    context.fillRect(x, top, ENERGY_PIXELS, height - top);
    context.globalAlpha = hasRidge ? 0.2 : 0;
    context.fillRect(x, Math.min(top, before ?? top), ENERGY_PIXELS, Math.max(1, Math.abs(top - (before ?? top))));
    before = top;
  }
}

/** Downbeats over the full height, beats shorter, brighter where the song is louder; both only when there is room. */
function drawGrid(context, scene, height) {
  const { grid, view } = scene;
  const { bars, beats } = density(grid, secondsPerPixel(view));
  if (beats) drawLines(context, scene, grid.beats, { top: height * 0.78, height, every: 1, strength: 0.6 });
  if (bars) drawLines(context, scene, grid.downbeats, { top: 0, height, every: bars, strength: 1 });
}

function drawLines(context, { view, colors, energy }, times, { top, height, every, strength }) {
  context.fillStyle = colors.text;
  for (const index of seen(times, view, every)) {
    context.globalAlpha = strength * (0.1 + 0.34 * loudness(energy, times[index]));
    context.fillRect(Math.round(xOf(view, times[index])), top, 1, height - top);
  }
}

/**
 * Its peaks in a quiet tone, its loudness in a full one, in the colors of the sections. Bars of whole
 * pixels are painted several times as fast as an outline.
 */
function drawWave(context, scene, height) {
  const { low, high, body } = pixels(scene.wave, scene.view);
  const scale = (height * 0.45) / scene.wave.loudest;
  const middle = height / 2;
  for (let index = 0; index < scene.edges.length - 1; index += 1) {
    const left = Math.max(0, Math.round(xOf(scene.view, scene.edges[index])));
    const right = Math.min(low.length, Math.round(xOf(scene.view, scene.edges[index + 1])));
    context.fillStyle = colorOf(scene, index);
    context.globalAlpha = 0.42;
    for (let x = left; x < right; x += 1) bar(context, x, middle - high[x] * scale, middle - low[x] * scale);
    context.globalAlpha = 0.95;
    for (let x = left; x < right; x += 1) bar(context, x, middle - body[x] * scale, middle + body[x] * scale);
  }
}

/** Never shorter than a pixel, so that silence is a line. */
function bar(context, x, top, bottom) {
  const from = Math.round(top);
  context.fillRect(x, from, 1, Math.max(1, Math.round(bottom) - from));
}

/** Bars above, times below, as many as fit. */
export function drawRuler(surface, scene) {
  const context = surface.begin();
  context.font = `500 12px ${scene.colors.font}`;
  context.textBaseline = "middle";
  drawBarNumbers(context, scene, surface.height);
  drawTimes(context, scene, surface);
}

function drawBarNumbers(context, scene, height) {
  const { grid, view, colors } = scene;
  const every = stepFor(spacing(grid.downbeats, secondsPerPixel(view)), BAR_NUMBER_PIXELS);
  if (!every) return;
  const isNear = spacing(grid.beats, secondsPerPixel(view)) >= BEAT_NUMBER_PIXELS;
  for (const index of isNear ? seen(grid.beats, view) : []) {
    drawMark(context, scene, height, grid.beats[index], beatName(grid, grid.beats[index]), colors.faint);
  }
  for (const index of seen(grid.downbeats, view, every)) {
    drawMark(context, scene, height, grid.downbeats[index], String(index + 1), colors.soft);
  }
}

function drawMark(context, { view, colors }, height, time, name, color) {
  if (!name) return;
  const x = Math.round(xOf(view, time));
  context.fillStyle = colors.line;
  context.fillRect(x, 0, 1, height / 2);
  context.fillStyle = color;
  context.fillText(name, x + 5, height * 0.27);
}

/** "54.2" for the second beat of bar 54; "" for the first, which has the number of the bar. */
function beatName(grid, time) {
  const { bar, beat } = countOf(grid, time);
  return bar && beat > 1 ? `${bar}.${beat}` : "";
}

function drawTimes(context, { view, colors }, { width, height }) {
  const wanted = (TIME_PIXELS / width) * view.seconds;
  const step = RULER_STEPS_SECONDS.find((one) => one >= wanted) ?? 60;
  for (let time = Math.ceil(view.start / step) * step; time <= view.start + view.seconds; time += step) {
    const x = Math.round(xOf(view, time));
    context.fillStyle = colors.line;
    context.fillRect(x, height - 7, 1, 7);
    context.fillStyle = colors.faint;
    if (x + 40 < width) context.fillText(clock(time, step < 1 ? 2 : 0), x + 5, height * 0.75);
  }
}

/** The whole song in a strip: bars in the colors of the sections. */
export function drawOverview(surface, scene) {
  const context = surface.begin();
  if (!scene.wave) return;
  const { width, height } = surface;
  const scale = (height * 0.47) / scene.wave.loudest;
  const step = scene.duration / (width / OVERVIEW_BAR_PIXELS);
  let section = 0;
  for (const { x, low, high } of bars(scene.wave, scene.duration, step)) {
    while (section < scene.edges.length - 2 && x * step >= scene.edges[section + 1]) section += 1;
    context.fillStyle = colorOf(scene, section);
    context.fillRect(x * OVERVIEW_BAR_PIXELS, height / 2 - high * scale, 2, Math.max(1, (high - low) * scale));
  }
}

/** One bar for each step: { x: its number, low, high }. */
function* bars(wave, duration, step) {
  const level = levelFor(wave, step);
  for (let x = 0; x * step < duration; x += 1) {
    const index = Math.min(level.low.length - 1, Math.floor((x + 0.5) * step * level.perSecond));
    yield { x, low: level.low[index], high: level.high[index] };
  }
}
