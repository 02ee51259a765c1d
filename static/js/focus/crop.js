/** Where a picture is cropped around a point. No DOM in here; points and parts go from 0 to 1. */

function within(at) {
  return Math.min(1, Math.max(0, Number.isFinite(at) ? at : 0.5));
}

/** One side: the first part of the whole that is kept, so that `at` is in its middle or at an edge. */
function start(kept, at) {
  return Math.min(1 - kept, Math.max(0, within(at) - kept / 2));
}

/**
 * What stays of a picture of size `whole` in a format of size `part`, around `focus`.
 * `position` is the same as CSS says it for object-position; `middle` is the middle of what stays.
 */
export function cropped(whole, part, focus) {
  const scale = Math.max(part.width / whole.width, part.height / whole.height);
  const width = part.width / (whole.width * scale);
  const height = part.height / (whole.height * scale);
  const left = start(width, focus.x);
  const top = start(height, focus.y);
  const position = { x: width < 1 ? left / (1 - width) : 0.5, y: height < 1 ? top / (1 - height) : 0.5 };
  return { left, top, width, height, position, middle: { x: left + width / 2, y: top + height / 2 } };
}

/** The focus with another place along one axis. */
export function moved(focus, axis, at) {
  return { ...focus, [axis]: within(at) };
}
