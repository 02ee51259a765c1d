/** The timeline's logic without a browser: `npm test`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { over, paintColumns } from "../static/js/timeline/columns.js";
import * as history from "../static/js/timeline/history.js";
import { clicksBetween, curveAt, density, followed, loudness, placeOf } from "../static/js/timeline/grid.js";
import * as model from "../static/js/timeline/model.js";
import { evenBorders, nearest, neighbor, snap } from "../static/js/timeline/snap.js";
import { Strip } from "../static/js/timeline/strip.js";
import { tintsOf } from "../static/js/timeline/tints.js";
import { pan, timeAt, whole, wider, xOf, zoom } from "../static/js/timeline/viewport.js";
import { levelFor, pixels, waveOf } from "../static/js/timeline/wave.js";
import { clock } from "../static/js/timeline/words.js";

const BEATS = Array.from({ length: 121 }, (_, index) => index * 0.5);
const GRID = { beats: BEATS, downbeats: BEATS.filter((_, index) => index % 4 === 0) };

const cut = (...times) => times.reduce(model.split, model.begin(60));

test("a cut makes two sections that share a border", () => {
  const drawing = cut(20);
  assert.deepEqual(drawing.borders, [20]);
  assert.deepEqual(model.span(drawing, 0), { start: 0, end: 20 });
  assert.deepEqual(model.span(drawing, 1), { start: 20, end: 60 });
});

test("a new section gets a label that no other has", () => {
  const drawing = model.split(model.reword(cut(20), 0, { label: "Part 3" }), 40);
  assert.deepEqual(drawing.sections.map((section) => section.label), ["Part 3", "Part 2", "Part 4"]);
});

test("nothing is cut closer than a second to a border, nor into more than ten", () => {
  const drawing = cut(20);
  assert.equal(model.split(drawing, 20.5), drawing);
  const ten = cut(5, 10, 15, 20, 25, 30, 35, 40, 45);
  assert.equal(model.whyNotSplit(ten, 50), "A song has 10 sections at most.");
});

test("a border stops a second before its neighbours", () => {
  const drawing = cut(20, 40);
  assert.deepEqual(model.moveBorder(drawing, 0, 55).borders, [39, 40]);
  assert.deepEqual(model.moveBorder(drawing, 0, -5).borders, [1, 40]);
});

test("a section that is moved keeps its length and stops a second before its neighbours' ends", () => {
  const drawing = cut(20, 40);
  assert.deepEqual(model.placeSection(drawing, 1, 25, 45).borders, [25, 45]);
  assert.deepEqual(model.placeSection(drawing, 1, 50, 70).borders, [39, 59]);
  assert.deepEqual(model.placeSection(drawing, 1, -9, 11).borders, [1, 21]);
  assert.equal(model.placeSection(drawing, 0, 5, 25), drawing);
  assert.equal(model.placeSection(drawing, 2, 50, 70), drawing);
});

test("borders that are moved together go together if they can, else each as far as it may", () => {
  const drawing = cut(20, 40);
  assert.deepEqual(model.movedBorders(drawing, [41, 42]).borders, [41, 42]);
  assert.deepEqual(model.movedBorders(drawing, [50, 40]).borders, [39, 40]);
  assert.equal(model.movedBorders(drawing, [20, 40]), drawing);
});

test("a deleted section leaves its time to the one before it", () => {
  const drawing = cut(20, 40);
  assert.deepEqual(model.remove(drawing, 1).borders, [40]);
  assert.deepEqual(model.remove(drawing, 0).borders, [40]);
  assert.deepEqual(model.removeBorder(drawing, 0).sections.map((one) => one.label), ["Part 1", "Part 3"]);
});

test("the rules are told at their places", () => {
  const drawing = model.reword(model.split(model.begin(200), 150), 1, { label: "one two three", note: "x".repeat(101) });
  const { overall, sections } = model.problems(drawing);
  assert.deepEqual(overall, ["A song needs at least 3 sections; there are 2."]);
  assert.deepEqual(sections[0], ["It lasts 150 seconds; 120 are allowed. Cut it in two."]);
  assert.deepEqual(sections[1], [
    "The label has 3 words; one or two are allowed.",
    "The note has 101 characters; 100 are allowed.",
  ]);
});

test("a draft of another song is not a drawing of this one", () => {
  assert.equal(model.isDrawing(cut(20), 60), true);
  assert.equal(model.isDrawing(cut(20), 61), false);
  assert.equal(model.isDrawing({ ...cut(20), borders: [70] }, 60), false);
});

test("a downbeat attracts before a nearer beat, both within eight pixels", () => {
  assert.deepEqual(snap(20.4, GRID, 0.06), { time: 20, kind: "downbeat" });
  assert.deepEqual(snap(20.48, GRID, 0.02), { time: 20.5, kind: "beat" });
  assert.deepEqual(snap(20.25, GRID, 0.02), { time: 20.25, kind: null });
});

test("neighbours and the nearest are found in an ordered list", () => {
  assert.equal(nearest(BEATS, 10.3), 10.5);
  assert.equal(nearest([], 3), null);
  assert.equal(neighbor(BEATS, 10, 1), 10.5);
  assert.equal(neighbor(BEATS, 10, -1), 9.5);
  assert.equal(neighbor(BEATS, 0, -1), 0);
});

test("an even division falls on downbeats", () => {
  assert.deepEqual(evenBorders(60, 4, GRID.downbeats), [14, 30, 44]);
});

/** A page in miniature: a value that is changed step by step. */
function page(value) {
  const state = { value, past: history.EMPTY };
  const set = (to) => { state.value = to; };
  state.commit = (to, gesture = null) => {
    const before = state.value;
    set(to);
    state.past = history.push(state.past, { label: `to ${to}`, undo: () => set(before), redo: () => set(to) }, gesture);
  };
  state.undo = () => { state.past.past.at(-1).undo(); state.past = history.back(state.past); };
  state.redo = () => { state.past.future[0].redo(); state.past = history.forth(state.past); };
  return state;
}

