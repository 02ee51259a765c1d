/**
 * Lines of lyrics as data. No DOM in here; nothing is changed in place.
 *
 * A line is { id, start, end, text, words: [{start, end, text}], isEstimated, isDoubtful, doubt }; times
 * are seconds. The list keeps the order of the text; `faultsOf` says where the times contradict it.
 */

export const SHORTEST_SECONDS = 0.1;
const NEW_LINE_SECONDS = 2;
const MAX_TEXT = 500;
const SAME_SECONDS = 0.0005;

let lastId = 0;

function made(fields) {
  lastId += 1;
  return { words: [], isEstimated: false, isDoubtful: false, doubt: "", ...fields, id: lastId };
}

export function fromServer(items) {
  return items.map((item) => made({
    start: item.start,
    end: item.end,
    text: item.text,
    words: item.words ?? [],
    isEstimated: item.is_estimated === true,
    isDoubtful: item.is_doubtful === true,
    doubt: item.doubt ?? "",
  }));
}

export function toServer(lines) {
  return lines.map(({ start, end, text, words, isEstimated, isDoubtful }) => ({
    start, end, text, words, is_estimated: isEstimated, is_doubtful: isDoubtful,
  }));
}

/** To the millisecond, as times are stored. */
export function rounded(seconds) {
  return Math.round(seconds * 1000) / 1000;
}

function replaced(lines, index, fields) {
  return lines.map((line, at) => (at === index ? { ...line, ...fields } : line));
}

function within(low, value, high) {
  return Math.min(Math.max(low, value), Math.max(low, high));
}

/* --- times ----------------------------------------------------------------------------------------- */

function isLongEnough({ start, end }) {
  return end - start >= SHORTEST_SECONDS - SAME_SECONDS;
}

/** The times that the words of a line fill: its own, or theirs while its own are not to be used. */
function spanOf(line) {
  if (isLongEnough(line)) return line;
  const starts = line.words.map((word) => word.start);
  const ends = line.words.map((word) => word.end);
  return { start: Math.min(...starts), end: Math.max(...ends) };
}

/** The words of a line in its new times: each keeps its share of the line. */
function stretched(words, from, to) {
  const scale = (to.end - to.start) / Math.max(from.end - from.start, 1e-6);
  const at = (seconds) => rounded(within(to.start, to.start + (seconds - from.start) * scale, to.end));
  return words.map((word) => ({ ...word, start: at(word.start), end: at(word.end) }));
}

/**
 * Give a line these times. They are a person's then: neither estimated nor doubtful any more. While they
 * are upside down or too short, with one of them still to be written, the words wait where they are.
 */
export function retime(lines, index, start, end) {
  const line = lines[index];
  const to = { start: rounded(start), end: rounded(end) };
  if (to.start === line.start && to.end === line.end) return lines;
  const words = isLongEnough(to) ? stretched(line.words, spanOf(line), to) : line.words;
  return replaced(lines, index, { ...to, words, isEstimated: false, isDoubtful: false });
}

/** How far an edge or the body of a line can go: to its neighbours, never beyond the song. */
export function drag(lines, index, part, seconds, duration) {
  const { start, end } = lines[index];
  const floor = lines[index - 1]?.end <= start + SAME_SECONDS ? lines[index - 1].end : lines[index - 1]?.start ?? 0;
  const ceiling = lines[index + 1]?.start >= end - SAME_SECONDS ? lines[index + 1].start : duration;
  if (part === "start") return retime(lines, index, within(floor, seconds, end - SHORTEST_SECONDS), end);
  if (part === "end") return retime(lines, index, start, within(start + SHORTEST_SECONDS, seconds, ceiling));
  const moved = within(floor, seconds, ceiling - (end - start));
  return retime(lines, index, moved, moved + (end - start));
}

/** A key was pressed for this line while the song plays: it begins now, the one before is over. */
export function tap(lines, index, seconds, duration) {
  const start = within(0, seconds, duration - SHORTEST_SECONDS);
  const { start: was, end } = lines[index];
  const length = Math.max(SHORTEST_SECONDS, end - was);
  const tapped = retime(lines, index, start, Math.min(duration, start + length));
  const before = tapped[index - 1];
  if (!before || before.end <= start || before.start > start - SHORTEST_SECONDS) return tapped;
  return retime(tapped, index - 1, before.start, start);
}

/** The key was held: the line ends where it is let go. */
export function release(lines, index, seconds, duration) {
  const { start } = lines[index];
  return retime(lines, index, start, within(start + SHORTEST_SECONDS, seconds, duration));
}

/** How long the line in the middle of all lengths is; 0 without lines. */
export function usualSeconds(lines) {
  const lengths = lines.map((line) => line.end - line.start).sort((a, b) => a - b);
  return lengths[Math.floor(lengths.length / 2)] ?? 0;
}

/** The index of the line that is sung at a time, the newest of several; -1 for none. */
export function lineAt(lines, seconds) {
  return lines.findLastIndex((line) => line.start <= seconds && seconds < line.end);
}

/* --- texts ------------------------------------------------------------------------------------------- */

const split = (text) => text.split(/\s+/).filter(Boolean);

/** Words of a new text: those that stayed keep their times, new ones share the time between them. */
export function wordsFor(text, line) {
  const texts = split(text);
  if (!line.words.length || !texts.length) return [];
  const kept = matched(texts, line.words);
  if (!kept.some(Boolean)) return [];
  return texts.map((word, at) => {
    if (kept[at]) return { ...kept[at], text: word };
    return { ...placeOf(kept, at, line), text: word };
  });
}

