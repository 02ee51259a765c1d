/** What is seen of the song: canvases, playhead and lane, painted once a screen frame when something changed. */

import { drawDetail, drawOverview, drawRuler, readColors } from "./draw.js";
import { placeOf } from "./grid.js";
import { Surface } from "./surface.js";
import { Tiles } from "./tiles.js";
import { follow, liveViewport, resized, whole, xOf, zoom } from "./viewport.js";
import { clock } from "./words.js";

const REFUSAL_MS = 4000;
const NARROWEST_WINDOW_PIXELS = 6;
const NOTHING = [Infinity, -Infinity];

export class Stage {
  /**
   * `parts`: elements by name; `song`: what it shows; `onPaint(view)` places what lies over the waveform,
   * `onTheme()` is called when there are other colors.
   */
  constructor(parts, song, { onPaint, onTheme }) {
    Object.assign(this, { parts, song, onPaint, onTheme, wave: null, time: 0, renewed: NOTHING, colors: readColors() });
    this.detail = this.tiled(parts.wave, drawDetail, () => this.onResize(), { alpha: false });
    this.ruler = this.tiled(parts.ruler, drawRuler, () => this.paintSoon());
    this.strip = new Surface(parts.overviewWave, () => this.renew());
    this.view = whole(song.duration, this.detail.width);
    this.viewport = liveViewport(this, (view) => this.setView(view));
    this.edges = [0, song.duration];
    this.tints = [0];
    this.followTheme();
    this.followScreen();
  }

  tiled(host, draw, onResize, settings) {
    return new Tiles(host, (context, view, ratio) => draw(context, this.sceneOf(view), ratio), onResize, settings);
  }

  /** The theme is the system's, or an attribute of the page. */
  followTheme() {
    const read = () => {
      this.colors = readColors();
      this.onTheme();
      this.renew();
    };
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", read);
    new MutationObserver(read).observe(document.documentElement, { attributes: true });
  }

  /** The same window may come onto a screen with finer pixels. */
  followScreen() {
    const same = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    same.addEventListener("change", () => {
      this.renew();
      this.followScreen();
    }, { once: true });
  }

  onResize() {
    this.view = resized(this.view, this.detail.width);
    this.paintSoon();
  }

  setView(view) {
    if (view === this.view) return;
    this.view = view;
    this.paintSoon();
  }

  setSections(edges, tints) {
    const changed = recolored(this, { edges, tints });
    Object.assign(this, { edges, tints });
    if (changed) this.renewDetail(...changed);
    this.paintSoon();
  }

  /** Paint the waveforms anew between two times; the next frame shows it. */
  renewDetail(from, to) {
    this.detail.renew(from, to);
    this.renewed = [Math.min(from, this.renewed[0]), Math.max(to, this.renewed[1])];
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
    this.ruler.renew();
    this.renewDetail(0, this.song.duration);
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

  sceneOf(view) {
    const { edges, tints, wave, colors, song } = this;
    return { view, edges, tints, wave, colors, grid: song.grid, energy: song.energy, duration: song.duration };
  }

  paint() {
    const { view, detail, ruler, strip, renewed: [from, to] } = this;
    if (from < to) drawOverview(strip, this.sceneOf(view), from, to);
    this.renewed = NOTHING;
    detail.show(view);
    ruler.show(view);
    this.placeWindow();
    this.placePlayhead();
    this.onPaint(view);
  }

  placeWindow() {
    const { view, parts, strip } = this;
    const scale = strip.width / view.duration;
    const left = view.start * scale;
    const width = Math.max(NARROWEST_WINDOW_PIXELS, view.seconds * scale);
    parts.window.style.transform = `translateX(${left}px)`;
    parts.window.style.width = `${width}px`;
    parts.shadeBefore.style.transform = `translateX(${left - strip.width}px)`;
    parts.shadeAfter.style.transform = `translateX(${left + width}px)`;
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

/** From when to when the colors of the sections are others than before; null when nowhere. */
function recolored(old, { edges, tints }) {
  if (String(old.tints) !== String(tints)) return [0, edges.at(-1)];
  const moved = [...edges, ...old.edges].filter((time) => !edges.includes(time) || !old.edges.includes(time));
  return moved.length ? [Math.min(...moved), Math.max(...moved)] : null;
}
