/** The timeline while its sections are drawn. */

import { announce } from "../app.js";
import { Editor } from "./editor.js";
import { listenToBlocks, listenToBorders } from "./pointer.js";
import { Timeline } from "./timeline.js";

export class DrawingTimeline extends Timeline {
  constructor(root, data) {
    super(root, data);
    this.editor = new Editor(this, (shown) => this.showDrawing(shown));
  }

  open() {
    super.open();
    listenToBorders(this.lane, this.parts.frame, this.dragging());
    listenToBlocks(this.lane, this);
    this.parts.lane.addEventListener("focusout", () => this.undoing.settle());
    this.editor.open();
  }

  showDrawing({ drawing, wrong, selected }) {
    Object.assign(this, { drawing, wrong, selected });
    this.show();
  }

  acts() {
    return {
      ...super.acts(),
      split: () => this.cutAtPlayhead(),
      snap: () => this.toggleSnap(),
      divide: () => this.editor.divide(Number(this.parts.count.value)),
      ask: () => this.editor.ask(),
      save: () => this.editor.save(),
    };
  }

  followGrid(oldBeats, newBeats) {
    return this.editor.followGrid(oldBeats, newBeats);
  }

  /** What a drag of a border does. */
  dragging() {
    const { stage, lane, editor } = this;
    const timeline = this;
    return {
      get view() { return stage.view; },
      dragStart: (index) => { editor.dragStart(index); lane.markHeld(index); },
      drag: (time, isFree) => {
        const near = editor.drag(timeline.snapped(time, isFree));
        lane.markHeld(editor.held, near.kind);
        stage.light(near.kind ? near : null, true);
      },
      dragEnd: (isKept) => {
        editor.dragEnd(isKept);
        lane.markHeld(-1);
        stage.light(null);
      },
    };
  }

  /** Move a whole section along: its start snaps, its length stays. */
  slide(index, time, isFree) {
    const near = this.editor.slide(index, this.snapped(time, isFree));
    this.stage.light(near.kind ? near : null, true);
  }

  slideEnd(isKept) {
    this.editor.slideEnd(isKept);
    this.stage.light(null);
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
    this.lane.rename(index, (text, isByKey) => {
      if (text !== null) this.editor.word(index, { label: text.trim() });
      this.undoing.settle();
      if (isByKey) this.lane.focus({ kind: "section", index });
    });
  }

  cut(time, isFree) {
    this.editor.cut(this.snapped(time, isFree).time);
  }

  /** At the playhead itself, or on the beat beside it when snapping is on. */
  cutAtPlayhead() {
    this.cut(this.player.time, false);
  }

  nudge(direction, isByBeat) {
    const { kind, index } = this.lane.current;
    if (kind === "border") this.editor.nudge(index, direction, isByBeat);
    else this.editor.nudgeSection(index, direction, isByBeat);
    this.stage.viewport.show(this.lane.time);
    announce(this.lane.said);
  }

  stepTo(count) {
    super.stepTo(count);
    const { kind, index } = this.lane.current;
    if (kind === "section") this.editor.pick(index);
  }

  /** The label of a section; a border stands for the section that begins there. */
  edit() {
    const { kind, index } = this.lane.current;
    this.rename(kind === "section" ? index : index + 1);
  }

  removeCurrent() {
    const { kind, index } = this.lane.current;
    this.editor.remove(kind === "section" ? index : index + 1);
    this.lane.focus({ kind: "section", index: Math.min(index, this.drawing.sections.length - 1) });
  }

  toggleSnap() {
    this.isSnapping = !this.isSnapping;
    this.parts.snap.setAttribute("aria-pressed", String(this.isSnapping));
    announce(this.isSnapping ? "Borders snap to the beat." : "Borders go anywhere.");
  }
}
