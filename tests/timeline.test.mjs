/** The timeline's logic without a browser: `npm test`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as history from "../static/js/timeline/history.js";
import * as model from "../static/js/timeline/model.js";
import { evenBorders, nearest, neighbor, snap } from "../static/js/timeline/snap.js";
import { pan, timeAt, whole, xOf, zoom } from "../static/js/timeline/viewport.js";
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

test("one gesture is one step, and undoing returns the exact state", () => {
  const first = cut(20);
  let past = history.start(first);
  for (const time of [21, 22, 23]) past = history.commit(past, model.moveBorder(past.present, 0, time), "nudge 0");
  assert.equal(past.past.length, 1);
  const undone = history.undo(past);
  assert.equal(undone.present, first);
  assert.equal(history.redo(undone).present, past.present);
});

test("after a pause the same gesture is a new step", () => {
  let past = history.start(cut(20));
  past = history.commit(past, model.moveBorder(past.present, 0, 21), "nudge 0");
  past = history.commit(history.settle(past), model.moveBorder(past.present, 0, 22), "nudge 0");
  assert.equal(past.past.length, 2);
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
    else if (index < drawing.borders.length) drawing = model.moveBorder(drawing, index, random() * 70 - 5);
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
