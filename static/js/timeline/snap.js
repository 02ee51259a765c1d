/** Beats as a magnet. No DOM in here; times in seconds, lists in order. */

export const RADIUS_PIXELS = 8;
const SAME_SECONDS = 0.005;

/** The member of an ordered list that is nearest to a time, or null. */
export function nearest(times, time) {
  if (!times.length) return null;
  const after = firstAfter(times, time);
  const candidates = [times[after - 1], times[after]].filter((one) => one !== undefined);
  return candidates.reduce((best, one) => (Math.abs(one - time) < Math.abs(best - time) ? one : best));
}

/** Index of the first member after a time (binary search). */
export function firstAfter(times, time) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Snap a time to a downbeat, else to a beat, within 8 pixels.
 * Returns { time, kind }: kind is "downbeat", "beat" or null when nothing is near.
 */
export function snap(time, grid, secondsPerPixel) {
  const radius = RADIUS_PIXELS * secondsPerPixel;
  for (const [kind, times] of [["downbeat", grid.downbeats], ["beat", grid.beats]]) {
    const near = nearest(times, time);
    if (near !== null && Math.abs(near - time) <= radius) return { time: near, kind };
  }
  return { time, kind: null };
}

/** The next beat in a direction (1 or -1), or the time itself where there is none. */
export function neighbor(beats, time, direction) {
  const index = direction > 0 ? firstAfter(beats, time + SAME_SECONDS) : firstAfter(beats, time - SAME_SECONDS) - 1;
  return beats[index] ?? time;
}

/**
 * Inner borders that divide the song in `count` parts, each on the downbeat nearest to the equal
 * division if that leaves every part longer than a second.
 */
export function evenBorders(duration, count, downbeats) {
  const step = duration / count;
  const borders = [];
  for (let number = 1; number < count; number += 1) {
    const exact = step * number;
    const near = nearest(downbeats, exact);
    const fits = near !== null && Math.abs(near - exact) <= step / 2 - 1;
    borders.push(fits ? near : exact);
  }
  return borders;
}
