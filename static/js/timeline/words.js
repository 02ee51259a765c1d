/** Times in words. */

/** `1:02.50`, or `1:02` with no decimals. */
export function clock(seconds, decimals = 2) {
  const unit = 10 ** decimals;
  const total = Math.round(seconds * unit);
  const minutes = Math.floor(total / (60 * unit));
  const rest = (total - minutes * 60 * unit) / unit;
  const width = decimals ? decimals + 3 : 2;
  return `${minutes}:${rest.toFixed(decimals).padStart(width, "0")}`;
}

export function howLong(seconds) {
  return `${seconds.toFixed(1)} s`;
}
