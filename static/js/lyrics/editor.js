/** The lines that are edited: what is done to them, what can be undone, what is saved. */

import { announce, csrfToken, toast } from "../app.js";
import { clock } from "./clock.js";
import { Draft } from "./draft.js";
import { LyricLane, READABLE_PIXELS } from "./lane.js";
import * as model from "./model.js";
import { Rows } from "./rows.js";
import { Tapping } from "./tapping.js";

const ROOMY_PIXELS = 120;

export class Editor {
  /** `root` is [data-lyric-editor]; `saved` are the lines as the server has them. */
  constructor(root, timeline, saved) {
    Object.assign(this, { root, timeline, lines: [], faults: [], selected: -1, isSnapping: false, refusal: null });
    this.duration = timeline.player.duration();
    this.parts = partsOf(root);
    this.draft = new Draft(timeline.songId);
    this.rows = new Rows(this.parts.rows, this.parts.row, {
      text: (index, text) => this.change("change words", model.reword(this.lines, index, text), `words ${this.lines[index].id}`),
      settle: () => this.timeline.history.settle(),
      times: (...sent) => this.setTimes(...sent),
      act: (name, index, place) => ROW_ACTS[name](this, index, place),
      select: (index) => this.select(index),
    });
    // Before anything is shown: what is shown unchanged is no draft.
    const kept = this.draft.read();
    this.takeSaved(saved);
    this.lane = new LyricLane(timeline, this);
    this.tapping = new Tapping(timeline.player, this, this.parts);
    timeline.player.onTime((seconds) => this.rows.light(model.lineAt(this.lines, seconds)));
    root.addEventListener("click", (event) => this.press(event));
    root.addEventListener("keydown", (event) => this.onKey(event));
    if (kept) this.restore(kept);
  }

  get isOpen() {
    return !this.root.hidden;
  }

  get isChanged() {
    return this.keyOf(this.lines) !== this.base;
  }

  keyOf(lines) {
    return JSON.stringify(model.toServer(lines));
  }

  /* --- showing ----------------------------------------------------------------------------------------- */

  show(lines) {
    this.lines = lines;
    this.faults = model.faultsOf(lines, this.duration, clock);
    if (this.refusal) this.faults[this.refusal.index]?.push(this.refusal.fault);
    this.selected = Math.min(this.selected, lines.length - 1);
    this.rows.show(lines, this.faults, this.selected);
    this.parts.empty.hidden = lines.length > 0;
    this.act("sort").hidden = model.inOrder(lines) === lines;
    this.showState();
    this.timeline.redraw();
  }

  showState() {
    const { isChanged } = this;
    const bad = this.faults.filter((faults) => faults.some((fault) => fault.tone === "bad")).length;
    const isKept = !isChanged || this.draft.keep(this.base, model.toServer(this.lines));
    if (!isChanged) this.draft.forget();
    const kept = isKept ? "kept in this browser until you save them" : "but this browser keeps no drafts: save soon";
    const state = isChanged ? `Your changes are not saved yet, ${kept}.` : "Everything is saved.";
    this.parts.state.textContent = bad ? `${bad} line${bad === 1 ? " has" : "s have"} to be set right before saving. ${state}` : state;
    this.act("discard").hidden = !isChanged;
    // The page's accent is with what is to be saved: until then the sections.
    this.act("save").classList.toggle("button--primary", isChanged);
  }

  act(name) {
    return this.root.querySelector(`[data-act="${name}"]`);
  }

  select(index) {
    if (index === this.selected) return;
    this.selected = index;
    this.rows.select(index);
    this.timeline.redraw();
  }

  focus(index, part = "text", place = null) {
    this.select(index);
    this.rows.focus(index, part, place);
  }

  open() {
    if (this.isOpen) return;
    this.root.hidden = false;
    this.root.querySelector("h2").focus({ preventScroll: true });
    this.comeCloser();
    this.timeline.redraw();
  }

  /** Where the whole song leaves the usual line no room for its words, on a phone, show less of the song. */
  comeCloser() {
    const { viewport, player } = this.timeline;
    const pixels = model.usualSeconds(this.lines) / viewport.secondsPerPixel();
    if (!pixels || pixels >= READABLE_PIXELS) return;
    const time = Math.max(player.currentTime(), this.lines[0].start);
    this.timeline.zoom(ROOMY_PIXELS / pixels, time);
    viewport.show(time);
  }

