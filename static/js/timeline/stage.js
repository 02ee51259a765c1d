/** What is seen of the song: canvases, playhead and lane, painted once a screen frame when something changed. */

import { drawDetail, drawOverview, drawRuler, readColors } from "./draw.js";
import { follow, resized, whole, xOf, zoom } from "./viewport.js";
import { clock } from "./words.js";

export class Stage {
  /** `parts`: elements by name; `data`: the song; `onPaint(view)` places the lane. */
  constructor(parts, data, onPaint) {
    Object.assign(this, { parts, data, onPaint, peaks: null, colors: readColors() });
    this.view = whole(data.duration, Math.max(1, parts.wave.clientWidth));
    this.edges = [0, data.duration];
    new ResizeObserver(() => this.onResize()).observe(parts.frame);
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => {
      this.colors = readColors();
      this.paintSoon();
    });
  }

  onResize() {
    this.view = resized(this.view, Math.max(1, this.parts.wave.clientWidth));
    this.paintSoon();
  }

  setView(view) {
    this.view = view;
    this.paintSoon();
  }

  setEdges(edges) {
    this.edges = edges;
    this.paintSoon();
  }

  setPeaks(peaks) {
    this.peaks = peaks;
    this.paintSoon();
  }

  zoomAt(factor, time) {
    this.setView(zoom(this.view, factor, time));
  }

  fit() {
    this.setView(whole(this.data.duration, this.view.width));
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
    const { parts, view, edges, peaks, colors, data } = this;
    const grid = { beats: data.beats, downbeats: data.downbeats };
    drawDetail(parts.wave, { view, edges, peaks, colors, grid, energy: data.energy });
    drawRuler(parts.ruler, { view, colors });
    drawOverview(parts.overviewWave, { duration: data.duration, edges, peaks, colors });
    parts.window.style.left = `${(100 * view.start) / data.duration}%`;
    parts.window.style.width = `${(100 * view.seconds) / data.duration}%`;
    this.placePlayhead();
    this.onPaint(view);
  }

  /** Move the playhead; while the song plays, the view turns the page with it. */
  showTime(time, isPlaying) {
    this.time = time;
    const view = isPlaying ? follow(this.view, time) : this.view;
    if (view !== this.view) this.setView(view);
    this.placePlayhead();
    this.parts.time.textContent = clock(time, 1);
  }

  placePlayhead() {
    const time = this.time ?? 0;
    const x = xOf(this.view, time);
    this.parts.playhead.style.transform = `translateX(${x}px)`;
    this.parts.playhead.hidden = x < 0 || x > this.view.width;
    this.parts.overviewHead.style.left = `${(100 * time) / this.data.duration}%`;
  }

  hover(time) {
    const { hover } = this.parts;
    hover.hidden = time === null || time < 0 || time > this.data.duration;
    if (hover.hidden) return;
    hover.style.transform = `translateX(${xOf(this.view, time)}px)`;
    hover.dataset.time = clock(time);
  }
}
