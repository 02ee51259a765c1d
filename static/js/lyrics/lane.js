/** Lines and words in the time scale of the waveform, and dragging them there. */

import { drag } from "./model.js";

export const HEIGHT = 58;
const TOP = 5;
const BOX = 30;
const WORDS = 50;
const EDGE_PIXELS = 6;
const MOVE_PIXELS = 3;
const PADDING = 6;
/** Below this width a line is a shape only: half a word reads as nothing. */
export const READABLE_PIXELS = 64;

export class LyricLane {
  /** `editor` gives lines, faults, selected, isOpen, snapped(seconds, isFree), and what a drag does. */
  constructor(timeline, editor) {
    Object.assign(this, { timeline, editor, grip: null });
    this.layer = timeline.addLayer({
      height: HEIGHT,
      draw: (context, viewport, size) => this.draw(context, viewport, size),
      onPointer: (event, seconds) => this.onPointer(event, seconds),
    });
    this.layer.canvas.dataset.lyrics = "";
  }

  /* --- drawing --------------------------------------------------------------------------------------- */

  draw(context, viewport, size) {
    const { lines, selected, faults } = this.editor;
    const last = viewport.start + viewport.seconds;
    lines.forEach((line, index) => {
      if (line.end < viewport.start || line.start > last) return;
      this.drawLine(context, viewport, line, { isSelected: index === selected, isBad: faults[index]?.some((one) => one.tone === "bad") });
    });
    if (!lines.length) this.drawHint(context, size);
    return !lines.length;
  }

  drawLine(context, viewport, line, { isSelected, isBad }) {
    const { colors } = this.timeline;
    const x = viewport.xOf(line.start);
    const width = Math.max(2, viewport.xOf(line.end) - x);
    const ink = isBad ? colors.bad : line.isDoubtful ? colors.wait : isSelected ? colors.accent : colors.soft;
    context.save();
    context.beginPath();
    context.roundRect(x + 0.5, TOP + 0.5, width - 1, BOX, 4);
    context.globalAlpha = isSelected ? 0.3 : 0.14;
    context.fillStyle = ink;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = ink;
    context.lineWidth = isSelected ? 2 : 1;
    context.setLineDash(line.isEstimated || line.isDoubtful ? [4, 3] : []);
    // Two strokes side by side would hide a narrow line's own color.
    if (width > 4) context.stroke();
    context.clip();
    context.fillStyle = colors.text;
    context.font = `600 13px ${colors.font}`;
    context.textBaseline = "middle";
    if (width >= READABLE_PIXELS) context.fillText(line.text, Math.max(x, 0) + PADDING, TOP + BOX / 2 + 1);
    context.restore();
    if (width >= READABLE_PIXELS) this.drawWords(context, viewport, line);
  }

  /** A tick where each word begins; the word itself where there is room before the next. */
  drawWords(context, viewport, line) {
    const { colors } = this.timeline;
    context.font = `11px ${colors.font}`;
    context.textBaseline = "middle";
    for (const word of line.words) {
      const x = viewport.xOf(word.start);
      const room = viewport.xOf(word.end) - x;
      context.fillStyle = colors.beat;
      context.fillRect(x, WORDS - 9, 1.5, 12);
      if (room < context.measureText(word.text).width + 4) continue;
      context.fillStyle = colors.soft;
      context.fillText(word.text, x + 4, WORDS - 2);
    }
  }

  drawHint(context, size) {
    const { colors } = this.timeline;
    context.fillStyle = colors.faint;
    context.font = `13px ${colors.font}`;
    context.textBaseline = "middle";
    context.fillText("Lyrics: double-click to add a line here", PADDING + 4, size.height / 2);
  }

  /* --- the pointer ----------------------------------------------------------------------------------- */

  onPointer(event, seconds) {
    if (this.grip && event.type !== "pointerdown") return this.follow(event, seconds);
    const hit = this.hit(seconds);
    if (event.type === "dblclick") this.open(hit, seconds);
    else if (event.type === "pointermove") this.layer.canvas.style.cursor = this.cursorOf(hit);
    else if (event.type === "pointerdown" && event.button === 0 && hit) return this.press(event, hit, seconds);
    return false;
  }

  /** The line under a time, and by which part of it; edges go before bodies. */
  hit(seconds) {
    const { lines } = this.editor;
    const reach = EDGE_PIXELS * this.timeline.viewport.secondsPerPixel();
    const inside = lines.findLastIndex((line) => line.start - reach <= seconds && seconds <= line.end + reach);
    if (inside < 0) return null;
    const { start, end } = lines[inside];
    const edge = Math.min(reach, (end - start) / 3);
    if (seconds <= start + edge) return { index: this.leftOf(inside, seconds, reach), part: this.leftPart(inside, seconds, reach) };
    return { index: inside, part: seconds >= end - edge ? "end" : "body" };
  }

  /** Where two lines touch, the pointer takes the edge of the side that it is on. */
  leftOf(index, seconds, reach) {
    return this.isPrevious(index, seconds, reach) ? index - 1 : index;
  }

  leftPart(index, seconds, reach) {
    return this.isPrevious(index, seconds, reach) ? "end" : "start";
  }

  isPrevious(index, seconds, reach) {
    const { lines } = this.editor;
    return index > 0 && seconds < lines[index].start && seconds <= lines[index - 1].end && lines[index - 1].end - seconds <= reach;
  }

  cursorOf(hit) {
    if (!hit) return "default";
    if (!this.editor.isOpen) return "pointer";
    return hit.part === "body" ? "grab" : "ew-resize";
  }

  press(event, hit, seconds) {
    const line = this.editor.lines[hit.index];
    this.editor.select(hit.index);
    if (!this.editor.isOpen) {
      this.timeline.player.seek(line.start);
      return false;
    }
    event.preventDefault();
    this.grip = { ...hit, before: this.editor.lines, from: event.clientX, offset: seconds - (hit.part === "end" ? line.end : line.start), isMoved: false };
    return true;
  }

  follow(event, seconds) {
    const { grip, editor } = this;
    grip.isMoved ||= Math.abs(event.clientX - grip.from) > MOVE_PIXELS;
    if (event.type === "pointermove" && grip.isMoved) {
      const to = editor.snapped(seconds - grip.offset, event.altKey);
      editor.show(drag(grip.before, grip.index, grip.part, to, editor.duration));
    } else if (event.type !== "pointermove") {
      this.grip = null;
      editor.dragged(grip, event.type === "pointerup");
    }
    return true;
  }

  open(hit, seconds) {
    this.editor.open();
    if (hit) this.editor.focus(hit.index);
    else this.editor.addAt(seconds);
  }
}
