/** Mouse, pen and finger on the timeline: seek, pan, zoom, cut, drag a border or a section. */

import { span } from "./model.js";
import { pan, secondsPerPixel, timeAt } from "./viewport.js";

const CLICK_PIXELS = 4;
const ZOOM_STEP = 1.0022;
const LINE_PIXELS = 16;

/** Follow one pointer from press to release; a click that comes of it goes to `holder`. */
function track(event, { onMove, onEnd }, holder = event.currentTarget) {
  const target = event.currentTarget;
  holder.setPointerCapture(event.pointerId);
  const move = (next) => { if (next.pointerId === event.pointerId) onMove(next); };
  const finish = (last) => {
    if (last.pointerId !== event.pointerId) return;
    target.removeEventListener("pointermove", move);
    target.removeEventListener("pointerup", finish);
    target.removeEventListener("pointercancel", finish);
    onEnd(last);
  };
  target.addEventListener("pointermove", move);
  target.addEventListener("pointerup", finish);
  target.addEventListener("pointercancel", finish);
}

const xIn = (element, event) => event.clientX - element.getBoundingClientRect().left;

/** `stage` gives: view, setView, seek, cut, hover, fit. A click seeks, a drag of more than 4 pixels pans. */
export function listenToWave(wave, ruler, stage) {
  const at = (event) => timeAt(stage.view, xIn(wave, event));
  for (const surface of [wave, ruler]) surface.addEventListener("pointerdown", (event) => press(event, at, stage));
  wave.addEventListener("dblclick", (event) => stage.cut(at(event), event.altKey));
  wave.addEventListener("pointermove", (event) => stage.hover(event.buttons ? null : at(event), event.altKey));
  wave.addEventListener("pointerleave", () => stage.hover(null));
  ruler.addEventListener("dblclick", () => stage.fit());
}

function press(event, at, stage) {
  if (event.button !== 0 || !event.isPrimary) return;
  const from = { x: event.clientX, view: stage.view };
  let isPan = false;
  track(event, {
    onMove: (move) => {
      const distance = move.clientX - from.x;
      isPan ||= Math.abs(distance) > CLICK_PIXELS;
      if (isPan) stage.setView(pan({ ...stage.view, start: from.view.start }, -distance * secondsPerPixel(stage.view)));
    },
    onEnd: (last) => { if (!isPan && last.type === "pointerup") stage.seek(at(last)); },
  });
}

/** Ctrl or Cmd with the wheel zooms at the cursor, Shift with it (or a sideways wheel) pans. */
export function listenToWheel(frame, stage) {
  frame.addEventListener("wheel", (event) => {
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      stage.zoomAt(ZOOM_STEP ** (-event.deltaY * unit), timeAt(stage.view, xIn(frame, event)));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      stage.setView(pan(stage.view, (event.deltaX || event.deltaY) * unit * secondsPerPixel(stage.view)));
    }
  }, { passive: false });
}

/** Dragging a border; `stage` gives: dragStart(index), drag(time, isFree), dragEnd(isKept). Escape takes it back. */
export function listenToBorders(lane, frame, stage) {
  lane.root.addEventListener("pointerdown", (event) => {
    const what = lane.whatIs(event.target);
    if (what?.kind !== "border" || event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    const border = lane.element(what);
    border.focus({ focusVisible: false });
    const box = border.getBoundingClientRect();
    const grip = event.clientX - (box.left + box.width / 2);
    stage.dragStart(what.index);
    track(event, dragOf(frame, grip, stage));
  });
}

function dragOf(frame, grip, stage) {
  return cancelable({
    onMove: (move) => stage.drag(timeAt(stage.view, xIn(frame, move) - grip), move.altKey),
    onEnd: (last) => stage.dragEnd(last.type === "pointerup"),
  });
}

/** A drag that Escape ends without a trace. */
function cancelable({ onMove, onEnd }) {
  let isOver = false;
  const end = (last) => {
    if (isOver) return;
    isOver = true;
    document.removeEventListener("keydown", escape, true);
    onEnd(last);
  };
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.stopImmediatePropagation();
    end(event);
  };
  document.addEventListener("keydown", escape, true);
  return { onMove: (move) => { if (!isOver) onMove(move); }, onEnd: end };
}

/** Dragging a section as a whole; `stage` gives: view, drawing, slide(index, start, isFree), slideEnd(isKept). */
export function listenToBlocks(lane, stage) {
  lane.root.addEventListener("pointerdown", (event) => {
    const what = lane.whatIs(event.target);
    if (what?.kind !== "section" || event.button !== 0 || !event.isPrimary) return;
    const grip = { x: event.clientX, start: span(stage.drawing, what.index).start };
    let isSlide = false;
    track(event, cancelable({
      onMove: (move) => {
        isSlide ||= Math.abs(move.clientX - grip.x) > CLICK_PIXELS;
        const moved = (move.clientX - grip.x) * secondsPerPixel(stage.view);
        if (isSlide) stage.slide(what.index, grip.start + moved, move.altKey);
      },
      onEnd: (last) => { if (isSlide) stage.slideEnd(last.type === "pointerup"); },
    }), lane.element(what));
  });
}

/** The strip with the whole song: press or drag to look elsewhere. */
export function listenToOverview(strip, stage) {
  const look = (event) => {
    const time = (xIn(strip, event) / strip.clientWidth) * stage.view.duration;
    stage.setView(pan(stage.view, time - stage.view.start - stage.view.seconds / 2));
  };
  strip.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    look(event);
    track(event, { onMove: look, onEnd: () => {} });
  });
  strip.addEventListener("dblclick", () => stage.fit());
}
