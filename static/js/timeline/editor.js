/** The drawing in the making: every change goes through here, is checked, undoable and kept as a draft. */

import { announce, toast } from "../app.js";
import * as draft from "./draft.js";
import * as history from "./history.js";
import * as model from "./model.js";
import { Rows, errorLine, hintLine } from "./rows.js";
import { send } from "./save.js";
import { evenBorders, neighbor, snap } from "./snap.js";
import { secondsPerPixel } from "./viewport.js";
import { clock } from "./words.js";

const FINE_SECONDS = 0.01;

export class Editor {
  /** `onShow({ drawing, wrong })` is called after every change. */
  constructor(parts, data, { songId, saveUrl }, onShow) {
    Object.assign(this, { parts, data, songId, saveUrl, onShow });
    this.isSnapping = true;
    this.selected = 0;
    this.held = -1;
    this.isAsked = false;
    this.refused = null;
    this.history = history.start(model.begin(data.duration));
    this.rows = new Rows(parts.rows, {
      word: (index, words) => this.word(index, words),
      settle: () => this.settle(),
      remove: (index) => this.remove(index),
      pick: (index) => this.pick(index),
    });
  }

  get drawing() {
    return this.preview ?? this.history.present;
  }

  /** Begin with the draft of an earlier visit, if there is one. */
  open() {
    const kept = draft.load(this.songId, this.data.duration);
    if (kept) {
      this.history = history.start(kept);
      if (kept.borders.length) toast("Your unsaved sections are back.");
    }
    this.show();
  }

  show() {
    const { drawing } = this;
    const { overall, sections } = model.problems(drawing);
    const lines = this.refused?.map(errorLine) ?? overall.map(this.isAsked ? errorLine : hintLine);
    this.parts.overall.replaceChildren(...lines);
    this.rows.show(drawing, sections, this.selected);
    this.showButtons();
    this.onShow({ drawing, wrong: sections });
  }

  showButtons() {
    const { undo, redo, snap: magnet } = this.parts;
    undo.disabled = !this.history.past.length;
    redo.disabled = !this.history.future.length;
    magnet.setAttribute("aria-pressed", String(this.isSnapping));
  }

  commit(drawing, gesture = null) {
    const before = this.history;
    this.history = history.commit(before, drawing, gesture);
    if (this.history === before) return false;
    this.refused = null;
    draft.keep(this.songId, drawing);
    this.show();
    return true;
  }

  settle() {
    this.history = history.settle(this.history);
  }

  undo() {
    this.travel(history.undo(this.history), "Undone.");
  }

  redo() {
    this.travel(history.redo(this.history), "Done again.");
  }

  travel(to, sentence) {
    if (to === this.history) return;
    this.history = to;
    draft.keep(this.songId, to.present);
    announce(sentence);
    this.show();
  }

  word(index, words) {
    this.commit(model.reword(this.drawing, index, words), `${Object.keys(words)[0]} ${index}`);
  }

  pick(index) {
    if (this.selected === index) return;
    this.selected = index;
    this.show();
  }

  cut(time, isFree, view) {
    const at = this.isSnapping && !isFree ? snap(time, this.data, secondsPerPixel(view)).time : time;
    const why = model.whyNotSplit(this.drawing, at);
    if (why) {
      toast(why, "bad");
      return;
    }
    this.selected = model.sectionAt(this.drawing, at) + 1;
    this.commit(model.split(this.drawing, at));
    announce(`Cut at ${clock(at)}. ${this.drawing.sections.length} sections.`);
  }

  divide(count) {
    const borders = evenBorders(this.data.duration, count, this.data.downbeats);
    this.commit(model.withBorders(this.drawing, borders));
    announce(`Divided into ${count} sections, on downbeats. Move the borders as you like.`);
  }

  remove(index) {
    if (!this.commit(model.remove(this.drawing, index))) return;
    this.selected = Math.min(index, this.drawing.sections.length - 1);
    announce(`Deleted. ${this.drawing.sections.length} sections are left.`);
    this.show();
  }

  removeBorder(index) {
    this.remove(index + 1);
  }

  dragStart(index) {
    this.settle();
    this.held = index;
  }

  /** Show where the border would go; returns what it snapped to: "downbeat", "beat" or null. */
  drag(time, isFree, view) {
    const near = this.isSnapping && !isFree ? snap(time, this.data, secondsPerPixel(view)) : { time, kind: null };
    this.preview = model.moveBorder(this.history.present, this.held, near.time);
    this.show();
    return this.preview.borders[this.held] === near.time ? near.kind : null;
  }

  dragEnd(isKept) {
    const moved = this.preview;
    this.preview = null;
    this.held = -1;
    if (!moved || !isKept || !this.commit(moved)) this.show();
  }

  nudge(index, direction, isByBeat) {
    const time = this.drawing.borders[index];
    const to = isByBeat ? neighbor(this.data.beats, time, direction) : time + direction * FINE_SECONDS;
    this.commit(model.moveBorder(this.drawing, index, to), `nudge ${index}`);
  }

  toggleSnap() {
    this.isSnapping = !this.isSnapping;
    announce(this.isSnapping ? "Borders snap to the beat." : "Borders go anywhere.");
    this.showButtons();
  }

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
    const { url, sentence, errors } = await send(this.saveUrl, this.drawing);
    if (url) {
      draft.forget(this.songId);
      window.location.assign(url);
      return;
    }
    button.removeAttribute("data-busy");
    this.parts.confirm.close();
    const at = Object.values(errors.sections ?? []).flat();
    this.refused = [...(errors.overall ?? []), ...at];
    if (!this.refused.length) this.refused = [sentence];
    this.show();
    this.parts.overall.focus();
  }
}