/** For each text the word that it was, by the longest common run of words. */
function matched(texts, words) {
  const same = (text, word) => text.toLowerCase() === word.text.toLowerCase();
  const best = Array.from({ length: texts.length + 1 }, () => new Array(words.length + 1).fill(0));
  for (let row = texts.length - 1; row >= 0; row -= 1) {
    for (let column = words.length - 1; column >= 0; column -= 1) {
      best[row][column] = same(texts[row], words[column])
        ? best[row + 1][column + 1] + 1
        : Math.max(best[row + 1][column], best[row][column + 1]);
    }
  }
  const found = texts.map(() => null);
  for (let row = 0, column = 0; row < texts.length && column < words.length;) {
    if (same(texts[row], words[column])) found[row++] = words[column++];
    else if (best[row + 1][column] >= best[row][column + 1]) row += 1;
    else column += 1;
  }
  return found;
}

/** Where a word that was not there stands: an equal part of the gap between its neighbours. */
function placeOf(kept, at, line) {
  let first = at;
  while (first > 0 && !kept[first - 1]) first -= 1;
  let after = at + 1;
  while (after < kept.length && !kept[after]) after += 1;
  const low = first > 0 ? kept[first - 1].end : line.start;
  const high = after < kept.length ? kept[after].start : line.end;
  const step = Math.max(0, high - low) / (after - first);
  return { start: rounded(low + step * (at - first)), end: rounded(low + step * (at - first + 1)) };
}

export function reword(lines, index, text) {
  const line = lines[index];
  if (text === line.text) return lines;
  return replaced(lines, index, { text, words: wordsFor(text, line) });
}

/** Cut a line at a place of its text: by the time of the word there, else by its share of the text. */
export function splitAt(lines, index, place) {
  const line = lines[index];
  const [left, right] = [line.text.slice(0, place).trim(), line.text.slice(place).trim()];
  if (!left || !right) return lines;
  const count = split(left).length;
  const hasWords = line.words.length === split(line.text).length && count < line.words.length;
  const share = left.length / (left.length + right.length);
  const at = rounded(hasWords ? line.words[count].start : line.start + share * (line.end - line.start));
  const before = { ...line, text: left, end: at, words: hasWords ? ended(line.words.slice(0, count), at) : [] };
  const after = made({ ...line, text: right, start: at, words: hasWords ? line.words.slice(count) : [] });
  return [...lines.slice(0, index), before, after, ...lines.slice(index + 1)];
}

function ended(words, at) {
  return words.map((word) => ({ ...word, end: Math.min(word.end, at) }));
}

/** Make one line of this one and the next. */
export function merge(lines, index) {
  const [line, next] = [lines[index], lines[index + 1]];
  if (!next) return lines;
  const isTimed = line.words.length > 0 && next.words.length > 0;
  const both = {
    ...line,
    start: Math.min(line.start, next.start),
    end: Math.max(line.end, next.end),
    text: `${line.text} ${next.text}`.trim(),
    words: isTimed ? [...line.words, ...next.words] : [],
    isEstimated: line.isEstimated && next.isEstimated,
    isDoubtful: line.isDoubtful || next.isDoubtful,
    doubt: line.doubt || next.doubt,
  };
  return [...lines.slice(0, index), both, ...lines.slice(index + 2)];
}

/** Add an empty line at a time; it ends where the next one begins. Returns { lines, index }. */
export function add(lines, seconds, duration) {
  const start = rounded(within(0, seconds, duration - SHORTEST_SECONDS));
  const index = lines.findIndex((line) => line.start > start);
  const at = index < 0 ? lines.length : index;
  const room = lines[at]?.start ?? duration;
  const end = rounded(Math.max(start + SHORTEST_SECONDS, Math.min(start + NEW_LINE_SECONDS, room)));
  const line = made({ start, end, text: "" });
  return { lines: [...lines.slice(0, at), line, ...lines.slice(at)], index: at };
}

export function remove(lines, index) {
  return lines.filter((_, at) => at !== index);
}

/** A person has looked at it: it is right as it is. */
export function confirm(lines, index) {
  return replaced(lines, index, { isDoubtful: false, isEstimated: false });
}

export function inOrder(lines) {
  return lines.every((line, at) => !at || lines[at - 1].start <= line.start)
    ? lines
    : [...lines].sort((one, other) => one.start - other.start);
}

/* --- rules ------------------------------------------------------------------------------------------- */

/**
 * What is wrong with each line, as lists of { tone, sentence }. "bad" cannot be saved; "wait" can, but
 * a player will show it otherwise than one may think.
 */
export function faultsOf(lines, duration, clock) {
  return lines.map((line, index) => [
    ...badOf(line, lines[index - 1], duration, clock),
    ...overlapOf(line, lines[index + 1]),
  ]);
}

function badOf({ start, end, text }, before, duration, clock) {
  const found = [];
  if (!text.trim()) found.push("This line has no words. Write some or delete it.");
  if (text.length > MAX_TEXT) found.push(`This line has ${text.length} characters; ${MAX_TEXT} are allowed.`);
  if (!(Number.isFinite(start) && Number.isFinite(end))) return [...found, "Write times like 1:02.50."].map(bad);
  if (start < 0 || end > duration + SAME_SECONDS) found.push(`It lies outside of the song, which ends at ${clock(duration)}.`);
  if (!isLongEnough({ start, end })) found.push("It has to end at least a tenth of a second after it starts.");
  if (before && before.start > start) found.push(`It starts before the line above it (${clock(before.start)}).`);
  return found.map(bad);
}

const bad = (sentence) => ({ tone: "bad", sentence });

function overlapOf({ end }, next) {
  const by = next ? end - next.start : 0;
  if (!(by > SAME_SECONDS) || next.start < 0) return [];
  return [{ tone: "wait", sentence: `It overlaps the next line by ${by.toFixed(2)} s; players show the newer one.` }];
}
