/** What every timeline can do, drawn or saved: look around, listen, and undo what other modules did. */

import { toast } from "../app.js";
import { write } from "./attributes.js";
import { listenToKeys } from "./keys.js";
import { Lane } from "./lane.js";
import { Layers } from "./layers.js";
import { fromSaved } from "./model.js";
import { fetchWave } from "./peaks.js";
import { Player } from "./player.js";
import { listenToOverview, listenToWave, listenToWheel } from "./pointer.js";
import { neighbor, snap } from "./snap.js";
import { Stage } from "./stage.js";
import { tintsOf } from "./tints.js";
import { Undo } from "./undo.js";
import { secondsPerPixel } from "./viewport.js";

const ZOOM_FACTOR = 1.5;
const PAN_SHARE = 0.25;

/** Do something here and on the server; here it is taken back when the server refuses. */
async function together(here, there, back) {
  here();
  try {
    await there();
  } catch (error) {
    back();
    throw error;
  }
}

function partsOf(element) {
  const parts = {};
  for (const part of element.querySelectorAll("[data-tl]")) parts[part.dataset.tl] = part;
  return parts;
}

export class Timeline {
  constructor(root, data) {
    const { bpm, beats, downbeats, beatsPerBar, ...rest } = data;
    this.root = root;
    this.parts = partsOf(root);
    this.song = { ...rest, grid: { bpm, beats, downbeats, beatsPerBar } };
    this.duration = data.duration;
    this.drawing = fromSaved(data.duration, data.sections);
    this.wrong = [];
    this.selected = -1;
    this.keys = new Map();
    this.isSnapping = true;
    this.undoing = new Undo(() => this.showUndo());
    this.lane = new Lane(this.parts.lane, { isReadOnly: data.sections.length > 0 });
    this.stage = new Stage(this.parts, this.song, { onPaint: (view) => this.painted(view), onTheme: () => this.layers.renew() });
    this.layers = new Layers(this.parts.layers, this.parts.wave, this.stage.viewport, () => this.stage.paintSoon());
    this.player = new Player(this.parts.audio, this.song, (isPlaying) => this.showState(isPlaying));
    this.player.listen((time) => this.stage.showTime(time, this.player.isPlaying));
  }

  /** Show it, and begin to listen. */
  open() {
    this.listen();
    this.show();
    this.stage.showTime(0, false);
    fetchWave(this.root.dataset.peaks).then((wave) => this.stage.setWave(wave), (error) => toast(error.message, "bad"));
    document.addEventListener("htmx:load", (event) => this.takeNewLabel(event.detail.elt));
  }

  listen() {
    const { parts } = this;
    listenToWave(parts.wave, parts.ruler, this);
    listenToWheel(parts.frame, this);
    listenToOverview(parts.overview, this);
    parts.lane.addEventListener("click", (event) => this.pickBlock(event));
    parts.lane.addEventListener("dblclick", (event) => this.editBlock(event));
    this.root.addEventListener("click", (event) => this.press(event));
    listenToKeys(this);
  }

  /** Buttons say what they do: <button data-does="undo">. */
  press(event) {
    const acts = this.acts();
    acts[event.target.closest("[data-does]")?.dataset.does]?.();
  }

  acts() {
    return {
      play: () => this.togglePlay(),
      click: () => this.toggleClicks(),
      "zoom-in": () => this.zoomBy(1),
      "zoom-out": () => this.zoomBy(-1),
      fit: () => this.fit(),
      undo: () => this.undo(),
      redo: () => this.redo(),
    };
  }

  show() {
    const tints = tintsOf(this.drawing.sections);
    const edges = [0, ...this.drawing.borders, this.duration];
    this.lane.show(this.drawing, this.wrong, tints, this.selected);
    this.stage.setSections(edges, tints);
    for (const swatch of this.root.querySelectorAll("[data-section-index] [data-section-color]")) {
      write(swatch, { "data-section-color": tints[swatch.closest("[data-section-index]").dataset.sectionIndex] });
    }
    const labels = this.drawing.sections.map(({ label }) => label);
    this.root.dispatchEvent(new CustomEvent("timeline:sections", { detail: { edges, labels } }));
  }

  painted(view) {
    this.lane.place(view);
    this.layers.paint();
  }

  // --- looking ---------------------------------------------------------------------------------

  get view() {
    return this.stage.view;
  }

  setView(view) {
    this.stage.setView(view);
  }

  fit() {
    this.stage.fit();
  }

  zoomAt(factor, time) {
    this.stage.zoomAt(factor, time);
  }

  /** Zoom around the playhead if it is seen, else around the middle. */
  zoomBy(steps) {
    const { view, time } = this.stage;
    const isSeen = time >= view.start && time <= view.start + view.seconds;
    this.zoomAt(ZOOM_FACTOR ** steps, isSeen ? time : view.start + view.seconds / 2);
  }

