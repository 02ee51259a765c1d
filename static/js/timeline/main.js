/** The timeline of a song: sections are drawn here, or looked at once they are saved. */

import { announce, toast } from "../app.js";
import { Editor } from "./editor.js";
import { listenToKeys } from "./keys.js";
import { Lane } from "./lane.js";
import { fromSaved } from "./model.js";
import { fetchPeaks } from "./peaks.js";
import { Player } from "./player.js";
import { listenToBorders, listenToOverview, listenToWave, listenToWheel } from "./pointer.js";
import { neighbor } from "./snap.js";
import { Stage } from "./stage.js";

const root = document.querySelector("[data-timeline]");
const data = JSON.parse(document.getElementById("timeline-data").textContent);

function partsOf(element) {
  const parts = {};
  for (const part of element.querySelectorAll("[data-tl]")) parts[part.dataset.tl] = part;
  return parts;
}

/** What both timelines can do: look around and listen. */
class Timeline {
  constructor() {
    this.parts = partsOf(root);
    this.duration = data.duration;
    this.lane = new Lane(this.parts.lane, { isReadOnly: data.sections.length > 0 });
    this.stage = new Stage(this.parts, data, (view) => this.lane.show(this.drawing, view, this.wrong));
    this.player = new Player(this.parts.audio, {
      onTime: (time) => this.stage.showTime(time, this.player.isPlaying),
      onState: (isPlaying) => this.showState(isPlaying),
    });
    this.drawing = fromSaved(data.duration, data.sections);
    this.wrong = [];
    this.listen();
  }

  listen() {
    const { parts, stage } = this;
    const wave = {
      get view() { return stage.view; },
      setView: (view) => stage.setView(view),
      seek: (time) => this.seek(time),
      cut: (time, isFree) => this.cut(time, isFree),
      hover: (time) => stage.hover(time),
      fit: () => stage.fit(),
      zoomAt: (factor, time) => stage.zoomAt(factor, time),
    };
    listenToWave(parts.wave, parts.ruler, wave);
    listenToWheel(parts.frame, wave);
    listenToOverview(parts.overview, wave);
    parts.lane.addEventListener("click", (event) => this.pickBlock(event));
    parts.lane.addEventListener("dblclick", (event) => this.editBlock(event));
    root.addEventListener("click", (event) => this.press(event));
    listenToKeys(this);
    fetchPeaks(root.dataset.peaks).then((peaks) => stage.setPeaks(peaks), (error) => toast(error.message, "bad"));
  }

  /** Buttons say what they do: <button data-does="undo">. */
  press(event) {
    const does = event.target.closest("[data-does]")?.dataset.does;
    if (does === "play") this.togglePlay();
    else if (does === "zoom-in") this.zoomBy(1.5);
    else if (does === "zoom-out") this.zoomBy(1 / 1.5);
    else if (does === "fit") this.fit();
    return does;
  }

  pickBlock(event) {
    const what = this.lane.whatIs(event.target);
    if (what?.kind === "section" && event.detail === 1) this.seek(this.stage.edges[what.index]);
  }

  editBlock() {}

  cut() {}

  showState(isPlaying) {
    const button = root.querySelector("[data-does='play']");
    button.setAttribute("aria-label", isPlaying ? "Pause" : "Play");
    button.toggleAttribute("data-playing", isPlaying);
  }

  seek(time) {
    this.player.seek(time);
  }

  togglePlay() {
    this.player.toggle();
  }

  jumpBeat(direction) {
    this.seek(neighbor(data.beats, this.player.time, direction));
  }

  jumpBars(direction) {
    this.seek(neighbor(data.downbeats, this.player.time, direction));
  }

  fit() {
    this.stage.fit();
  }

  /** Zoom around the playhead if it is seen, else around the middle. */
  zoomBy(factor) {
    const { view, time = 0 } = this.stage;
    const isSeen = time >= view.start && time <= view.start + view.seconds;
    this.stage.zoomAt(factor, isSeen ? time : view.start + view.seconds / 2);
  }

  help() {
    this.parts.help.showModal();
  }

  isItem(element) {
    return this.lane.whatIs(element) !== null;
  }

