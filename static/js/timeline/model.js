/**
 * The sections of a song while they are drawn. No DOM in here.
 *
 * A drawing is { duration, borders, sections }: `borders` are the inner borders in seconds, in order;
 * `sections` are one more than the borders: { label, note }. Because neighbours share a border, there
 * can be no gap and no overlap. Every function returns a new drawing, or the same one when nothing
 * changes.
 */

export const MIN_SECTIONS = 3;
export const MAX_SECTIONS = 10;
export const MIN_SECONDS = 1;
export const MAX_SECONDS = 120;
export const MAX_LABEL_WORDS = 2;
export const MAX_LABEL_CHARS = 40;
export const MAX_NOTE_CHARS = 100;
// Differences of decimal numbers fall short of the whole by less than this.
const ROUNDING_SECONDS = 1e-6;

/** One section over the whole song. */
export function begin(duration) {
  return { duration, borders: [], sections: [{ label: "Part 1", note: "" }] };
}

/** A drawing from saved sections ({ label, note, start, end }). */
export function fromSaved(duration, saved) {
  return {
    duration,
    borders: saved.slice(1).map((section) => section.start),
    sections: saved.map(({ label, note }) => ({ label, note })),
  };
}

/** Where section `index` begins and ends. */
export function span(drawing, index) {
  const start = index === 0 ? 0 : drawing.borders[index - 1];
  const end = index === drawing.borders.length ? drawing.duration : drawing.borders[index];
  return { start, end };
}

/** The section that holds a time. */
export function sectionAt(drawing, time) {
  const index = drawing.borders.findIndex((border) => time < border);
  return index === -1 ? drawing.borders.length : index;
}

/** The sentence that says why the song cannot be cut here, or "". */
export function whyNotSplit(drawing, time) {
  if (drawing.sections.length >= MAX_SECTIONS) return `A song has ${MAX_SECTIONS} sections at most.`;
  const { start, end } = span(drawing, sectionAt(drawing, time));
  const tooNear = Math.min(time - start, end - time) < MIN_SECONDS - ROUNDING_SECONDS;
  return tooNear ? "Too close to a border: each section has to last at least 1 second." : "";
}

/** Cut the section at `time` in two; the right half gets a free label. */
export function split(drawing, time) {
  if (whyNotSplit(drawing, time)) return drawing;
  const index = sectionAt(drawing, time);
  const fresh = { label: freeLabel(drawing.sections), note: "" };
  return {
    ...drawing,
    borders: inserted(drawing.borders, index, time),
    sections: inserted(drawing.sections, index + 1, fresh),
  };
}

function freeLabel(sections) {
  const taken = new Set(sections.map((section) => section.label));
  let number = sections.length + 1;
  while (taken.has(`Part ${number}`)) number += 1;
  return `Part ${number}`;
}

/** Delete a section: its time goes to the one before it, or to the next if it is the first. */
export function remove(drawing, index) {
  if (drawing.sections.length === 1) return drawing;
  return {
    ...drawing,
    borders: without(drawing.borders, Math.max(0, index - 1)),
    sections: without(drawing.sections, index),
  };
}

/** Delete a border: the section to its left takes over the one to its right. */
export function removeBorder(drawing, index) {
  return remove(drawing, index + 1);
}

/** Move a border; it stops where a neighbour would become shorter than a second. */
export function moveBorder(drawing, index, time) {
  const lowest = span(drawing, index).start + MIN_SECONDS;
  const highest = span(drawing, index + 1).end - MIN_SECONDS;
  const stopped = Math.min(highest, Math.max(lowest, time));
  if (lowest > highest || stopped === drawing.borders[index]) return drawing;
  return { ...drawing, borders: drawing.borders.map((old, i) => (i === index ? stopped : old)) };
}

/**
 * Put a section between other times; both of its borders move. It stops where a neighbour would become
 * shorter than a second. The first and the last section are held by the ends of the song.
 */
export function placeSection(drawing, index, start, end) {
  if (index === 0 || index === drawing.borders.length) return drawing;
  const lowest = span(drawing, index - 1).start + MIN_SECONDS;
  const highest = span(drawing, index + 1).end - MIN_SECONDS;
  const back = Math.max(0, end - highest);
  const forth = Math.max(0, lowest - start);
  const borders = [...drawing.borders];
  borders.splice(index - 1, 2, start - back + forth, end - back + forth);
  return movedBorders(drawing, borders, { isWhole: true });
}