  /** Scroll by a quarter of what is seen. */
  panBy(direction) {
    const { view } = this;
    const start = view.start + direction * PAN_SHARE * view.seconds;
    this.setView({ ...view, start: Math.min(Math.max(0, start), view.duration - view.seconds) });
  }

  hover(time, isFree) {
    this.stage.hover(time, time === null ? null : this.snapped(time, isFree));
    if (time === null) this.stage.light(null);
  }

  /** Where a time goes when it is let go: { time, kind }. */
  snapped(time, isFree) {
    if (!this.isSnapping || isFree) return { time, kind: null };
    return snap(time, this.song.grid, secondsPerPixel(this.view));
  }

  // --- hearing ---------------------------------------------------------------------------------

  showState(isPlaying) {
    const button = this.root.querySelector("[data-does='play']");
    button.setAttribute("aria-label", isPlaying ? "Pause" : "Play");
    button.toggleAttribute("data-playing", isPlaying);
  }

  seek(time) {
    this.player.seek(time);
  }

  togglePlay() {
    this.player.toggle();
  }

  async toggleClicks() {
    const button = this.parts.click;
    if (button.hasAttribute("data-busy")) return;
    button.setAttribute("data-busy", "");
    try {
      await this.player.setClicks(!this.player.hasClicks);
    } catch (error) {
      toast(error.message, "bad");
    }
    button.removeAttribute("data-busy");
    button.setAttribute("aria-pressed", String(this.player.hasClicks));
  }

  jumpBeat(direction) {
    this.jumpTo(neighbor(this.song.grid.beats, this.player.time, direction));
  }

  jumpBars(direction) {
    this.jumpTo(neighbor(this.song.grid.downbeats, this.player.time, direction));
  }

  jumpTo(time) {
    this.seek(time);
    this.stage.viewport.show(time);
  }

  /** A new grid, from another module; see the head of main.js. */
  takeGrid({ bpm, beats, downbeats, beatsPerBar, label, undo, redo }) {
    const old = { ...this.song.grid };
    const fresh = { bpm, beats, downbeats, beatsPerBar: beatsPerBar ?? old.beatsPerBar };
    const take = (grid) => {
      Object.assign(this.song.grid, grid);
      this.player.takeGrid();
      this.stage.renew();
    };
    take(fresh);
    const borders = this.followGrid(old.beats, beats);
    if (!undo || this.undoing.isTravelling) return;
    const [back, forth] = [() => { take(old); borders.undo(); }, () => { take(fresh); borders.redo(); }];
    this.undoing.push({ label, undo: () => together(back, undo, forth), redo: () => together(forth, redo, back) });
  }

  /** Nothing moves once sections are saved. */
  followGrid() {
    return { undo: () => {}, redo: () => {} };
  }

  // --- sections --------------------------------------------------------------------------------

  pickBlock(event) {
    const what = this.lane.whatIs(event.target);
    if (what?.kind === "section" && event.detail === 1) this.seek(this.stage.edges[what.index]);
  }

  /** A changed label of a saved section comes back from the server by htmx. */
  takeNewLabel(element) {
    const row = element.closest?.("[data-section-index]");
    const label = row?.querySelector("[data-section-label]")?.textContent;
    if (!label) return;
    const index = Number(row.dataset.sectionIndex);
    const sections = this.drawing.sections.map((old, i) => (i === index ? { ...old, label } : old));
    this.drawing = { ...this.drawing, sections };
    this.show();
  }

  isItem(element) {
    return this.lane.whatIs(element) !== null;
  }

  /** Plain arrows move between cells, with Shift or Alt they move the cell itself. */
  arrow(direction, event) {
    if (event.shiftKey || event.altKey) this.nudge(direction, event.shiftKey);
    else this.stepTo(direction);
  }

  stepTo(count) {
    this.lane.step(count);
    this.stage.viewport.show(this.lane.time);
  }

  leaveItem() {
    document.activeElement.blur();
  }

  /** Enter on a cell that cannot be edited plays from there. */
  edit() {
    this.jumpTo(this.lane.time);
  }

  undo() {
    return this.undoing.undo();
  }

  redo() {
    return this.undoing.redo();
  }

  showUndo() {
    const { labels } = this.undoing;
    for (const [name, keys] of [["undo", "Ctrl+Z"], ["redo", "Ctrl+Shift+Z"]]) {
      const button = this.parts[name];
      const word = name === "undo" ? "Undo" : "Redo";
      button.disabled = !labels[name];
      button.title = labels[name] ? `${word}: ${labels[name]} (${keys})` : `${word} (${keys})`;
    }
  }

  help() {
    this.parts.help.showModal();
  }

  // What only an unsaved drawing can do.
  cut() {}
  editBlock() {}
  nudge() {}
  cutAtPlayhead() {}
  toggleSnap() {}
  removeCurrent() {}
}
