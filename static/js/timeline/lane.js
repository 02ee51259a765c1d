/**
 * The sections and borders over the waveform: buttons that mouse, finger and keyboard can hold.
 * One tab stop for all of them; the item that holds it is `current`.
 */

import { span } from "./model.js";
import { xOf } from "./viewport.js";
import { clock } from "./words.js";

const NARROW_PIXELS = 44;

export class Lane {
  constructor(root, { isReadOnly }) {
    this.root = root;
    this.isReadOnly = isReadOnly;
    this.blocks = [];
    this.borders = [];
    this.current = { kind: "section", index: 0 };
    root.addEventListener("focusin", (event) => this.adopt(event.target));
  }

  /** Show a drawing; `wrong` are the sentences for each section. */
  show(drawing, view, wrong) {
    this.drawing = drawing;
    this.fill(this.blocks, drawing.sections.length, () => this.makeBlock());
    this.fill(this.borders, this.isReadOnly ? 0 : drawing.borders.length, () => this.makeBorder());
    this.blocks.forEach((block, index) => this.placeBlock(block, index, view, wrong[index] ?? []));
    this.borders.forEach((border, index) => this.placeBorder(border, index, view));
    this.rove();
  }

  fill(items, count, make) {
    while (items.length < count) {
      items.push(make());
      this.root.append(items.at(-1));
    }
    while (items.length > count) items.pop().remove();
  }

  makeBlock() {
    const block = document.createElement("button");
    block.type = "button";
    block.className = "tl-block";
    block.append(document.createElement("span"));
    return block;
  }

  makeBorder() {
    const border = document.createElement("button");
    border.type = "button";
    border.className = "tl-border";
    return border;
  }

  placeBlock(block, index, view, wrong) {
    const { start, end } = span(this.drawing, index);
    const left = xOf(view, start);
    const width = xOf(view, end) - left;
    // The label stays in sight while its section is only partly seen.
    const visible = Math.max(0, -left);
    block.style.transform = `translateX(${left}px)`;
    block.style.width = `${Math.max(0, width - 1)}px`;
    block.firstChild.style.marginLeft = `${Math.min(visible, Math.max(0, width - NARROW_PIXELS))}px`;
    block.firstChild.textContent = this.drawing.sections[index].label || "No label";
    block.dataset.sectionColor = index % 10;
    block.toggleAttribute("data-wrong", wrong.length > 0);
    block.setAttribute("aria-label", this.nameOfSection(index, start, end, wrong));
  }

  nameOfSection(index, start, end, wrong) {
    const { label } = this.drawing.sections[index];
    const place = `Section ${index + 1} of ${this.drawing.sections.length}, ${label || "no label"}`;
    return [`${place}, ${clock(start)} to ${clock(end)}`, ...wrong].join(". ");
  }

  placeBorder(border, index, view) {
    const time = this.drawing.borders[index];
    const [left, right] = this.drawing.sections.slice(index, index + 2);
    border.style.transform = `translateX(${xOf(view, time)}px)`;
    border.dataset.time = clock(time);
    border.setAttribute("aria-label", `Border between ${left.label} and ${right.label}, at ${clock(time)}`);
  }

  /** Items in the order of the song: section, border, section, … */
  get items() {
    return this.blocks.flatMap((block, index) => (this.borders[index] ? [block, this.borders[index]] : [block]));
  }

  whatIs(element) {
    const item = element?.closest?.(".tl-block, .tl-border");
    const block = this.blocks.indexOf(item);
    if (block >= 0) return { kind: "section", index: block };
    const border = this.borders.indexOf(item);
    return border >= 0 ? { kind: "border", index: border } : null;
  }

  element({ kind, index }) {
    return (kind === "section" ? this.blocks : this.borders)[index] ?? this.blocks.at(-1);
  }

  adopt(element) {
    this.current = this.whatIs(element) ?? this.current;
    this.rove();
  }

  rove() {
    const holder = this.element(this.current);
    for (const item of this.items) item.tabIndex = item === holder ? 0 : -1;
  }

  focus(what) {
    this.current = what;
    this.element(what).focus();
  }

  /** Move the focus to the next item in a direction, or to an end. */
  step(direction) {
    const { items } = this;
    const here = items.indexOf(this.element(this.current));
    items[Math.max(0, Math.min(items.length - 1, here + direction))].focus();
  }

  markSnap(index, kind) {
    this.borders.forEach((border, i) => {
      if (i === index && kind) border.dataset.snapped = kind;
      else delete border.dataset.snapped;
    });
  }

  markHeld(index) {
    this.borders.forEach((border, i) => border.toggleAttribute("data-held", i === index));
  }

  /** Edit a label in place; calls `done(text)` once, with null when it was left with Escape. */
  rename(index, done) {
    const block = this.blocks[index];
    const input = document.createElement("input");
    input.className = "input tl-rename";
    input.value = this.drawing.sections[index].label;
    input.setAttribute("aria-label", `Label of section ${index + 1}, one or two words`);
    input.style.transform = block.style.transform;
    input.style.width = `max(9rem, ${block.style.width})`;
    let isOpen = true;
    const close = (text) => {
      if (!isOpen) return;
      isOpen = false;
      input.remove();
      done(text);
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") close(input.value);
      if (event.key === "Escape") close(null);
      event.stopPropagation();
    });
    input.addEventListener("blur", () => close(input.value));
    this.root.append(input);
    input.focus();
    input.select();
  }
}
