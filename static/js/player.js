/**
 * The player: the film, its position bar, the strip of clips and the lyrics, all on one clock.
 *
 * Markup   #film the video, #position the slider, [data-clip] and [data-line] buttons with
 *          data-start and data-end in seconds, [data-word] inside a line, #player-data as JSON:
 *          {duration, beats, sections: [{start, label}]}.
 */

import { announce } from "./app.js";
import { goOnByItself } from "./patience.js";

const STEP_SECONDS = 1;
const LARGE_STEP_SECONDS = 5;
const JUMP_SECONDS = 10;
// A start is the first moment of its frame; a thousandth later no decoder shows the frame before it.
const INTO_FRAME_SECONDS = 0.001;
const NEAR_SECONDS = 0.03;
const HANDS_OFF_MS = 4000;

const film = document.getElementById("film");
const data = JSON.parse(document.getElementById("player-data").textContent);
const slider = document.getElementById("position");
const playhead = document.getElementById("playhead");
const clock = document.getElementById("clock");
const place = document.getElementById("place");
const sung = document.getElementById("sung");
const flash = document.getElementById("flash");
const keysDialog = document.getElementById("keys");

const clips = read("[data-clip]");
const lines = read("[data-line]").map((line) => ({ ...line, words: read("[data-word]", line.element) }));
const strip = { box: document.getElementById("strip"), items: clips, current: -1, touchedAt: 0, across: true };
const lyrics = { box: document.getElementById("lyrics"), items: lines, current: -1, touchedAt: 0, across: false };

goOnByItself(film);

function read(selector, root = document) {
  return [...root.querySelectorAll(selector)].map((element) => ({
    element,
    start: Number(element.dataset.start),
    end: Number(element.dataset.end),
  }));
}

/* --- moments ----------------------------------------------------------------------------------- */

function said(seconds) {
  const whole = Math.floor(seconds + 1e-6);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function seek(seconds) {
  const last = Math.max(0, data.duration - 0.05);
  film.currentTime = Math.min(last, Math.max(0, seconds));
  paint();
}

/** To where something begins: a beat, a clip, a line, a word. */
function seekStart(seconds) {
  seek(seconds + INTO_FRAME_SECONDS);
}

/** The index of the last item that has started at `now`, by bisection; -1 before the first. */
function lastStarted(items, now) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].start <= now) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The item that `now` lies in; -1 in a gap. */
function around(items, now) {
  const index = lastStarted(items, now);
  return index >= 0 && now < items[index].end ? index : -1;
}

/* --- what follows the clock ---------------------------------------------------------------------- */

function paint() {
  const now = film.currentTime;
  const share = `${((100 * now) / data.duration).toFixed(3)}%`;
  playhead.setAttribute("x1", share);
  playhead.setAttribute("x2", share);
  // Clips leave no gaps; the film may end a moment after the last of them.
  light(strip, Math.max(0, lastStarted(clips, now)));
  if (light(lyrics, around(lines, now))) {
    lyrics.box?.querySelectorAll(".is-now").forEach((word) => word.classList.remove("is-now"));
    sing(lines[lyrics.current]);
  }
  lightWords(now);
  tell(now);
}

function tell(now) {
  const time = `${said(now)} of ${said(data.duration)}`;
  const section = data.sections[Math.max(0, lastStarted(data.sections, now))];
  const where = `${section ? `${section.label}, ` : ""}clip ${strip.current + 1} of ${clips.length}`;
  if (clock.textContent === time && place.textContent === where) return;
  clock.textContent = time;
  place.textContent = where;
  slider.setAttribute("aria-valuenow", String(Math.round(now)));
  slider.setAttribute("aria-valuetext", `${time}, ${where}`);
}

/** Mark one item as the list's current one, make it its tab stop, bring it into view; true if new. */
function light(list, index) {
  if (index === list.current) return false;
  list.items[list.current]?.element.removeAttribute("aria-current");
  list.current = index;
  const item = list.items[index];
  if (!item) return true;
  item.element.setAttribute("aria-current", "true");
  if (!list.box.contains(document.activeElement)) takeTabStop(list, index);
  if (performance.now() - list.touchedAt > HANDS_OFF_MS) bringIntoView(list, item.element);
  return true;
}

function takeTabStop(list, index) {
  for (const [i, item] of list.items.entries()) item.element.tabIndex = i === index ? 0 : -1;
}

/** Scroll inside the list only: the page itself stays where the reader has put it. */
function bringIntoView({ box, across }, element) {
  const frame = box.getBoundingClientRect();
  const item = element.getBoundingClientRect();
  if (across) box.scrollBy({ left: item.left - frame.left - (frame.width - item.width) / 2, behavior: "smooth" });
  else box.scrollBy({ top: item.top - frame.top - (frame.height - item.height) / 3, behavior: "smooth" });
}

function lightWords(now) {
  const line = lines[lyrics.current];
  if (!line) return;
  const current = lastStarted(line.words, now);
  for (const [i, { element, twin }] of line.words.entries()) {
    for (const shown of [element, twin]) {
      shown?.classList.toggle("is-sung", i <= current);
      shown?.classList.toggle("is-now", i === current);
    }
  }
}

