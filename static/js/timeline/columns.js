/**
 * The detail as pixels: section tints, energy, beats and waveform, column by column. Written straight into
 * memory, which costs a fraction of the thousands of small rectangles that it is made of. No DOM in here.
 *
 * Colors are numbers as they lie in memory: 0xffBBGGRR.
 */

import { curveAt, density, loudness, seen } from "./grid.js";
import { secondsPerPixel, timeAt, wider, xOf } from "./viewport.js";
import { pixels } from "./wave.js";

const TINT = 0.09;
const HILL = 0.07;
const RIDGE = 0.2;
const PEAK = 0.42;
const BODY = 0.95;
const RIDGE_PIXELS = 6;
const HILL_SHARE = 0.94;
const WAVE_SHARE = 0.45;
const BEAT_TOP = 0.78;
const MOST_PARTS = 8;

/** One color over another; `alpha` of 0 to 256. */
export function over(ground, color, alpha) {
  const rest = 256 - alpha;
  const redBlue = (Math.imul(ground & 0xff00ff, rest) + Math.imul(color & 0xff00ff, alpha)) >>> 8;
  const green = (Math.imul(ground & 0xff00, rest) + Math.imul(color & 0xff00, alpha)) >>> 8;
  return 0xff000000 | (redBlue & 0xff00ff) | (green & 0xff00);
}

/** One column of pixels in the making: parts that lie over each other, the last on top. */
class Column {
  constructor(height) {
    Object.assign(this, { height, count: 0 });
    this.tops = new Int32Array(MOST_PARTS);
    this.bottoms = new Int32Array(MOST_PARTS);
    this.colors = new Int32Array(MOST_PARTS);
    this.alphas = new Int32Array(MOST_PARTS);
  }

  /** `alpha` of 0 to 1. */
  add(top, bottom, color, alpha) {
    if (alpha === 0) return;
    const part = this.count;
    this.tops[part] = top < 0 ? 0 : top;
    this.bottoms[part] = bottom > this.height ? this.height : bottom;
    this.colors[part] = color;
    this.alphas[part] = alpha * 256;
    this.count = part + 1;
  }

  /** Write it into an image of some width, where its ground is painted already, and be empty again. */
  write(image, x, width, ground) {
    for (let top = this.nextEdge(-1), bottom = top; top < this.height; top = bottom) {
      bottom = this.nextEdge(top);
      const color = this.colorAt(top, ground);
      if (color === ground) continue;
      const end = bottom * width;
      for (let at = top * width + x; at < end; at += width) image[at] = color;
    }
    this.count = 0;
  }

  /** The first row below this one where a part begins or ends. */
  nextEdge(row) {
    const { tops, bottoms, count } = this;
    let edge = this.height;
    for (let part = 0; part < count; part += 1) {
      const top = tops[part];
      const bottom = bottoms[part];
      if (top > row && top < edge) edge = top;
      if (bottom > row && bottom < edge) edge = bottom;
    }
    return edge;
  }

  colorAt(row, ground) {
    const { tops, bottoms, colors, alphas, count } = this;
    let color = ground;
    for (let part = 0; part < count; part += 1) {
      if (tops[part] <= row && row < bottoms[part]) color = over(color, colors[part], alphas[part]);
    }
    return color;
  }
}

/**
 * Paint a `scene` (see draw.js) into `image`, an Int32Array of `view.width` × `height` pixels, of which
 * `ratio` make one of the page.
 */
export function paintColumns(image, scene, height, ratio) {
  const { view, edges, tints, colors } = scene;
  const parts = [hillOf(scene, height, ratio), linesOf(scene, height, ratio), waveOf(scene, height)];
  const inner = edges.slice(1, -1).map((edge) => Math.max(0, Math.min(view.width, Math.round(xOf(view, edge)))));
  [...inner, view.width].forEach((to, section) => {
    const from = inner[section - 1] ?? 0;
    if (from < to) paintSection(image, { from, to, width: view.width, height }, colors.pixels, tints[section] ?? 0, parts);
  });
}

/** Its ground row by row, which is the quickest, and then what stands on it. */
function paintSection(image, { from, to, width, height }, { page, sections }, tint, parts) {
  const color = sections[tint];
  const ground = over(page, color, TINT * 256);
  for (let row = 0; row < height; row += 1) image.fill(ground, row * width + from, row * width + to);
  const column = new Column(height);
  for (let x = from; x < to; x += 1) {
    for (const add of parts) add(column, x, color);
    column.write(image, x, width, ground);
  }
}

/** A quiet hill behind everything, from near with its ridge. */
function hillOf({ view, energy, colors }, height, ratio) {
  if (energy.length < 2) return () => {};
  const { text } = colors.pixels;
  const topAt = (x) => Math.round(height * (1 - HILL_SHARE * curveAt(energy, timeAt(view, x + 0.5))));
  const isNear = (energy[1][0] - energy[0][0]) / secondsPerPixel(view) >= RIDGE_PIXELS * ratio;
  const thick = Math.round(ratio);
  let before = topAt(-1);
  return (column, x) => {
    const top = topAt(x);
    column.add(top, height, text, HILL);
    if (isNear) column.add(Math.min(top, before), Math.max(top + thick, before), text, RIDGE);
    before = top;
  };
}

/** Downbeats over the full height, beats shorter, brighter where the song is louder; both only when there is room. */
function linesOf(scene, height, ratio) {
  const { grid, view, colors } = scene;
  const { bars, beats } = density(grid, secondsPerPixel(view) * ratio);
  const [beatLines, barLines] = [new Float32Array(view.width), new Float32Array(view.width)];
  if (beats) markLines(beatLines, scene, grid.beats, { every: 1, strength: 0.6, ratio });
  if (bars) markLines(barLines, scene, grid.downbeats, { every: bars, strength: 1, ratio });
  return (column, x) => {
    column.add(Math.round(height * BEAT_TOP), height, colors.pixels.text, beatLines[x]);
    column.add(0, height, colors.pixels.text, barLines[x]);
  };
}

function markLines(lines, { view, energy }, times, { every, strength, ratio }) {
  const thick = Math.max(1, Math.round(ratio));
  for (const index of seen(times, wider(view, thick), every)) {
    const from = Math.round(xOf(view, times[index]));
    const alpha = strength * (0.1 + 0.34 * loudness(energy, times[index]));
    lines.fill(alpha, Math.max(0, from), Math.max(0, from + thick));
  }
}

/** Its peaks in a quiet tone, its loudness in a full one, in the color of the section; silence is a line. */
function waveOf({ wave, view }, height) {
  if (!wave) return () => {};
  const { low, high, body } = pixels(wave, view);
  const [middle, scale] = [height / 2, (height * WAVE_SHARE) / wave.loudest];
  const bar = (column, top, bottom, color, alpha) => {
    const from = Math.round(middle - top * scale);
    column.add(from, Math.max(from + 1, Math.round(middle - bottom * scale)), color, alpha);
  };
  return (column, x, color) => {
    bar(column, high[x], low[x], color, PEAK);
    bar(column, body[x], -body[x], color, BODY);
  };
}