  close() {
    this.tapping.stop();
    this.root.hidden = true;
    document.querySelector("[data-opens-lyrics]")?.focus();
  }

  /* --- changing ---------------------------------------------------------------------------------------- */

  /** Take new lines and let the page's undo know; the same `gesture` again is the same step. */
  change(label, lines, gesture = null) {
    const before = this.lines;
    if (lines === before) return;
    this.refusal = null;
    this.show(lines);
    this.timeline.history.push({ label, undo: () => this.show(before), redo: () => this.show(lines) }, gesture);
  }

  setTimes(index, part, seconds, gesture = null) {
    const { start, end } = this.lines[index];
    if (!Number.isFinite(seconds)) {
      announce("Write a time like 1:02.50.");
      this.show(this.lines);
    } else if (part === "start") {
      this.change("move a start", model.retime(this.lines, index, seconds, end), gesture);
    } else {
      this.change("move an end", model.retime(this.lines, index, start, seconds), gesture);
    }
  }

  snapped(seconds, isFree) {
    return this.isSnapping ? this.timeline.snap(seconds, isFree).time : seconds;
  }

  /** A drag on the timeline is over; one that was canceled leaves nothing behind. */
  dragged({ before, index, part, isMoved }, isKept) {
    const after = this.lines;
    this.show(before);
    if (isMoved && isKept) this.change(part === "body" ? "move a line" : `move the ${part} of a line`, after);
    else if (!isMoved) this.focus(index);
  }

  addAt(seconds) {
    const { lines, index } = model.add(this.lines, seconds, this.duration);
    this.change("add a line", lines);
    this.focus(index);
  }

  tapped(index, seconds) {
    this.timeline.history.settle();
    this.select(index);
    this.change(`tap line ${index + 1}`, model.tap(this.lines, index, seconds, this.duration), `tap ${this.lines[index].id}`);
  }

  held(index, seconds) {
    this.change(`tap line ${index + 1}`, model.release(this.lines, index, seconds, this.duration), `tap ${this.lines[index].id}`);
  }

  tappingEnded() {
    this.timeline.history.settle();
    this.act("tapping").setAttribute("aria-pressed", "false");
    this.act("tapping").focus();
  }

  /* --- buttons and keys -------------------------------------------------------------------------------- */

  press(event) {
    const button = event.target.closest("[data-act]");
    if (button) ACTS[button.dataset.act]?.(this, button);
  }

