/** The list of lines: one row each, kept in place while one types. */

import { clock, read } from "./clock.js";

export class Rows {
  /** `on` = { text, times, act, select }: each gets the index of the line first. */
  constructor(list, template, on) {
    Object.assign(this, { list, template, on, rows: [] });
    list.addEventListener("input", (event) => this.onInput(event));
    list.addEventListener("change", (event) => this.onChange(event));
    list.addEventListener("keydown", (event) => this.onKey(event));
    list.addEventListener("click", (event) => this.onClick(event));
    list.addEventListener("focusin", (event) => this.on.select(this.indexOf(event.target)));
  }

  indexOf(element) {
    return this.rows.findIndex((row) => row.element.contains(element));
  }

  part(index, name) {
    return this.rows[index]?.parts[name];
  }

  focus(index, name = "text", place = null) {
    const field = this.part(index, name);
    field?.focus();
    if (place !== null) field?.setSelectionRange(place, place);
  }

  /** Show these lines; rows of lines that are still there stay, with focus and cursor. */
  show(lines, faults, selected) {
    const known = new Map(this.rows.map((row) => [row.id, row]));
    this.rows = lines.map((line) => known.get(line.id) ?? this.build(line.id));
    const kept = new Set(this.rows);
    for (const row of known.values()) if (!kept.has(row)) row.element.remove();
    this.rows.forEach((row, index) => {
      if (this.list.children[index] !== row.element) this.list.insertBefore(row.element, this.list.children[index] ?? null);
      fill(row, lines[index], faults[index], index, index === lines.length - 1);
    });
    this.select(selected);
  }

  build(id) {
    const element = this.template.content.firstElementChild.cloneNode(true);
    const parts = {};
    for (const part of element.querySelectorAll("[data-part]")) parts[part.dataset.part] = part;
    return { id, element, parts, notes: element.querySelector(".ly-row__notes") };
  }

  select(index) {
    this.rows.forEach((row, at) => row.element.toggleAttribute("data-selected", at === index));
  }

  /** Mark the line that is sung; the list scrolls to it, the page stays. */
  light(index) {
    if (index === this.lit) return;
    this.rows.forEach((row, at) => row.element.toggleAttribute("data-sung", at === index));
    this.lit = index;
    const row = this.rows[index]?.element;
    if (!row || this.list.contains(document.activeElement)) return;
    this.list.scrollTop = row.offsetTop - this.list.clientHeight / 3;
  }

  onInput({ target }) {
    if (target.dataset.part === "text") this.on.text(this.indexOf(target), target.value);
  }

  onChange({ target }) {
    const index = this.indexOf(target);
    if (target.dataset.part === "text") this.on.settle();
    else this.on.times(index, target.dataset.part, read(target.value));
  }

  onClick(event) {
    const button = event.target.closest("[data-row]");
    if (!button) return;
    const index = this.indexOf(button);
    this.on.act(button.dataset.row, index, this.part(index, "text").selectionStart);
  }

  onKey(event) {
    const { target } = event;
    const index = this.indexOf(target);
    const act = target.dataset.part === "text" ? this.textKey(event, index) : this.timeKey(event, index);
    if (!act) return;
    event.preventDefault();
    act();
  }

  textKey(event, index) {
    const place = event.target.selectionStart;
    const isAtStart = place === 0 && event.target.selectionEnd === 0;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return () => this.on.act("split", index, place);
    if (event.key === "Enter") return () => this.on.act("next", index);
    if (event.key === "Backspace" && isAtStart && index > 0) return () => this.on.act("join", index);
    if (event.key === "ArrowUp" && index > 0) return () => this.focus(index - 1);
    if (event.key === "ArrowDown" && index < this.rows.length - 1) return () => this.focus(index + 1);
    return null;
  }

  timeKey(event, index) {
    const part = event.target.dataset.part;
    const step = { ArrowUp: 0.01, ArrowDown: -0.01 }[event.key];
    if (!step || !part) return null;
    const now = read(event.target.value);
    return () => this.on.times(index, part, now + (event.shiftKey ? 10 * step : step), `nudge ${part} ${this.rows[index].id}`);
  }
}

function fill({ element, parts, notes }, line, faults, index, isLast) {
  const name = `line ${index + 1}`;
  write(parts.text, line.text, `Words of ${name}`);
  write(parts.start, timeText(line.start), `Start of ${name}`);
  write(parts.end, timeText(line.end), `End of ${name}`);
  label(element, "play", `Play from ${name}`);
  label(element, "split", `Divide ${name}`);
  label(element, "merge", `Join ${name} with the next`);
  label(element, "remove", `Delete ${name}`);
  element.querySelector("[data-row='merge']").disabled = isLast;
  element.toggleAttribute("data-estimated", line.isEstimated);
  element.toggleAttribute("data-doubtful", line.isDoubtful);
  parts.doubt.hidden = !line.isDoubtful;
  parts.doubt.querySelector("span").textContent = `Look at this one. ${line.doubt}`;
  label(element, "confirm", `It is right: ${name}`);
  parts.faults.replaceChildren(...faults.map(item));
  const isBad = faults.some((fault) => fault.tone === "bad");
  for (const part of [parts.start, parts.end, parts.text]) part.setAttribute("aria-invalid", String(isBad));
  notes.hidden = !line.isDoubtful && !faults.length;
}

function timeText(seconds) {
  return Number.isFinite(seconds) ? clock(seconds) : "";
}

function write(field, text, name) {
  if (field.value !== text) field.value = text;
  field.setAttribute("aria-label", name);
}

function label(element, row, name) {
  element.querySelector(`[data-row='${row}']`).setAttribute("aria-label", name);
}

function item({ tone, sentence }) {
  const element = document.createElement("li");
  element.dataset.tone = tone;
  element.textContent = sentence;
  return element;
}