  arrow(direction, event) {
    if (event.shiftKey || event.altKey) this.nudge(direction, event.shiftKey);
    else this.lane.step(direction);
  }

  leaveItem() {
    document.activeElement.blur();
  }

  // What only an unsaved drawing can do.
  nudge() {}
  edit() {}
  undo() {}
  redo() {}
  cutAtPlayhead() {}
  toggleSnap() {}
  removeCurrent() {}

  show() {
    this.stage.setEdges([0, ...this.drawing.borders, data.duration]);
  }
}

/** Sections that are not saved yet. */
class DrawingTimeline extends Timeline {
  constructor() {
    super();
    this.editor = new Editor(this.parts, data, root.dataset, (shown) => this.showDrawing(shown));
    listenToBorders(this.lane, this.parts.frame, this.dragging());
    this.parts.lane.addEventListener("focusout", () => this.editor.settle());
    this.editor.open();
  }

  showDrawing({ drawing, wrong }) {
    this.drawing = drawing;
    this.wrong = wrong;
    this.show();
  }

  dragging() {
    const { stage, lane, editor } = this;
    return {
      get view() { return stage.view; },
      dragStart: (index) => { editor.dragStart(index); lane.markHeld(index); },
      drag: (time, isFree) => {
        const kind = editor.drag(time, isFree, stage.view);
        lane.markSnap(editor.held, kind);
      },
      dragEnd: (isKept) => {
        editor.dragEnd(isKept);
        lane.markSnap(-1, null);
        lane.markHeld(-1);
      },
    };
  }

  press(event) {
    const does = super.press(event);
    const acts = { undo: () => this.undo(), redo: () => this.redo(), split: () => this.cutAtPlayhead(), snap: () => this.toggleSnap() };
    acts[does]?.();
    if (does === "divide") this.editor.divide(Number(this.parts.count.value));
    if (does === "ask") this.editor.ask();
    if (does === "save") this.editor.save();
  }

  pickBlock(event) {
    super.pickBlock(event);
    const what = this.lane.whatIs(event.target);
    if (what?.kind === "section") this.editor.pick(what.index);
  }

  editBlock(event) {
    const what = this.lane.whatIs(event.target);
    if (what?.kind === "section") this.rename(what.index);
  }

  rename(index) {
    this.lane.rename(index, (text) => {
      if (text !== null) this.editor.word(index, { label: text.trim() });
      this.editor.settle();
      this.lane.focus({ kind: "section", index });
    });
  }

  cut(time, isFree) {
    this.editor.cut(time, isFree, this.stage.view);
  }

  /** At the playhead itself, or on the beat beside it when snapping is on. */
  cutAtPlayhead() {
    this.cut(this.player.time, false);
  }

  nudge(direction, isByBeat) {
    const { kind, index } = this.lane.current;
    if (kind !== "border") return;
    this.editor.nudge(index, direction, isByBeat);
    announce(this.lane.element(this.lane.current).getAttribute("aria-label"));
  }

  edit() {
    const { kind, index } = this.lane.current;
    if (kind === "section") this.rename(index);
    else this.rename(index + 1);
  }

  removeCurrent() {
    const { kind, index } = this.lane.current;
    if (kind === "section") this.editor.remove(index);
    else this.editor.removeBorder(index);
    this.lane.focus({ kind: "section", index: Math.min(index, this.drawing.sections.length - 1) });
  }

  undo() {
    this.editor.undo();
  }

  redo() {
    this.editor.redo();
  }

  toggleSnap() {
    this.editor.toggleSnap();
  }
}

/** A changed label of a saved section comes back from the server by htmx. */
function takeNewLabel(timeline, event) {
  const row = event.detail.elt.closest?.("[data-section-index]");
  const label = row?.querySelector("[data-section-label]")?.textContent;
  if (!label) return;
  const index = Number(row.dataset.sectionIndex);
  const sections = timeline.drawing.sections.map((old, i) => (i === index ? { ...old, label } : old));
  timeline.drawing = { ...timeline.drawing, sections };
  timeline.show();
}

if (data.sections.length) {
  const timeline = new Timeline();
  timeline.show();
  document.addEventListener("htmx:load", (event) => takeNewLabel(timeline, event));
} else {
  new DrawingTimeline();
}
