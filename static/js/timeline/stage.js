/** What is seen of the song: canvases, playhead and lane, painted once a screen frame when something changed. */

import { drawDetail, drawOverview, drawRuler, readColors } from "./draw.js";
import { placeOf } from "./grid.js";
import { Surface } from "./surface.js";
import { follow, liveViewport, resized, whole, xOf, zoom } from "./viewport.js";
import { clock } from "./words.js";

const REFUSAL_MS = 4000;

export class Stage {
  /** `parts`: elements by name; `song`: what it shows; `onPaint(view)` places what lies over the waveform. */
  constructor(parts, song, onPaint) {
    Object.assign(this, { parts, song, onPaint, wave: null, time: 0, isNew: true, colors: readColors() });
    this.surface = new Surface(parts.wave, () => this.onResize());
    this.ruler = new Surface(parts.ruler, () => this.paintSoon());
    this.strip = new Surface(parts.overviewWave, () => this.renew());
    this.view = whole(song.duration, this.surface.width);
    this.viewport = liveViewport(this, (view) => this.setView(view));
    this.edges = [0, song.duration];
    this.tints = [0];
    this.followTheme();
  }

  /** The theme is the system's, or an attribute of the page. */
  followTheme() {
    const read = () => {
      this.colors = readColors();
      this.renew();
    };
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", read);
    new MutationObserver(read).observe(document.documentElement, { attributes: true });
  }

  onResize() {
    this.view = resized(this.view, this.surface.width);
    this.paintSoon();
  }

  setView(view) {
    if (view === this.view) return;
    this.view = view;
    this.paintSoon();
  }

  setSections(edges, tints) {
    Object.assign(this, { edges, tints });
    this.renew();
  }

  setWave(wave) {
    this.wave = wave;
    this.renew();
  }

  zoomAt(factor, time) {
    this.setView(zoom(this.view, factor, time));
  }

  fit() {
    this.setView(whole(this.song.duration, this.view.width));
  }

  /** Paint everything again, also what does not change when one looks elsewhere. */
  renew() {
    this.isNew = true;
    this.paintSoon();
  }

  paintSoon() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      this.paint();
    });
  }

  paint() {
    const { view, song } = this;
    const { edges, tints, wave, colors } = this;
    const scene = { view, edges, tints, wave, colors, grid: song.grid, energy: song.energy, duration: song.duration };
    drawDetail(this.surface, scene);
    drawRuler(this.ruler, scene);
    if (this.isNew) drawOverview(this.strip, scene);
    this.isNew = false;
    this.placeWindow();
    this.placePlayhead();
    this.onPaint(view);
  }

  placeWindow() {
    const { view, parts, strip } = this;
    const scale = strip.width / view.duration;
    parts.window.style.transform = `translateX(${view.start * scale}px)`;
    parts.window.style.width = `${Math.max(6, view.seconds * scale)}px`;
  }

  /** Move the playhead; while the song plays, the view turns the page with it. */
  showTime(time, isPlaying) {
    this.time = time;
    if (isPlaying) this.setView(follow(this.view, time));
    this.placePlayhead();
    const text = clock(time, 1);
    if (this.parts.time.textContent !== text) this.parts.time.textContent = text;
    const place = placeOf(this.song.grid, time);
    if (this.parts.place.textContent !== place) this.parts.place.textContent = place;
  }

  placePlayhead() {
    const { view, time, parts } = this;
    const x = xOf(view, time);
    parts.playhead.style.transform = `translateX(${x}px)`;
    parts.playhead.hidden = x < 0 || x > view.width;
    parts.overviewHead.style.transform = `translateX(${(time / view.duration) * this.strip.width}px)`;
  }

  /** The time under the pointer, or null; `near` = { time, kind } is what a cut there would snap to. */
  hover(time, near) {
    const { hover } = this.parts;
    hover.hidden = time === null || time < 0 || time > this.song.duration;
    if (hover.hidden) return;
    const x = xOf(this.view, time);
    hover.style.transform = `translateX(${x}px)`;
    hover.dataset.time = clock(time);
    hover.toggleAttribute("data-turned", x > this.view.width - 90);
    this.light(near?.kind ? near : null, false);
  }

  /** Say at its place what cannot be done there. */
  refuse(time, sentence) {
    const { refusal } = this.parts;
    const x = Math.max(0, Math.min(xOf(this.view, time), this.view.width));
    clearTimeout(this.refusing);
    refusal.textContent = sentence;
    refusal.hidden = false;
    refusal.style.transform = `translateX(clamp(0px, ${x}px - 50%, ${this.view.width}px - 100%))`;
    this.refusing = setTimeout(() => { refusal.hidden = true; }, REFUSAL_MS);
  }

  /** Light up the beat that something snaps to; null puts it out. */
  light(near, isHeld) {
    const { snapLine } = this.parts;
    if (!snapLine) return;
    snapLine.hidden = !near;
    if (!near) return;
    snapLine.style.transform = `translateX(${xOf(this.view, near.time)}px)`;
    snapLine.dataset.kind = near.kind;
    snapLine.toggleAttribute("data-held", isHeld);
    snapLine.dataset.place = placeOf(this.song.grid, near.time);
  }
}