test("one gesture is one step, and undoing returns the exact state", () => {
  const first = cut(20);
  const state = page(first);
  for (const time of [21, 22, 23]) state.commit(model.moveBorder(state.value, 0, time), "nudge 0");
  const last = state.value;
  assert.equal(state.past.past.length, 1);
  state.undo();
  assert.equal(state.value, first);
  state.redo();
  assert.equal(state.value, last);
});

test("after a pause the same gesture is a new step, and a new step ends what could be done again", () => {
  const state = page("a");
  state.commit("b", "word");
  state.past = history.settle(state.past);
  state.commit("c", "word");
  assert.equal(state.past.past.length, 2);
  state.undo();
  assert.equal(state.value, "b");
  state.commit("d");
  assert.deepEqual(state.past.future, []);
  assert.equal(history.back(history.EMPTY), history.EMPTY);
  assert.equal(history.forth(history.EMPTY), history.EMPTY);
});

test("borders on a beat follow a new grid, others stay", () => {
  const shifted = BEATS.map((time) => time + 0.04);
  assert.deepEqual(followed([20, 30.2], BEATS, shifted), [20.04, 30.2]);
  assert.deepEqual(followed([20.5], BEATS, GRID.downbeats), [20]);
  assert.deepEqual(followed([20], BEATS, []), [20]);
});

test("the grid shows bars before beats, and fewer bars from afar", () => {
  assert.deepEqual(density(GRID, 1), { bars: 16, beats: false });
  assert.deepEqual(density(GRID, 60 / 1200), { bars: 1, beats: true });
  assert.deepEqual(density(GRID, 0.1), { bars: 1, beats: false });
  assert.deepEqual(density({ beats: [], downbeats: [] }, 0.1), { bars: 0, beats: false });
});

test("a time is told as musicians count", () => {
  assert.equal(placeOf(GRID, 0), "bar 1, beat 1");
  assert.equal(placeOf(GRID, 3.2), "bar 2, beat 3");
  assert.equal(placeOf({ beats: [1, 2], downbeats: [2] }, 1.5), "");
});

test("every beat is clicked exactly once, whatever windows the time is cut into", () => {
  const clicks = [];
  for (let from = 0; from < 60; from += 0.37) clicks.push(...clicksBetween(GRID, from, Math.min(60, from + 0.37)));
  assert.deepEqual(clicks.map(({ time }) => time), BEATS.slice(0, -1));
  assert.deepEqual(clicksBetween(GRID, 2, 3), [{ time: 2, isDownbeat: true }, { time: 2.5, isDownbeat: false }]);
});

