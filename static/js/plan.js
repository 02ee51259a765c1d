/**
 * The plan's timeline: the waveform between sections and clips, and listening to one clip.
 *
 * Markup   canvas#wave with data-peaks, line#wave-head, audio#song,
 *          button[data-listen] with data-start and data-end in seconds.
 */

import { goOnByItself, play } from "./patience.js";

const song = document.getElementById("song");
const NOTHING = { start: 0, end: 0 };

let peaks = null;
let heard = NOTHING;

/* --- the waveform ------------------------------------------------------------------------------- */

async function load() {
  const wave = document.getElementById("wave");
  if (!wave || peaks) return;
  const answer = await fetch(wave.dataset.peaks);
  if (!answer.ok) return;
  peaks = await answer.json();
  draw();
}

/** The loudest peak of the stretch of the song that each bar stands for, -1..1 becoming 0..1. */
function heights(bars) {
  const count = peaks.max.length;
  return Array.from({ length: bars }, (_, i) => {
    const from = Math.floor((i * count) / bars);
    const to = Math.max(from + 1, Math.floor(((i + 1) * count) / bars));
    let top = 0;
    for (let at = from; at < to; at += 1) top = Math.max(top, peaks.max[at], -peaks.min[at]);
    return top / 128;
  });
}

function draw() {
  const wave = document.getElementById("wave");
  if (!wave || !peaks) return;
  const scale = window.devicePixelRatio || 1;
  wave.width = Math.round(wave.clientWidth * scale);
  wave.height = Math.round(wave.clientHeight * scale);
  const pen = wave.getContext("2d");
  pen.fillStyle = getComputedStyle(wave).color;
  const step = 3 * scale;
  const bars = Math.floor(wave.width / step);
  heights(bars).forEach((height, i) => {
    const length = Math.max(scale, height * (wave.height - 6 * scale));
    pen.fillRect(i * step, (wave.height - length) / 2, 2 * scale, length);
  });
}

/* --- listening ------------------------------------------------------------------------------------- */

function listen(button) {
  const wanted = { start: Number(button.dataset.start), end: Number(button.dataset.end) };
  const isSame = wanted.start === heard.start && !song.paused;
  if (isSame) return song.pause();
  heard = wanted;
  song.currentTime = wanted.start;
  play(song);
}

function follow() {
  if (song.currentTime >= heard.end && heard.end) song.pause();
  mark();
  if (!song.paused) requestAnimationFrame(follow);
}

function mark() {
  for (const button of document.querySelectorAll("[data-listen]")) {
    const isHeard = !song.paused && Number(button.dataset.start) === heard.start;
    if (button.getAttribute("aria-pressed") !== String(isHeard)) button.setAttribute("aria-pressed", String(isHeard));
  }
  const head = document.getElementById("wave-head");
  if (!head || !song.duration) return;
  const share = `${(100 * song.currentTime) / song.duration}%`;
  head.setAttribute("x1", share);
  head.setAttribute("x2", share);
  head.classList.toggle("is-shown", heard.end > 0);
}

function show() {
  for (const button of document.querySelectorAll("[data-listen]")) button.hidden = false;
  load();
  draw();
  mark();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-listen]");
  if (button) listen(button);
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "plan") show();
});
goOnByItself(song);
song.addEventListener("play", follow);
song.addEventListener("pause", mark);
window.addEventListener("resize", draw);
show();
