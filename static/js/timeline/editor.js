/** The drawing in the making: every change goes through here, is checked, undoable and kept as a draft. */

import { announce, toast } from "../app.js";
import { Draft } from "./draft.js";
import { followed, isOn } from "./grid.js";
import * as model from "./model.js";
import { Rows, errorLine, hintLine } from "./rows.js";
import { send } from "./save.js";
import { evenBorders, nearest, neighbor } from "./snap.js";
import { clock } from "./words.js";

const FINE_SECONDS = 0.01;

export class Editor {
  /** `onShow({ drawing, wrong, selected })` is called after every change. */
  constructor({ parts, song, root, stage, undoing }, onShow) {
    Object.assign(this, { parts, song, stage, undoing, onShow, saveUrl: root.dataset.saveUrl });
    this.selected = 0;
    this.held = -1;
    this.isAsked = false;
    this.refused = null;
    this.present = model.begin(song.duration);
    this.draft = new Draft(song, root.dataset.draftUrl, {
      onState: (sentence) => { parts.kept.textContent = sentence; },
      onOther: (drawing, sentence) => this.takeOther(drawing, sentence),
      onLost: (sentence) => toast(sentence, "bad"),
    });
    this.rows = new Rows(parts.rows, {
      word: (index, words) => this.word(index, words),
      settle: () => undoing.settle(),
      remove: (index) => this.remove(index),
      pick: (index) => this.pick(index),
    });
  }

  /** What is shown: while something is dragged, where it would go. */
  get drawing() {
    return this.preview ?? this.present;
  }

  /** Begin with the draft of an earlier visit, if there is one; an older one is one undo away. */
  open() {
    const { newest, other, sentence } = this.draft.restore();
    if (newest) this.present = other ?? newest;
    if (other) this.commit(newest, "the newer drawing", null, { isKept: true });
    if (newest?.borders.length) toast(sentence);
    this.show();
  }

  show() {
    const { drawing, selected } = this;
    const { overall, sections } = model.problems(drawing);
    const lines = this.refused?.map(errorLine) ?? overall.map(this.isAsked ? errorLine : hintLine);
    this.parts.overall.replaceChildren(...lines);
    this.rows.show(drawing, sections, selected);
    this.onShow({ drawing, wrong: sections, selected });
  }

  /** Take a new drawing as one step that can be undone; false when nothing has changed. */
  commit(drawing, label, gesture = null, { isKept = false } = {}) {
    const before = this.present;
    if (drawing === before) return false;
    this.set(drawing, isKept);
    this.undoing.push({ label, undo: () => this.set(before), redo: () => this.set(drawing) }, gesture);
    return true;
  }

  set(drawing, isKept = false) {
    this.present = drawing;
    this.refused = null;
    this.selected = Math.min(this.selected, drawing.sections.length - 1);
    if (!isKept) this.draft.keep(drawing);
    this.show();
  }

  /** A newer drawing came from another window or device. */
  takeOther(drawing, sentence) {
    if (this.commit(drawing, "what was drawn elsewhere", null, { isKept: true })) toast(sentence);
  }

  /** Borders that sat on a beat go to the nearest of the new beats; what undoes and redoes that. */
  followGrid(oldBeats, newBeats) {
    const before = this.present;
    const after = model.movedBorders(before, followed(before.borders, oldBeats, newBeats));
    if (after !== before) this.set(after);
    return { undo: () => this.set(before), redo: () => this.set(after) };
  }

  word(index, words) {
    const [name] = Object.keys(words);
    this.commit(model.reword(this.drawing, index, words), `the ${name} of section ${index + 1}`, `${name} ${index}`);
  }

  pick(index) {
    if (this.selected === index) return;
    this.selected = index;
    this.show();
  }

  cut(time) {
    const why = model.whyNotSplit(this.drawing, time);
    if (why) {
      this.refuse(time, why);
      return;
    }
    this.selected = model.sectionAt(this.drawing, time) + 1;
    this.commit(model.split(this.drawing, time), `cut at ${clock(time)}`);
    announce(`Cut at ${clock(time)}. ${this.drawing.sections.length} sections.`);
  }

