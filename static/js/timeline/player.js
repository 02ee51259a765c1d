/** Hearing the song: play from any point, with clicks on its beats or without, and tell where it is. */

import { Decoded, Streamed } from "./sound.js";

export class Player {
  /** `onState(isPlaying)` is called when playing starts and ends. */
  constructor(audio, { duration, grid }, onState) {
    Object.assign(this, { audio, duration, grid, onState, listeners: new Set(), isTicking: false });
    this.streamed = new Streamed(audio, () => this.changed(this.streamed));
    this.sound = this.streamed;
  }

  get time() {
    return Math.min(this.sound.time, this.duration);
  }

  get isPlaying() {
    return this.sound.isPlaying;
  }

  get hasClicks() {
    return this.sound !== this.streamed;
  }

  /** Call `listener(seconds)` on every frame while it plays, and after every jump; returns what ends it. */
  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  play() {
    return this.sound.play();
  }

  pause() {
    this.sound.pause();
  }

  toggle() {
    return this.isPlaying ? this.pause() : this.play();
  }

  seek(seconds) {
    this.sound.seek(Math.max(0, Math.min(seconds, this.duration)));
    this.tell();
  }

  /** Switch the clicks; the song goes on where it is. Rejects when the song cannot be decoded. */
  async setClicks(isOn) {
    if (isOn === this.hasClicks) return;
    const next = isOn ? await Decoded.load(this.audio.src, this.grid, () => this.changed(next)) : this.streamed;
    const old = this.sound;
    const { time, isPlaying } = old;
    old.pause();
    this.sound = next;
    next.seek(time);
    if (isPlaying) await next.play();
    old.close?.();
  }

  /** The beats have changed. */
  takeGrid() {
    if (this.hasClicks) this.sound.resetClicks();
  }

  changed(sound) {
    if (sound !== this.sound) return;
    this.onState(this.isPlaying);
    this.tell();
    if (!this.isTicking) this.tick();
  }

  tick() {
    this.isTicking = this.isPlaying;
    if (!this.isTicking) return;
    this.tell();
    requestAnimationFrame(() => this.tick());
  }

  tell() {
    const { time } = this;
    for (const listener of this.listeners) listener(time);
  }
}