  /** In a field the browser has an undo of its own, which would know nothing of the lines. */
  onKey(event) {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !["z", "y"].includes(key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (key === "y" || event.shiftKey) this.timeline.history.redo();
    else this.timeline.history.undo();
  }

  /* --- drafts and saving --------------------------------------------------------------------------------- */

  takeSaved(items) {
    const lines = model.fromServer(items);
    this.base = this.keyOf(lines);
    this.saved = lines;
    this.refusal = null;
    this.show(lines);
  }

  restore(kept) {
    const lines = model.fromServer(kept.lines);
    if (this.keyOf(lines) === this.base) return;
    const isElsewhere = kept.base !== this.base;
    this.open();
    this.change("bring back the changes", lines);
    toast(isElsewhere
      ? "Your unsaved lines are back. The lyrics were changed elsewhere since; undo shows those."
      : "Your unsaved lines are back.");
  }

  /** The lyrics were written by something else: the form below, or the service that listened. */
  takeOther(items) {
    const lines = model.fromServer(items);
    if (this.keyOf(lines) === this.base) return;
    const before = this.lines;
    const wasChanged = this.isChanged;
    this.takeSaved(items);
    this.timeline.history.push({ label: "take new lyrics", undo: () => this.show(before), redo: () => this.show(lines) });
    if (wasChanged) toast("The lyrics are new. Undo brings your unsaved lines back.");
  }

  async save() {
    const index = this.faults.findIndex((faults) => faults.some((fault) => fault.tone === "bad"));
    if (index >= 0) {
      this.focus(index);
      announce(this.faults[index][0].sentence);
      return;
    }
    const button = this.act("save");
    button.disabled = true;
    try {
      const sent = this.lines;
      await this.took(await fetch(this.root.dataset.saveUrl, this.request(sent)), sent);
    } catch {
      toast("The server cannot be reached. Your lines are kept in this browser.", "bad");
    }
    button.disabled = false;
  }

  request(lines) {
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    return { method: "PUT", headers, body: JSON.stringify({ lines: model.toServer(lines) }) };
  }

  /** What was changed while the answer was on its way stays, and is not saved yet. */
  async took(answer, sent) {
    const body = await answer.json();
    if (!answer.ok) {
      this.refuse(body);
      return;
    }
    const stored = model.fromServer(body.lyrics);
    this.base = this.keyOf(stored);
    // Lines that were stored as they were sent keep their ids, and so their rows.
    this.saved = this.keyOf(sent) === this.base ? sent : stored;
    if (this.lines === sent) this.change("tidy up", this.saved);
    this.show(this.lines);
    renewBelow();
    toast("The lyrics are saved.");
  }

  /** What the server refuses is shown at its line. */
  refuse({ detail, errors }) {
    const [where, sentences] = Object.entries(errors?.lines ?? {})[0] ?? [];
    if (where !== undefined && this.lines[where]) {
      const sentence = Array.isArray(sentences) ? sentences[0] : detail;
      this.refusal = { index: Number(where), fault: { tone: "bad", sentence } };
      this.show(this.lines);
      this.focus(Number(where));
    }
    toast(detail, "bad");
  }
}

/** Have the lyrics below come anew; what is on its way there already may be older and does not count. */
function renewBelow() {
  window.htmx.trigger("#song-lyrics", "htmx:abort");
  document.body.dispatchEvent(new CustomEvent("lyrics-saved"));
}

function partsOf(root) {
  const parts = {};
  for (const part of root.querySelectorAll("[data-ly]")) parts[part.dataset.ly] = part;
  return parts;
}

function toggled(button) {
  const isOn = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(isOn));
  return isOn;
}

/** The buttons above and below the lines. */
const ACTS = {
  close: (editor) => editor.close(),
  add: (editor) => editor.addAt(editor.timeline.player.currentTime()),
  tapping: (editor, button) => (toggled(button) ? editor.tapping.start() : editor.tapping.stop()),
  snap: (editor, button) => { editor.isSnapping = toggled(button); },
  sort: (editor) => editor.change("put lines in order", model.inOrder(editor.lines)),
  undo: (editor) => editor.timeline.history.undo(),
  redo: (editor) => editor.timeline.history.redo(),
  import: () => {
    const link = document.querySelector("[data-edits-lyrics]");
    link?.scrollIntoView({ block: "center" });
    link?.click();
  },
  discard: (editor) => editor.change("discard the changes", editor.saved),
  save: (editor) => editor.save(),
};

/** What a row's buttons and keys do. */
const ROW_ACTS = {
  play: (editor, index) => {
    editor.timeline.player.seek(editor.lines[index].start);
    editor.timeline.player.play();
  },
  split: (editor, index, place) => {
    const lines = model.splitAt(editor.lines, index, place ?? 0);
    if (lines === editor.lines) announce("Put the cursor between two words first.");
    editor.change("divide a line", lines);
    editor.focus(lines.length > index + 1 ? index + 1 : index, "text", 0);
  },
  merge: (editor, index) => {
    editor.change("join two lines", model.merge(editor.lines, index));
    editor.focus(index);
  },
  join: (editor, index) => {
    const place = editor.lines[index - 1].text.length;
    editor.change("join two lines", model.merge(editor.lines, index - 1));
    editor.focus(index - 1, "text", place);
  },
  remove: (editor, index) => {
    editor.change("delete a line", model.remove(editor.lines, index));
    if (editor.lines.length) editor.focus(Math.min(index, editor.lines.length - 1));
  },
  confirm: (editor, index) => {
    editor.change("confirm a line", model.confirm(editor.lines, index));
    editor.focus(index);
  },
  next: (editor, index) => {
    if (index + 1 < editor.lines.length) editor.focus(index + 1);
    else editor.addAt(editor.lines[index].end);
  },
};
