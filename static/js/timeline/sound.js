/**
 * Two ways to let a song sound: `Streamed` begins at once and loads while it plays; `Decoded` has the whole
 * song in memory and plays it by the clock of the sound card, so that clicks can lie exactly on its beats.
 * Both: time (seconds), isPlaying, play(), pause(), seek(seconds).
 */

import { goOnByItself, play } from "../patience.js";
import { Metronome } from "./metronome.js";

// Time for the context to set both the song and its first click.
const LEAD_SECONDS = 0.06;

export class Streamed {
  constructor(audio, onState) {
    this.audio = audio;
    goOnByItself(audio);
    audio.addEventListener("play", () => onState());
    audio.addEventListener("pause", () => onState());
    audio.addEventListener("seeked", () => onState());
  }

  get time() {
    return this.audio.currentTime;
  }

  get isPlaying() {
    return !this.audio.paused;
  }

  play() {
    return play(this.audio);
  }

  pause() {
    this.audio.pause();
  }

  seek(seconds) {
    this.audio.currentTime = seconds;
  }
}

export class Decoded {
  /** Fetch and decode a whole song. Rejects with an Error whose message is for the user. */
  static async load(url, grid, onState) {
    const context = new AudioContext();
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(String(answer.status));
      return new Decoded(context, await context.decodeAudioData(await answer.arrayBuffer()), grid, onState);
    } catch (cause) {
      context.close();
      throw new Error("The click track could not be made: the song could not be loaded. Please try again.", { cause });
    }
  }

  constructor(context, buffer, grid, onState) {
    Object.assign(this, { context, buffer, onState, offset: 0, source: null });
    this.metronome = new Metronome(context, grid);
  }

  /** What is heard now: the sound card is a little behind its own clock. */
  get time() {
    if (!this.source) return this.offset;
    const heard = this.context.currentTime - this.startedAt - (this.context.outputLatency || 0);
    return Math.min(this.buffer.duration, this.offset + Math.max(0, heard));
  }

  get isPlaying() {
    return this.source !== null;
  }

  async play() {
    if (this.source) return;
    if (this.offset >= this.buffer.duration) this.offset = 0;
    await this.context.resume();
    this.begin();
    this.onState();
  }

  begin() {
    this.startedAt = this.context.currentTime + LEAD_SECONDS;
    this.source = this.context.createBufferSource();
    this.source.buffer = this.buffer;
    this.source.connect(this.context.destination);
    this.source.onended = () => this.end();
    this.source.start(this.startedAt, this.offset);
    this.metronome.begin(this.startedAt, this.offset);
  }

  pause() {
    if (!this.source) return;
    this.halt();
    this.onState();
  }

  /** All of it has been set to sound, though the sound card is a little behind: Play begins anew. */
  end() {
    this.halt();
    this.offset = this.buffer.duration;
    this.onState();
  }

  halt() {
    this.offset = this.time;
    this.source.onended = null;
    this.source.stop();
    this.source.disconnect();
    this.source = null;
    this.metronome.end();
  }

  seek(seconds) {
    const { isPlaying } = this;
    if (isPlaying) this.halt();
    this.offset = Math.min(seconds, this.buffer.duration);
    if (isPlaying) this.begin();
  }

  /** The grid has changed: what is set already is taken back and set anew. */
  resetClicks() {
    if (!this.source) return;
    const now = Math.max(this.context.currentTime, this.startedAt);
    this.metronome.begin(now, this.offset + now - this.startedAt);
  }

  close() {
    if (this.source) this.halt();
    this.context.close();
  }
}
