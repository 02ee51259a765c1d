/**
 * The sections and borders over the waveform, as the cells of a grid that mouse, finger and keyboard can
 * hold. One tab stop for all of them; the cell that holds it is `current`.
 */

import { write, writeText } from "./attributes.js";
import { span } from "./model.js";
import { Strip } from "./strip.js";
import { xOf } from "./viewport.js";
import { clock, howLong } from "./words.js";

const NARROW_PIXELS = 44;
// Twice as far as one can look before all cells are placed again, and the width of a view more.
const FAR_VIEWS = 3;

export class Lane {
  /** `root` holds the row of cells. */
  constructor(root, { isReadOnly }) {
    this.root = root;
    this.row = root.querySelector("[role=row]");
    this.isReadOnly = isReadOnly;
    this.blocks = [];
    this.borders = [];
    this.current = { kind: "section", index: 0 };
    this.strip = new Strip();
    this.isNew = true;
    root.addEventListener("focusin", (event) => this.adopt(event.target));
  }

  /** Show a drawing; `wrong` are the sentences for each section, `tints` its colors. */
  show(drawing, wrong, tints, selected) {
    this.drawing = drawing;
    this.isNew = true;
    this.fill(this.blocks, drawing.sections.length, () => cell("tl-block"));
    this.fill(this.borders, this.isReadOnly ? 0 : drawing.borders.length, () => cell("tl-border"));
    this.blocks.forEach((block, index) => this.showBlock(block, index, wrong[index] ?? [], tints[index], index === selected));
    this.borders.forEach((border, index) => this.showBorder(border, index));
    this.order();
    this.rove();
  }

  fill(cells, count, make) {
    while (cells.length < count) cells.push(make());
    while (cells.length > count) cells.pop().remove();
  }

  /** Cells stand in the document as they do in the song; only new ones are moved. */
  order() {
    this.items.forEach((item, index) => {
      if (this.row.children[index] !== item) this.row.insertBefore(item, this.row.children[index] ?? null);
      write(item, { "aria-colindex": index + 1 });
    });
    write(this.row.parentElement, { "aria-colcount": this.items.length });
  }

  showBlock(block, index, wrong, tint, isSelected) {
    writeText(block.firstChild, this.drawing.sections[index].label || "No label");
    block.toggleAttribute("data-wrong", wrong.length > 0);
    write(block, {
      "data-section-color": tint,
      title: wrong.join(" "),
      "aria-label": this.nameOfSection(index, wrong),
      "aria-selected": isSelected,
      "aria-invalid": wrong.length > 0,
    });
  }

  nameOfSection(index, wrong) {
    const { label, note } = this.drawing.sections[index];
    const { start, end } = span(this.drawing, index);
    const place = `Section ${index + 1} of ${this.drawing.sections.length}, ${label || "no label"}`;
    const said = [`${place}, ${clock(start)} to ${clock(end)}, ${howLong(end - start)}`];
    return [...said, ...(note ? [`Note: ${note}`] : []), ...wrong].join(". ");
  }

  showBorder(border, index) {
    const [left, right] = this.drawing.sections.slice(index, index + 2);
    const time = clock(this.drawing.borders[index]);
    write(border, { "aria-label": `Border between ${left.label} and ${right.label}, at ${time}` });
  }

  /** Move all cells to where their times are seen; at the same zoom, they move as one. */
  place(view) {
    if (this.strip.follow(view, view.width) || this.isNew) this.placeCells({ ...view, start: this.strip.origin });
    this.isNew = false;
    const shift = this.strip.shift(view, window.devicePixelRatio || 1);
    this.row.style.transform = `translateX(${shift}px)`;
    this.blocks.forEach((block, index) => this.placeLabel(block, index, shift));
  }

  /** What is far out of sight stands still there, so that the browser has nothing to do with it. */
  placeCells(view) {
    const inReach = (x) => Math.max(-FAR_VIEWS * view.width, Math.min(FAR_VIEWS * view.width, x));
    this.edges = [0, ...this.drawing.borders, this.drawing.duration].map((time) => inReach(xOf(view, time)));
    this.blocks.forEach((block, index) => {
      const [left, right] = this.edges.slice(index, index + 2);
      block.style.transform = `translateX(${left}px)`;
      block.style.width = `${Math.max(0, right - left - 1)}px`;
    });
    this.borders.forEach((border, index) => {
      border.style.transform = `translateX(${this.edges[index + 1]}px)`;
    });
  }

  /** The label stays in sight while its section is only partly seen. */
  placeLabel(block, index, shift) {
    const [left, right] = this.edges.slice(index, index + 2);
    const hidden = Math.min(Math.max(0, -left - shift), Math.max(0, right - left - NARROW_PIXELS));
    block.firstChild.style.transform = hidden ? `translateX(${hidden}px)` : "";
  }

  /** Cells in the order of the song: section, border, section, … */
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
    for (const item of this.items) write(item, { tabindex: item === holder ? 0 : -1 });
  }

  focus(what) {
    this.current = what;
    this.element(what).focus();
  }

  /** The cell so many steps on, or the last one there is. */
  step(count) {
    const { items } = this;
    const here = items.indexOf(this.element(this.current));
    items[Math.max(0, Math.min(items.length - 1, here + count))].focus();
  }

  /** What the current cell is, in words. */
  get said() {
    return this.element(this.current).getAttribute("aria-label");
  }

  /** Where the current cell begins. */
  get time() {
    const { kind, index } = this.current;
    return kind === "border" ? this.drawing.borders[index] : span(this.drawing, index).start;
  }

  markHeld(index, kind = null) {
    this.borders.forEach((border, i) => {
      border.toggleAttribute("data-held", i === index);
      if (i === index && kind) border.dataset.snapped = kind;
      else delete border.dataset.snapped;
    });
  }

  /**
   * Edit a label in place; calls `done(text, isByKey)` once, with null when it was left with Escape.
   * Whoever left it by a key is still here; by a click, the focus is on its way elsewhere.
   */
  rename(index, done) {
    const input = renameField(this.drawing.sections[index].label, index);
    const block = this.blocks[index];
    input.style.transform = `${this.row.style.transform} ${block.style.transform}`;
    input.style.width = `max(9rem, ${block.style.width})`;
    let isOpen = true;
    const close = (text, isByKey) => {
      if (!isOpen) return;
      isOpen = false;
      input.remove();
      done(text, isByKey);
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") close(input.value, true);
      if (event.key === "Escape") close(null, true);
      event.stopPropagation();
    });
    input.addEventListener("blur", () => close(input.value, false));
    this.root.append(input);
    input.focus();
    input.select();
  }
}

function cell(className) {
  const element = document.createElement("div");
  element.className = className;
  element.setAttribute("role", "gridcell");
  element.append(document.createElement("span"));
  return element;
}

function renameField(label, index) {
  const input = document.createElement("input");
  input.className = "input tl-rename";
  input.value = label;
  input.maxLength = 200;
  input.setAttribute("list", "section-words");
  input.setAttribute("aria-label", `Label of section ${index + 1}, one or two words`);
  return input;
}