test("alike labels look alike, and no two others do", () => {
  const named = (...labels) => tintsOf(labels.map((label) => ({ label })));
  assert.deepEqual(named("Chorus", "Verse 1", "last chorus", "Verse 2"), [0, 1, 0, 1]);
  assert.deepEqual(named("Part 1", "Part 2", "Rain", "rain 2"), [0, 1, 2, 2]);
  assert.equal(new Set(named(..."abcdefghij")).size, 10);
});

/** Five minutes of 50, with one peak of 127 at 200 s. */
const PEAK = 20_000;
const MAX = Array.from({ length: 30_000 }, (_, index) => (index === PEAK ? 127 : 50));
const WAVE = waveOf({ per_second: 100, min: MAX.map((value) => -value), max: MAX });

test("the waveform is read at one to two columns a pixel, but for the nearest zoom", () => {
  assert.equal(WAVE.loudest, 127);
  assert.deepEqual([300, 60, 14, 2].map((seconds) => levelFor(WAVE, seconds / 1400).perSecond), [6.25, 25, 100, 100]);
});

test("at every zoom each pixel has its column, and no peak is lost or out of its place", () => {
  for (const seconds of [300, 60, 14, 3]) {
    const view = { start: Math.min(200 - seconds / 2, 300 - seconds), seconds, duration: 300, width: 1400 };
    const { low, high, body } = pixels(WAVE, view);
    assert.equal(high.length, 1400);
    assert.ok(Math.min(...high.slice(0, 1390)) >= 50);
    const loudest = high.indexOf(Math.max(...high));
    const step = seconds / 1400;
    assert.ok(high[loudest] > 120, `${high[loudest]} at ${seconds} s`);
    assert.equal(low[loudest], -high[loudest]);
    assert.ok(body[loudest] > 0 && body[loudest] < high[loudest]);
    const width = 1 / levelFor(WAVE, step).perSecond;
    assert.ok(Math.abs(view.start + (loudest + 0.5) * step - (PEAK + 0.5) / 100) <= width + step);
  }
});

const [PAGE, RED, WHITE] = [0xff000000, 0xff0000ff, 0xffffffff];

/** The rows of each column of a painted scene, as colors. */
function painted(scene, { width, height, ratio = 1 }) {
  const image = new Int32Array(width * height);
  const colors = { pixels: { page: PAGE | 0, text: WHITE | 0, sections: [RED | 0, WHITE | 0] } };
  const view = { start: 0, seconds: 10, duration: 10, width };
  const silence = { edges: [0, 10], tints: [0], energy: [], grid: { beats: [], downbeats: [] }, wave: null };
  paintColumns(image, { view, ...silence, colors, ...scene }, height, ratio);
  return Array.from({ length: width }, (_, x) => Array.from({ length: height }, (_, y) => image[y * width + x] >>> 0));
}

test("a color over another is mixed channel by channel", () => {
  assert.equal(over(PAGE, WHITE, 128) >>> 0, 0xff7f7f7f);
  assert.equal(over(WHITE, RED, 256) >>> 0, 0xff0000ff);
  assert.equal(over(RED, WHITE, 0) >>> 0, 0xff0000ff);
});

test("every pixel of the detail has the tint of its section", () => {
  const columns = painted({ edges: [0, 3, 10], tints: [0, 1] }, { width: 10, height: 4 });
  const [red, white] = [RED, WHITE].map((color) => Array(4).fill(over(PAGE, color, 23) >>> 0));
  assert.deepEqual(columns, [red, red, red, ...Array(7).fill(white)]);
});

test("the waveform stands around the middle, its loudness within its peaks", () => {
  const wave = { loudest: 100, levels: [{ perSecond: 1, low: Float32Array.of(-100), high: Float32Array.of(100), body: Float32Array.of(50) }] };
  const [column] = painted({ wave, view: { start: 0, seconds: 1, duration: 1, width: 1 }, edges: [0, 1] }, { width: 1, height: 100 });
  const ground = over(PAGE, RED, 23);
  const peak = over(ground, RED, 107);
  const body = over(peak, RED, 243);
  const runs = [[ground, 5], [peak, 23], [body, 45], [peak, 22], [ground, 5]];
  assert.deepEqual(column, runs.flatMap(([color, count]) => Array(count).fill(color >>> 0)));
});

test("silence is a line", () => {
  const wave = { loudest: 1, levels: [{ perSecond: 1, low: new Float32Array(10), high: new Float32Array(10), body: new Float32Array(10) }] };
  const columns = painted({ wave }, { width: 10, height: 10 });
  assert.deepEqual(columns.map((column) => new Set(column).size), Array(10).fill(2));
});

