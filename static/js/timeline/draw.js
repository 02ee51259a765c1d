/**
 * Everything that is painted: waveform, beats, energy, ruler, overview. A `scene` has view, edges (the
 * borders with both ends of the song), tints (a color for each section), grid, energy, wave and colors.
 */

import { paintColumns } from "./columns.js";
import { countOf, seen, spacing, stepFor } from "./grid.js";
import { TINTS } from "./tints.js";
import { resized, secondsPerPixel, wider, xOf } from "./viewport.js";
import { levelFor } from "./wave.js";
import { clock } from "./words.js";

const WORD_PIXELS = 60;
const TIME_PIXELS = 84;
const BAR_NUMBER_PIXELS = 46;
const BEAT_NUMBER_PIXELS = 64;
const OVERVIEW_BAR_PIXELS = 3;
const RULER_STEPS_SECONDS = [0.25, 0.5, 1, 2, 5, 10, 15, 30, 60];

/** Colors of the theme, read once from the tokens of app.css. */
export function readColors() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  const colors = {
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
  return { ...colors, pixels: pixelsOf(colors) };
}

/** The same colors as numbers, for what is painted pixel by pixel. */
function pixelsOf(colors) {
  const names = ["page", "text"];
  const context = new OffscreenCanvas(names.length + TINTS, 1).getContext("2d", { willReadFrequently: true });
  [...names.map((name) => colors[name]), ...colors.sections].forEach((color, x) => {
    context.fillStyle = color;
    context.fillRect(x, 0, 1, 1);
  });
  const [page, text, ...sections] = new Int32Array(context.getImageData(0, 0, names.length + TINTS, 1).data.buffer);
  return { page, text, sections };
}

// One for all tiles, as what is put onto a canvas is copied.
let image = new ImageData(1, 1);

/** The detail, or a tile of it: section tints, energy, grid, waveform. */
export function drawDetail(context, scene, ratio) {
  const { width, height } = context.canvas;
  if (image.width !== width || image.height !== height) image = new ImageData(width, height);
  paintColumns(new Int32Array(image.data.buffer), { ...scene, view: resized(scene.view, width) }, height, ratio);
  context.putImageData(image, 0, 0);
}

const colorOf = ({ colors, tints }, index) => colors.sections[tints[index] ?? 0];

/** Bars above, times below, as many as fit. */
export function drawRuler(context, scene, ratio) {
  const { view, colors } = scene;
  const height = context.canvas.height / ratio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, view.width, height);
  context.font = `500 12px ${colors.font}`;
  context.textBaseline = "middle";
  // Words that begin left of a tile reach into it.
  const wide = { ...scene, seen: wider(view, WORD_PIXELS) };
  drawBarNumbers(context, wide, height);
  drawTimes(context, wide, height);
}

function drawBarNumbers(context, scene, height) {
  const { grid, view, colors } = scene;
  const every = stepFor(spacing(grid.downbeats, secondsPerPixel(view)), BAR_NUMBER_PIXELS);
  if (!every) return;
  const isNear = spacing(grid.beats, secondsPerPixel(view)) >= BEAT_NUMBER_PIXELS;
  for (const index of isNear ? seen(grid.beats, scene.seen) : []) {
    drawMark(context, scene, height, grid.beats[index], beatName(grid, grid.beats[index]), colors.faint);
  }
  for (const index of seen(grid.downbeats, scene.seen, every)) {
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

function drawTimes(context, { view, seen: { start, seconds }, colors }, height) {
  const wanted = TIME_PIXELS * secondsPerPixel(view);
  const step = RULER_STEPS_SECONDS.find((one) => one >= wanted) ?? 60;
  for (let time = Math.max(0, Math.ceil(start / step)) * step; time <= start + seconds; time += step) {
    const x = Math.round(xOf(view, time));
    context.fillStyle = colors.line;
    context.fillRect(x, height - 7, 1, 7);
    context.fillStyle = colors.faint;
    context.fillText(clock(time, step < 1 ? 2 : 0), x + 5, height * 0.75);
  }
}

/** The whole song in a strip, or what lies between two times: bars in the colors of the sections. */
export function drawOverview(surface, scene, from, to) {
  const { width, height } = surface;
  const step = scene.duration / (width / OVERVIEW_BAR_PIXELS);
  const [first, last] = [Math.floor(from / step), Math.ceil(to / step)];
  const context = surface.begin(first * OVERVIEW_BAR_PIXELS, (last - first) * OVERVIEW_BAR_PIXELS);
  if (!scene.wave) return;
  const scale = (height * 0.47) / scene.wave.loudest;
  let section = 0;
  for (const { x, low, high } of bars(scene.wave, step, first, last)) {
    while (section < scene.edges.length - 2 && x * step >= scene.edges[section + 1]) section += 1;
    context.fillStyle = colorOf(scene, section);
    context.fillRect(x * OVERVIEW_BAR_PIXELS, height / 2 - high * scale, 2, Math.max(1, (high - low) * scale));
  }
}

/** One bar for each step: { x: its number, low, high }. */
function* bars(wave, step, first, last) {
  const level = levelFor(wave, step);
  for (let x = first; x < last; x += 1) {
    const index = Math.min(level.low.length - 1, Math.floor((x + 0.5) * step * level.perSecond));
    yield { x, low: level.low[index], high: level.high[index] };
  }
}
