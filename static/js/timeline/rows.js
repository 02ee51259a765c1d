/** The list under the waveform: one row a section, with its words, times and what is wrong with it. */

import { icon } from "../app.js";
import { write, writeText } from "./attributes.js";
import { MAX_NOTE_CHARS, span } from "./model.js";
import { tintsOf } from "./tints.js";
import { clock, howLong } from "./words.js";

// More than the rules allow, so that they can say what is too much; no more than a draft may hold.
const MAX_TYPED_LABEL_CHARS = 200;
const MAX_TYPED_NOTE_CHARS = 500;

export class Rows {
  /** `on` = { word(index, words), settle(), remove(index), pick(index) } */
  constructor(list, on) {
    this.list = list;
    this.on = on;
    this.rows = [];
  }

  show(drawing, wrong, selected) {
    while (this.rows.length < drawing.sections.length) this.rows.push(this.make(this.rows.length));
    while (this.rows.length > drawing.sections.length) this.rows.pop().root.remove();
    const tints = tintsOf(drawing.sections);
    this.rows.forEach((row, index) => {
      write(row.swatch, { "data-section-color": tints[index] });
      update(row, drawing, index, wrong[index] ?? [], index === selected);
    });
  }

  make(index) {
    const root = document.createElement("li");
    root.className = "tl-row";
    const row = { root, swatch: part("span", "section-row__swatch"), ...this.makeFields(index) };
    row.times = part("p", "tl-row__times numbers small soft");
    row.errors = part("div", "tl-row__errors");
    row.errors.id = `section-${index}-errors`;
    row.errors.setAttribute("aria-live", "polite");
    root.append(row.swatch, row.label, row.times, row.noteBox, row.remove, row.errors);
    root.addEventListener("focusin", () => this.on.pick(index));
    this.list.append(root);
    return row;
  }

  makeFields(index) {
    const label = field(`Label of section ${index + 1}, one or two words`, "Label", index);
    label.setAttribute("list", "section-words");
    label.maxLength = MAX_TYPED_LABEL_CHARS;
    label.addEventListener("input", () => this.on.word(index, { label: label.value }));
    const note = field(`Note for section ${index + 1}, up to ${MAX_NOTE_CHARS} characters`, "A note for its picture, if you like", index);
    note.maxLength = MAX_TYPED_NOTE_CHARS;
    note.addEventListener("input", () => this.on.word(index, { note: note.value }));
    for (const input of [label, note]) input.addEventListener("blur", () => this.on.settle());
    const counter = part("span", "tl-row__count numbers small faint");
    const noteBox = part("span", "tl-row__note");
    noteBox.append(note, counter);
    return { label, note, counter, noteBox, remove: this.makeRemove(index) };
  }

  makeRemove(index) {
    const button = part("button", "button button--ghost button--icon");
    button.type = "button";
    button.title = "Delete this section";
    button.setAttribute("aria-label", `Delete section ${index + 1}`);
    button.append(icon("trash"));
    button.addEventListener("click", () => this.on.remove(index));
    return button;
  }

  /** Go to the first row that has something wrong. */
  focusFirstWrong() {
    this.rows.find((row) => row.errors.childElementCount)?.label.focus();
  }
}

function update(row, drawing, index, wrong, isSelected) {
  const { start, end } = span(drawing, index);
  const { label, note } = drawing.sections[index];
  if (row.label.value !== label) row.label.value = label;
  if (row.note.value !== note) row.note.value = note;
  writeText(row.times, `${clock(start)} to ${clock(end)}, ${howLong(end - start)}`);
  writeText(row.counter, note ? `${[...note.trim()].length}/${MAX_NOTE_CHARS}` : "");
  row.remove.disabled = drawing.sections.length === 1;
  row.root.toggleAttribute("data-selected", isSelected);
  write(row.label, { "aria-invalid": wrong.some((sentence) => sentence.includes("label")) });
  write(row.note, { "aria-invalid": wrong.some((sentence) => sentence.includes("note")) });
  if (row.told === wrong.join()) return;
  row.told = wrong.join();
  row.errors.replaceChildren(...wrong.map(errorLine));
}

export function errorLine(sentence) {
  return lineOf(sentence, "field__error", "warning");
}

/** What is still to be done, before anybody has asked to save. */
export function hintLine(sentence) {
  return lineOf(sentence, "tl__hint", "info");
}

function lineOf(sentence, className, sign) {
  const line = part("p", className);
  const text = document.createElement("span");
  text.textContent = sentence;
  line.append(icon(sign), text);
  return line;
}

function field(name, placeholder, index) {
  const input = part("input", "input");
  input.setAttribute("aria-label", name);
  input.setAttribute("aria-describedby", `section-${index}-errors`);
  input.placeholder = placeholder;
  input.autocomplete = "off";
  return input;
}

function part(tag, className) {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}