test("a downbeat is as wide as a pixel of the page, on fine screens too", () => {
  const grid = { beats: [], downbeats: [2, 7] };
  const isLit = (column) => column[0] !== column.at(-1) || column[0] !== (over(PAGE, RED, 23) >>> 0);
  const lit = (ratio) => painted({ grid }, { width: 100 * ratio, height: 4, ratio }).flatMap((column, x) => (isLit(column) ? [x] : []));
  assert.deepEqual(lit(1), [20, 70]);
  assert.deepEqual(lit(2), [40, 41, 140, 141]);
});

test("two tiles side by side show what one picture would", () => {
  const grid = { beats: BEATS, downbeats: GRID.downbeats };
  const scene = { wave: WAVE, grid, edges: [0, 33, 300], tints: [0, 1], energy: [[0, 0.2], [20, 0.9], [60, 0.1]] };
  const tile = (start, width) => painted({ ...scene, view: { start, seconds: width / 10, duration: 300, width } }, { width, height: 40 });
  assert.deepEqual([...tile(20, 100), ...tile(30, 100)], tile(20, 200));
});

test("what stands on a strip is moved by whole pixels of the screen until the zoom changes", () => {
  const strip = new Strip();
  const view = { start: 10, seconds: 100, duration: 300, width: 1000 };
  assert.equal(strip.follow(view), true);
  assert.equal(strip.follow({ ...view, start: 30.06 }), false);
  assert.equal(strip.shift({ ...view, start: 30.06 }, 1), -201);
  assert.equal(strip.shift({ ...view, start: 30.06 }, 2), -200.5);
  assert.equal(strip.follow({ ...view, start: 30.06 }, 200), true);
  assert.equal(strip.origin, 30.06);
  assert.equal(strip.follow({ ...view, start: 30.06, seconds: 99 }), true);
});

test("a wider view shows more on both sides at the same zoom", () => {
  const view = { start: 10, seconds: 100, duration: 300, width: 1000 };
  assert.deepEqual(wider(view, 20), { start: 8, seconds: 104, duration: 300, width: 1040 });
});

test("loudness between two points of the curve lies on their line", () => {
  const curve = [[0, 0.2], [2, 0.6], [4, 0.4]];
  assert.equal(curveAt(curve, 1), 0.4);
  assert.equal(curveAt(curve, 9), 0.4);
  assert.equal(loudness(curve, 1), 0.6);
  assert.equal(loudness([], 1), 0.5);
});

test("zooming keeps the time under the cursor in its place", () => {
  const view = whole(60, 1200);
  const near = zoom(view, 4, 30);
  assert.equal(near.seconds, 15);
  assert.equal(xOf(near, 30), xOf(view, 30));
  assert.equal(timeAt(near, 600), 30);
});

test("the view stays within the song", () => {
  const near = zoom(whole(60, 1200), 4, 0);
  assert.equal(pan(near, -10).start, 0);
  assert.equal(pan(near, 500).start, 45);
});

test("random gestures never yield a gap, an overlap or a section below a second", () => {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  let drawing = model.begin(60);
  for (let gesture = 0; gesture < 2000; gesture += 1) {
    const index = Math.floor(random() * drawing.sections.length);
    const kind = random();
    if (kind < 0.4) drawing = model.split(drawing, random() * 60);
    else if (kind < 0.5) drawing = model.remove(drawing, index);
    else if (kind < 0.75 && index < drawing.borders.length) drawing = model.moveBorder(drawing, index, random() * 70 - 5);
    else if (kind < 0.9) drawing = model.placeSection(drawing, index, random() * 70 - 5, random() * 70 - 5);
    else drawing = model.movedBorders(drawing, drawing.borders.map((time) => time + random() * 8 - 4));
    assert.equal(model.isDrawing(drawing, 60), true);
    for (const [number] of drawing.sections.entries()) {
      const { start, end } = model.span(drawing, number);
      assert.ok(end - start >= model.MIN_SECONDS - 1e-9);
    }
  }
});

test("times read as minutes, seconds and hundredths", () => {
  assert.equal(clock(62.5), "1:02.50");
  assert.equal(clock(59.999), "1:00.00");
  assert.equal(clock(187, 0), "3:07");
});
