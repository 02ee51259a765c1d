/**
 * The waveform at every zoom. No DOM in here.
 *
 * A wave is { levels, loudest }: each level has half as many columns a second as the one before it, so
 * that painting reads about two columns a pixel, whether it shows two seconds or five minutes. A level is
 * { perSecond, low, high, body }: lowest and highest sample, and how loud it is on the average.
 */

// A peak of this share is what one hears as its loudness; columns of one peak have nothing to average.
const BODY_SHARE = 0.6;
const FEWEST_COLUMNS = 256;
// Columns of about a pixel may miss one by the last digit of a number.
const ROUNDING = 1e-6;

/** From { per_second, min, max } as the server keeps them. */
export function waveOf({ per_second: perSecond, min, max }) {
  const low = Float32Array.from(min);
  const high = Float32Array.from(max);
  const body = high.map((value, index) => (value - low[index]) * 0.5 * BODY_SHARE);
  const levels = [{ perSecond, low, high, body }];
  while (levels.at(-1).low.length > FEWEST_COLUMNS) levels.push(halved(levels.at(-1)));
  const loudest = high.reduce((most, value, index) => Math.max(most, value, -low[index]), 1);
  return { levels, loudest };
}

function halved({ perSecond, low, high, body }) {
  const count = Math.ceil(low.length / 2);
  const half = { perSecond: perSecond / 2, low: new Float32Array(count), high: new Float32Array(count), body: new Float32Array(count) };
  for (let index = 0; index < count; index += 1) {
    const [left, right] = [2 * index, Math.min(2 * index + 1, low.length - 1)];
    half.low[index] = Math.min(low[left], low[right]);
    half.high[index] = Math.max(high[left], high[right]);
    half.body[index] = (body[left] + body[right]) / 2;
  }
  return half;
}

/** The level whose columns are at most a pixel wide, or the finest. */
export function levelFor({ levels }, secondsPerPixel) {
  return levels.findLast((level) => level.perSecond * secondsPerPixel >= 1) ?? levels[0];
}

/** What is seen, for each pixel: { low, high, body }, one number each. */
export function pixels(wave, { start, seconds, width }) {
  const count = Math.ceil(width);
  const step = seconds / width;
  const level = levelFor(wave, step);
  const found = { low: new Float32Array(count), high: new Float32Array(count), body: new Float32Array(count) };
  const fill = level.perSecond * step < 1 + ROUNDING ? between : gather;
  fill(level, start, step, found);
  return found;
}

/** There is a column or more a pixel: none of their extremes may be lost. */
function gather(level, start, step, { low, high, body }) {
  const first = Math.max(0, Math.floor(start * level.perSecond));
  for (let index = first; index < level.low.length; index += 1) {
    const pixel = Math.floor(((index + 0.5) / level.perSecond - start) / step);
    if (pixel >= low.length) return;
    if (pixel < 0) continue;
    low[pixel] = Math.min(low[pixel], level.low[index]);
    high[pixel] = Math.max(high[pixel], level.high[index]);
    body[pixel] = Math.max(body[pixel], level.body[index]);
  }
}

/** There are fewer columns than pixels: straight lines from one to the next. */
function between(level, start, step, { low, high, body }) {
  const last = level.low.length - 1;
  for (let pixel = 0; pixel < low.length; pixel += 1) {
    const place = Math.min(last, Math.max(0, (start + (pixel + 0.5) * step) * level.perSecond - 0.5));
    const [left, right] = [Math.floor(place), Math.ceil(place)];
    const share = place - left;
    low[pixel] = level.low[left] + share * (level.low[right] - level.low[left]);
    high[pixel] = level.high[left] + share * (level.high[right] - level.high[left]);
    body[pixel] = level.body[left] + share * (level.body[right] - level.body[left]);
  }
}