/** Move all borders at once; where they would come too close, each goes as far as it may, or none if `isWhole`. */
export function movedBorders(drawing, borders, { isWhole = false } = {}) {
  if (borders.every((time, index) => time === drawing.borders[index])) return drawing;
  const edges = [0, ...borders, drawing.duration];
  const isFree = borders.concat(drawing.duration).every((_, i) => edges[i + 1] - edges[i] >= MIN_SECONDS - ROUNDING_SECONDS);
  if (isFree) return { ...drawing, borders };
  if (isWhole) return drawing;
  return borders.reduce((moved, time, index) => moveBorder(moved, index, time), drawing);
}

/** Change the words of a section: { label } or { note }. */
export function reword(drawing, index, words) {
  const old = drawing.sections[index];
  if (Object.entries(words).every(([name, text]) => old[name] === text)) return drawing;
  const sections = drawing.sections.map((section, i) => (i === index ? { ...section, ...words } : section));
  return { ...drawing, sections };
}

/** Draw anew with these inner borders; words stay with their place in the order. */
export function withBorders(drawing, borders) {
  let fresh = { ...drawing, borders, sections: drawing.sections.slice(0, borders.length + 1) };
  while (fresh.sections.length <= borders.length) {
    const label = freeLabel(fresh.sections);
    fresh = { ...fresh, sections: [...fresh.sections, { label, note: "" }] };
  }
  return fresh;
}

/** What the rules say: { overall: [sentence], sections: [[sentence] for each] }. */
export function problems(drawing) {
  const count = drawing.sections.length;
  const overall = [];
  if (count < MIN_SECTIONS) overall.push(`A song needs at least ${MIN_SECTIONS} sections; there ${count === 1 ? "is 1" : `are ${count}`}.`);
  if (count > MAX_SECTIONS) overall.push(`A song has ${MAX_SECTIONS} sections at most; there are ${count}.`);
  const sections = drawing.sections.map((section, index) => [
    ...wrongLabel(section.label),
    ...wrongLength(span(drawing, index)),
    ...wrongNote(section.note),
  ]);
  return { overall, sections };
}

export function isFine({ overall, sections }) {
  return !overall.length && sections.every((sentences) => !sentences.length);
}

export function wrongLabel(label) {
  const words = label.split(/\s+/).filter(Boolean);
  if (!words.length) return ["Give it a label of one or two words."];
  if (words.length > MAX_LABEL_WORDS) return [`The label has ${words.length} words; one or two are allowed.`];
  const length = [...words.join(" ")].length;
  return length > MAX_LABEL_CHARS ? [`The label has ${length} characters; ${MAX_LABEL_CHARS} are allowed.`] : [];
}

export function wrongNote(note) {
  const length = [...note.trim()].length;
  return length > MAX_NOTE_CHARS ? [`The note has ${length} characters; ${MAX_NOTE_CHARS} are allowed.`] : [];
}

function wrongLength({ start, end }) {
  const seconds = end - start;
  if (seconds < MIN_SECONDS - ROUNDING_SECONDS) return ["It has to last at least 1 second."];
  if (seconds > MAX_SECONDS + ROUNDING_SECONDS) {
    return [`It lasts ${Math.ceil(seconds)} seconds; ${MAX_SECONDS} are allowed. Cut it in two.`];
  }
  return [];
}

/** The drawing as it is sent: [{ label, start_time, end_time, prompt_note }]. */
export function toSend(drawing) {
  return drawing.sections.map((section, index) => {
    const { start, end } = span(drawing, index);
    return { label: section.label, start_time: start, end_time: end, prompt_note: section.note };
  });
}

/** True when both have the same borders and words. */
export function isSame(one, other) {
  return JSON.stringify([one.borders, one.sections]) === JSON.stringify([other.borders, other.sections]);
}

/** True when something read from elsewhere is a drawing of a song of this length. */
export function isDrawing(value, duration) {
  if (!value || value.duration !== duration || !Array.isArray(value.borders) || !Array.isArray(value.sections)) return false;
  const edges = [0, ...value.borders, duration];
  const inOrder = edges.every((time, i) => Number.isFinite(time) && (i === 0 || time > edges[i - 1]));
  const worded = value.sections.every((s) => typeof s?.label === "string" && typeof s?.note === "string");
  return inOrder && worded && value.sections.length === value.borders.length + 1;
}

function inserted(list, index, item) {
  return [...list.slice(0, index), item, ...list.slice(index)];
}

function without(list, index) {
  return [...list.slice(0, index), ...list.slice(index + 1)];
}