/** The current line stands once more between film and clips, where one looks while it plays. */
function sing(line) {
  if (!sung) return;
  if (!line) return sung.replaceChildren();
  const words = line.words.length ? line.words : [{ element: line.element, start: line.start }];
  const parts = words.flatMap((word) => {
    word.twin = document.createElement("span");
    word.twin.textContent = word.element.textContent.trim();
    word.twin.classList.toggle("is-sung", !line.words.length);
    return [word.twin, " "];
  });
  return sung.replaceChildren(...parts);
}

function follow() {
  paint();
  if (!film.paused && !film.ended) requestAnimationFrame(follow);
}

/* --- acts ------------------------------------------------------------------------------------------ */

function show(text) {
  flash.textContent = text;
  flash.classList.remove("is-shown");
  // Reading a layout value between the two restarts the animation.
  void flash.offsetWidth;
  flash.classList.add("is-shown");
}

function playOrPause() {
  if (film.paused) film.play().catch(() => show("This browser does not play the film"));
  else film.pause();
}

function step(seconds) {
  seek(film.currentTime + seconds);
  show(`${seconds < 0 ? "Back" : "Ahead"} ${Math.abs(seconds)} s`);
}

function beat(direction) {
  const now = film.currentTime;
  const found =
    direction > 0
      ? data.beats.find((time) => time > now + NEAR_SECONDS)
      : data.beats.findLast((time) => time < now - NEAR_SECONDS);
  if (found === undefined) return;
  seekStart(found);
  show(direction > 0 ? "Next beat" : "Beat before");
}

function toggleCaptions() {
  const track = film.textTracks[0];
  const on = track?.mode === "showing";
  if (track) track.mode = on ? "hidden" : "showing";
  tellAll(track ? `Captions ${on ? "off" : "on"}` : "This song has no lyrics with times");
}

function toggleSound() {
  film.muted = !film.muted;
  tellAll(film.muted ? "Sound off" : "Sound on");
}

function tellAll(text) {
  show(text);
  announce(text);
}

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else film.requestFullscreen?.().catch(() => show("Full screen is not possible here"));
}

const ACTS = {
  " ": playOrPause,
  k: playOrPause,
  j: () => step(-JUMP_SECONDS),
  l: () => step(JUMP_SECONDS),
  ",": () => beat(-1),
  ".": () => beat(1),
  home: () => seek(0),
  end: () => seek(data.duration),
  f: toggleFullScreen,
  c: toggleCaptions,
  m: toggleSound,
  "?": () => keysDialog.showModal(),
};

/* --- keys ------------------------------------------------------------------------------------------ */

function isTyping(element) {
  return element.isContentEditable || element.matches("input, textarea, select");
}

/** Space and Enter belong to a focused button or link. */
function isPressing(element, key) {
  return key === " " && element.matches("button, a, summary");
}

function arrowStep(event) {
  const size = event.shiftKey ? LARGE_STEP_SECONDS : STEP_SECONDS;
  return { arrowleft: -size, arrowright: size }[event.key.toLowerCase()];
}

function onKey(event) {
  const key = event.key.toLowerCase();
  const target = event.target instanceof Element ? event.target : document.body;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (isTyping(target) || isPressing(target, key) || document.querySelector("dialog[open]")) return;
  const act = walk(event, target) ?? actOf(event, key);
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function actOf(event, key) {
  if (/^[0-9]$/.test(key)) return () => seek((data.duration * Number(key)) / 10);
  const seconds = arrowStep(event);
  return seconds ? () => step(seconds) : ACTS[key];
}

/** Inside the strip or the lyrics the arrows go from item to item; each list is one tab stop. */
function walk(event, target) {
  const list = [strip, lyrics].find(({ box }) => box?.contains(target));
  if (!list || event.shiftKey) return undefined;
  const [back, ahead] = list.across ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
  const move = { [back]: -1, [ahead]: 1 }[event.key];
  if (!move) return undefined;
  return () => {
    const from = list.items.findIndex(({ element }) => element === target);
    const to = Math.min(list.items.length - 1, Math.max(0, from + move));
    takeTabStop(list, to);
    list.items[to].element.focus();
    seekStart(list.items[to].start);
  };
}

/* --- the pointer ------------------------------------------------------------------------------------ */

function seekUnder(event) {
  const box = slider.getBoundingClientRect();
  seek(((event.clientX - box.left) / box.width) * data.duration);
}

function onPointerDown(event) {
  if (event.button !== 0) return;
  slider.setPointerCapture(event.pointerId);
  seekUnder(event);
}

function onPointerMove(event) {
  if (slider.hasPointerCapture(event.pointerId)) seekUnder(event);
}

function onListClick(event) {
  const item = event.target.closest("[data-word], [data-line], [data-clip]");
  if (item) seekStart(Number(item.dataset.start));
}

function connect(list) {
  if (!list.box) return;
  list.box.addEventListener("click", onListClick);
  for (const kind of ["wheel", "touchmove", "pointerdown"]) {
    list.box.addEventListener(kind, () => (list.touchedAt = performance.now()), { passive: true });
  }
  takeTabStop(list, 0);
}

// Before the native controls, which would act on some of these keys too.
document.addEventListener("keydown", onKey, { capture: true });
slider.addEventListener("pointerdown", onPointerDown);
slider.addEventListener("pointermove", onPointerMove);
film.addEventListener("play", follow);
for (const kind of ["pause", "seeking", "seeked", "timeupdate", "loadedmetadata"]) film.addEventListener(kind, paint);
connect(strip);
connect(lyrics);
paint();
