/** The made-up song of the first page: 32 seconds at 120 BPM in four sections. Pure. */

import { scatter } from "./looks.js";

export const SECONDS = 32;
export const BEAT_SECONDS = 0.5;
export const CLIP_BEATS = 4;
export const SECTIONS = [
  { label: "Intro", start: 0, level: 0.35, color: "#62b6f2" },
  { label: "Verse", start: 6, level: 0.6, color: "#e0b64a" },
  { label: "Chorus", start: 14, level: 1, color: "#ff8f6b" },
  { label: "Outro", start: 26, level: 0.45, color: "#b99af5" },
];

export function sectionAt(time) {
  return SECTIONS.findLast((section) => time >= section.start) ?? SECTIONS[0];
}

/** Loudness between 0 and 1: a beat that swells and fades, over some grain. */
export function loudness(time) {
  const beat = 1 - ((time / BEAT_SECONDS) % 1);
  const grain = 0.55 + 0.45 * scatter(Math.floor(time * 40));
  return sectionAt(time).level * grain * (0.4 + 0.6 * beat * beat);
}

/** 1 on the beat, falling to 0 before the next. */
export function pulse(time) {
  return (1 - ((time / BEAT_SECONDS) % 1)) ** 3;
}

export function clipAt(time) {
  return Math.floor(time / (BEAT_SECONDS * CLIP_BEATS));
}
