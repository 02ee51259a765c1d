/** The click track: every beat is set in the clock of the sound card, ahead of time, to the sample. */

import { clicksBetween } from "./grid.js";

// A hidden page is woken once a second: what lies further ahead than that is always set already.
const AHEAD_SECONDS = 1.5;
const LOOK_MS = 50;
const CLICK_SECONDS = 0.05;
const PITCHES_HZ = { downbeat: 1760, beat: 1175 };
const LOUDNESS = { downbeat: 0.6, beat: 0.4 };

export class Metronome {
  constructor(context, grid) {
    Object.assign(this, { context, grid, timer: 0 });
  }

  /** The song has been set to play: its time `offset` is heard at `startedAt` of the context's clock. */
  begin(startedAt, offset) {
    this.end();
    this.zero = startedAt - offset;
    this.next = offset;
    this.out = this.context.createGain();
    this.out.connect(this.context.destination);
    this.timer = setInterval(() => this.setClicks(), LOOK_MS);
    this.setClicks();
  }

  setClicks() {
    const until = this.context.currentTime - this.zero + AHEAD_SECONDS;
    for (const { time, isDownbeat } of clicksBetween(this.grid, this.next, until)) {
      this.click(this.zero + time, isDownbeat ? "downbeat" : "beat");
    }
    this.next = Math.max(this.next, until);
  }

  click(when, kind) {
    const tone = this.context.createOscillator();
    const loudness = this.context.createGain();
    tone.frequency.value = PITCHES_HZ[kind];
    loudness.gain.setValueAtTime(LOUDNESS[kind], when);
    loudness.gain.exponentialRampToValueAtTime(0.001, when + CLICK_SECONDS);
    tone.connect(loudness).connect(this.out);
    tone.start(when);
    tone.stop(when + CLICK_SECONDS);
  }

  /** Silence, also for what is set already. */
  end() {
    clearInterval(this.timer);
    this.out?.disconnect();
    this.out = null;
  }
}
