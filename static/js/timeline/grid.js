/** Beats and bars: how many lines there is room for, how bright they are. No DOM in here. */

import { firstAfter, nearest } from "./snap.js";

export const BEAT_PIXELS = 9;
export const BAR_PIXELS = 18;
const STEPS = [1, 2, 4, 8, 16, 32];
const SAME_SECONDS = 0.005;

/** Pixels from one of these times to the next, on the average. */
export function spacing(times, secondsPerPixel) {
  if (times.length < 2) return 0;
  return (times.at(-1) - times[0]) / (times.length - 1) / secondsPerPixel;
}

/** Which lines are drawn at a zoom: every how many bars (0 for none), and whether beats. */
export function density(grid, secondsPerPixel) {
  const perBar = spacing(grid.downbeats, secondsPerPixel);
  return { bars: stepFor(perBar, BAR_PIXELS), beats: spacing(grid.beats, secondsPerPixel) >= BEAT_PIXELS };
}

/** The smallest step that keeps lines this many pixels apart, or 0 if none does. */
export function stepFor(pixels, apart) {
  return STEPS.find((step) => step * pixels >= apart) ?? 0;
}

/** Indices of the times that are seen, every so many of them. */
export function* seen(times, view, every = 1) {
  for (let index = Math.max(0, firstAfter(times, view.start) - 1); index < times.length; index += 1) {
    if (times[index] > view.start + view.seconds) return;
    if (index % every === 0 && times[index] >= view.start) yield index;
  }
}

/** How loud the song is at a time, 0 to 1, from an energy curve [[seconds, value]]. */
export function loudness(energy, time) {
  return energy[Math.min(indexAt(energy, time), energy.length - 1)]?.[1] ?? 0.5;
}

/** The same on a straight line between the points of the curve. */
export function curveAt(energy, time) {
  const after = indexAt(energy, time);
  if (after === 0 || after === energy.length) return loudness(energy, time);
  const [[from, low], [to, high]] = [energy[after - 1], energy[after]];
  return low + ((high - low) * (time - from)) / (to - from);
}

/** Index of the first point that is not before a time. */
function indexAt(energy, time) {
  let low = 0;
  let high = energy.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (energy[middle][0] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function isOn(times, time) {
  const near = nearest(times, time);
  return near !== null && Math.abs(near - time) <= SAME_SECONDS;
}

/** Times that sat on an old beat go to the nearest new one; the others stay. */
export function followed(times, oldBeats, newBeats) {
  return times.map((time) => (isOn(oldBeats, time) ? (nearest(newBeats, time) ?? time) : time));
}

/** How musicians count a time: { bar, beat }, from 1 on; bar 0 before the first. */
export function countOf(grid, time) {
  const bar = firstAfter(grid.downbeats, time + SAME_SECONDS);
  if (bar === 0) return { bar, beat: 0 };
  const before = firstAfter(grid.beats, grid.downbeats[bar - 1] - SAME_SECONDS);
  return { bar, beat: Math.max(1, firstAfter(grid.beats, time + SAME_SECONDS) - before) };
}

/** The same in words: "bar 12, beat 3"; "" before the first bar. */
export function placeOf(grid, time) {
  const { bar, beat } = countOf(grid, time);
  return bar ? `bar ${bar}, beat ${beat}` : "";
}

/** The beats to be clicked, from a time up to (not including) another: [{ time, isDownbeat }]. */
export function clicksBetween(grid, from, to) {
  const clicks = [];
  for (let index = firstAfter(grid.beats, from - SAME_SECONDS); index < grid.beats.length; index += 1) {
    const time = grid.beats[index];
    if (time >= to) break;
    if (time >= from) clicks.push({ time, isDownbeat: isOn(grid.downbeats, time) });
  }
  return clicks;
}