  refuse(time, sentence) {
    this.stage.refuse(time, sentence);
    announce(sentence);
  }

  divide(count) {
    const borders = evenBorders(this.song.duration, count, this.song.grid.downbeats);
    this.commit(model.withBorders(this.drawing, borders), `divide into ${count}`);
    announce(`Divided into ${count} sections, on downbeats. Move the borders as you like.`);
  }

  remove(index) {
    const { label } = this.drawing.sections[index];
    if (!this.commit(model.remove(this.drawing, index), `delete ${label || "a section"}`)) return;
    announce(`Deleted. ${this.drawing.sections.length} sections are left.`);
  }

  // --- dragging: shown at once, one step when it is let go ---------------------------------------

  dragStart(index) {
    this.undoing.settle();
    this.held = index;
  }

  /** Show where the border would go; returns where it went, { time, kind }. */
  drag(near) {
    this.preview = model.moveBorder(this.present, this.held, near.time);
    this.show();
    const { [this.held]: time } = this.preview.borders;
    return { time, kind: time === near.time ? near.kind : null };
  }

  dragEnd(isKept) {
    this.letGo(isKept, "move a border");
    this.held = -1;
  }

  /** Show where a section would go if it began at `near`. */
  slide(index, near) {
    this.preview = this.slid(index, near.time, near.kind !== null);
    this.show();
    const { start } = model.span(this.preview, index);
    return { time: start, kind: start === near.time ? near.kind : null };
  }

  slideEnd(isKept) {
    this.letGo(isKept, "move a section");
  }

  letGo(isKept, label) {
    const moved = this.preview;
    this.preview = null;
    if (!moved || !isKept || !this.commit(moved, label)) this.show();
  }

  /** An end that sits on a beat goes on sitting on one when its start does. */
  slid(index, start, isOnBeat) {
    const { beats } = this.song.grid;
    const old = model.span(this.present, index);
    const end = old.end + start - old.start;
    const isFit = isOnBeat && isOn(beats, old.end);
    return model.placeSection(this.present, index, start, isFit ? nearest(beats, end) : end);
  }

  // --- by key -------------------------------------------------------------------------------------

  nudge(index, direction, isByBeat) {
    const time = this.drawing.borders[index];
    this.commit(model.moveBorder(this.drawing, index, this.beside(time, direction, isByBeat)), "move a border", `nudge ${index}`);
  }

  nudgeSection(index, direction, isByBeat) {
    const start = this.beside(model.span(this.drawing, index).start, direction, isByBeat);
    this.commit(this.slid(index, start, isByBeat), "move a section", `slide ${index}`);
  }

  beside(time, direction, isByBeat) {
    return isByBeat ? neighbor(this.song.grid.beats, time, direction) : time + direction * FINE_SECONDS;
  }

  // --- saving -------------------------------------------------------------------------------------

  /** Before saving, say that the times are final; first of all, that something is wrong. */
  ask() {
    const found = model.problems(this.drawing);
    if (model.isFine(found)) {
      this.parts.confirm.showModal();
      return;
    }
    this.isAsked = true;
    this.show();
    announce([...found.overall, ...found.sections.flat()][0]);
    if (found.overall.length) this.parts.overall.focus();
    else this.rows.focusFirstWrong();
  }

  async save() {
    const button = this.parts.save;
    button.setAttribute("data-busy", "");
    this.draft.hold();
    const { url, sentence, errors } = await send(this.saveUrl, this.drawing);
    if (url) {
      this.draft.forget();
      window.location.assign(url);
      return;
    }
    button.removeAttribute("data-busy");
    this.draft.release();
    this.parts.confirm.close();
    const at = Object.values(errors.sections ?? []).flat();
    this.refused = [...(errors.overall ?? []), ...at];
    if (!this.refused.length) this.refused = [sentence];
    this.show();
    this.parts.overall.focus();
  }
}
