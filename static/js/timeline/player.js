/** The song's sound: play from any point, and tell on every screen frame where it is. */

export class Player {
  /** `onTime(seconds)` is called while it plays and after every jump, `onState(isPlaying)` on start and end. */
  constructor(audio, { onTime, onState }) {
    this.audio = audio;
    this.onTime = onTime;
    audio.addEventListener("play", () => { onState(true); this.tick(); });
    audio.addEventListener("pause", () => { onState(false); onTime(this.time); });
    audio.addEventListener("seeked", () => onTime(this.time));
  }

  get time() {
    return this.audio.currentTime;
  }

  get isPlaying() {
    return !this.audio.paused;
  }

  toggle() {
    if (this.isPlaying) this.audio.pause();
    else this.audio.play();
  }

  seek(time) {
    this.audio.currentTime = Math.max(0, Math.min(time, this.audio.duration || time));
    this.onTime(this.time);
  }

  tick() {
    if (!this.isPlaying) return;
    this.onTime(this.time);
    requestAnimationFrame(() => this.tick());
  }
}
