/** The logic of the lyrics editor and of the focus points without a browser: `npm test`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cropped, moved } from "../static/js/focus/crop.js";
import { clock, read } from "../static/js/lyrics/clock.js";
import * as model from "../static/js/lyrics/model.js";

const SONG = 60;
const WORDS = [
  { start: 10, end: 10.5, text: "Hold" },
  { start: 10.5, end: 11, text: "me" },
  { start: 11, end: 12, text: "closer" },
];

const lines = () => model.fromServer([
  { start: 10, end: 12, text: "Hold me closer", words: WORDS },
  { start: 12, end: 15, text: "till the engines die", is_doubtful: true, doubt: "Nothing of it was heard." },
  { start: 20, end: 24, text: "again", is_estimated: true },
]);

const near = (number) => number.toFixed(6);
const times = (some) => some.map(({ start, end }) => [start, end]);
const spans = (words) => words.map(({ start, end, text }) => [text, start, end]);
const faults = (some) => model.faultsOf(some, SONG, clock).map((found) => found.map((fault) => fault.sentence));

test("the usual line is as long as the one in the middle of all lengths", () => {
  assert.equal(model.usualSeconds(lines()), 3);
  assert.equal(model.usualSeconds([]), 0);
});

test("lines go to the server as they came from it", () => {
  assert.deepEqual(model.toServer(lines()), [
    { start: 10, end: 12, text: "Hold me closer", words: WORDS, is_estimated: false, is_doubtful: false },
    { start: 12, end: 15, text: "till the engines die", words: [], is_estimated: false, is_doubtful: true },
    { start: 20, end: 24, text: "again", words: [], is_estimated: true, is_doubtful: false },
  ]);
});

test("a line that is moved takes its words along, and one that is stretched spreads them", () => {
  assert.deepEqual(spans(model.retime(lines(), 0, 5, 7)[0].words), [["Hold", 5, 5.5], ["me", 5.5, 6], ["closer", 6, 7]]);
  assert.deepEqual(spans(model.retime(lines(), 0, 8, 12)[0].words), [["Hold", 8, 9], ["me", 9, 10], ["closer", 10, 12]]);
  const [, doubtful] = model.retime(lines(), 1, 13, 15);
  assert.equal(doubtful.isDoubtful, false);
});

test("words wait where they are until their line has both of its new times", () => {
  const later = model.retime(lines(), 0, 13, 12);
  assert.deepEqual(later[0].words, WORDS);
  assert.deepEqual(spans(model.retime(later, 0, 13, 15)[0].words), [["Hold", 13, 13.5], ["me", 13.5, 14], ["closer", 14, 15]]);
  const short = model.retime(lines(), 0, 11.95, 12);
  assert.deepEqual(spans(model.retime(short, 0, 11.95, 13.95)[0].words), [
    ["Hold", 11.95, 12.45], ["me", 12.45, 12.95], ["closer", 12.95, 13.95],
  ]);
  assert.deepEqual(model.retime(model.retime(lines(), 2, 25, 24), 2, 25, 26)[2].words, []);
});

test("a drag stops hard at the neighbors and at the ends of the song", () => {
  const all = lines();
  assert.deepEqual(times(model.drag(all, 1, "start", 3, SONG))[1], [12, 15]);
  assert.deepEqual(times(model.drag(all, 1, "end", 99, SONG))[1], [12, 20]);
  assert.deepEqual(times(model.drag(all, 1, "body", 30, SONG))[1], [17, 20]);
  assert.deepEqual(times(model.drag(all, 0, "body", -5, SONG))[0], [0, 2]);
  assert.deepEqual(times(model.drag(all, 2, "body", 99, SONG))[2], [56, 60]);
  assert.deepEqual(times(model.drag(all, 1, "start", 14.99, SONG))[1], [14.9, 15]);
});

test("a tap begins a line, ends the one before, and a held key ends it", () => {
  const tapped = model.tap(lines(), 1, 11.25, SONG);
  assert.deepEqual(times(tapped), [[10, 11.25], [11.25, 14.25], [20, 24]]);
  assert.deepEqual(times(model.release(tapped, 1, 12.5, SONG))[1], [11.25, 12.5]);
  assert.deepEqual(times(model.tap(lines(), 2, 59.99, SONG))[2], [59.9, 60]);
});

test("words that stay keep their times when a line is written anew", () => {
  const [line] = model.reword(lines(), 0, "Hold me much closer now");
  assert.deepEqual(spans(line.words), [
    ["Hold", 10, 10.5], ["me", 10.5, 11], ["much", 11, 11], ["closer", 11, 12], ["now", 12, 12],
  ]);
  const [other] = model.reword(lines(), 0, "Hold us closer");
  assert.deepEqual(spans(other.words), [["Hold", 10, 10.5], ["us", 10.5, 11], ["closer", 11, 12]]);
  assert.deepEqual(model.reword(lines(), 0, "Nothing alike")[0].words, []);
});

test("a line is divided where its word begins, and joined again as it was", () => {
  const two = model.splitAt(lines(), 0, 5);
  assert.deepEqual(two.slice(0, 2).map(({ start, end, text }) => [start, end, text]), [
    [10, 10.5, "Hold"], [10.5, 12, "me closer"],
  ]);
  assert.deepEqual(model.toServer(model.merge(two, 0)), model.toServer(lines()));
  assert.equal(model.splitAt(lines(), 0, 0).length, 3);
});

test("a line is added in its place and ends before the next", () => {
  const { lines: more, index } = model.add(lines(), 19, SONG);
  assert.equal(index, 2);
  assert.deepEqual(times(more)[2], [19, 20]);
  assert.deepEqual(times(model.add([], 59.95, SONG).lines), [[59.9, 60]]);
});

test("what cannot be saved is said at the line, overlaps are only mentioned", () => {
  const all = lines();
  assert.deepEqual(faults(all), [[], [], []]);
  assert.deepEqual(faults(model.retime(all, 0, 10, 12.5))[0], ["It overlaps the next line by 0.50 s; players show the newer one."]);
  assert.deepEqual(faults(model.retime(all, 1, 9, 15))[1], ["It starts before the line above it (0:10.00)."]);
  assert.deepEqual(faults(model.retime(all, 2, 20, 61))[2], ["It lies outside of the song, which ends at 1:00.00."]);
  assert.deepEqual(faults(model.retime(all, 2, 20, 20.05))[2], ["It has to end at least a tenth of a second after it starts."]);
  assert.deepEqual(faults(model.reword(all, 2, " "))[2], ["This line has no words. Write some or delete it."]);
  assert.deepEqual(times(model.inOrder(model.retime(all, 1, 9, 15))), [[9, 15], [10, 12], [20, 24]]);
});

test("times are read as people write them", () => {
  assert.deepEqual(["1:02.5", "62,5", " 0:07 ", "12"].map(read), [62.5, 62.5, 7, 12]);
  assert.deepEqual(["", "1:2:3", "x", "-1"].map(read), [NaN, NaN, NaN, NaN]);
});

test("a wide picture is cropped to a tall one around a point, as far as its edges allow", () => {
  const [wide, tall] = [{ width: 1920, height: 1080 }, { width: 1080, height: 1920 }];
  const kept = 607.5 / 1920;
  const { left, top, width, height, position, middle } = cropped(wide, tall, { x: 0.5, y: 0.2 });
  assert.deepEqual([left, top, width, height].map(near), [0.5 - kept / 2, 0, kept, 1].map(near));
  assert.deepEqual([position, middle], [{ x: 0.5, y: 0.5 }, { x: 0.5, y: 0.5 }]);
  assert.equal(cropped(wide, tall, { x: 0.99, y: 0.5 }).position.x, 1);
  assert.equal(cropped(wide, tall, { x: 0.01, y: 0.5 }).left, 0);
  assert.deepEqual(cropped(tall, wide, { x: 0.5, y: 0 }).position, { x: 0.5, y: 0 });
  assert.deepEqual(moved({ x: 0.5, y: 0.5 }, "x", 1.4), { x: 1, y: 0.5 });
});
