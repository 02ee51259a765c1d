/** Mouse, pen and finger on the timeline: seek, pan, drag a border, zoom, cut. */

import { pan, secondsPerPixel, timeAt } from "./viewport.js";

const CLICK_PIXELS = 4;
const ZOOM_STEP = 1.0022;

/** Follow one pointer from press to release. */
function track(event, { onMove, onEnd }) {
  const target = event.currentTarget;
  target.setPointerCapture(event.pointerId);
  const finish = (last) => {
    target.removeEventListener("pointermove", onMove);
    target.removeEventListener("pointerup", finish);
    target.removeEventListener("pointercancel", finish);
    onEnd(last);
  };
  target.addEventListener("pointermove", onMove);
  target.addEventListener("pointerup", finish);
  target.addEventListener("pointercancel", finish);
}

const xIn = (element, event) => event.clientX - element.getBoundingClientRect().left;

/** `stage` gives: view, setView, seek, cut, hover, fit. */
export function listenToWave(wave, ruler, stage) {
  wave.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const from = { x: event.clientX, view: stage.view };
    let isPan = false;
    track(event, {
      onMove: (move) => {
        const distance = move.clientX - from.x;
        isPan ||= Math.abs(distance) > CLICK_PIXELS;
        if (isPan) stage.setView(pan(from.view, -distance * secondsPerPixel(from.view)));
      },
      onEnd: (last) => { if (!isPan && last.type === "pointerup") stage.seek(timeAt(stage.view, xIn(wave, last))); },
    });
  });
  wave.addEventListener("dblclick", (event) => stage.cut(timeAt(stage.view, xIn(wave, event)), event.altKey));
  wave.addEventListener("pointermove", (event) => stage.hover(timeAt(stage.view, xIn(wave, event))));
  wave.addEventListener("pointerleave", () => stage.hover(null));
  ruler.addEventListener("dblclick", () => stage.fit());
  ruler.addEventListener("click", (event) => { if (event.detail === 1) stage.seek(timeAt(stage.view, xIn(ruler, event))); });
}

/** Ctrl or Cmd with the wheel zooms at the cursor, Shift with it (or a sideways wheel) pans. */
export function listenToWheel(frame, stage) {
  frame.addEventListener("wheel", (event) => {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      stage.zoomAt(ZOOM_STEP ** -event.deltaY, timeAt(stage.view, xIn(frame, event)));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      stage.setView(pan(stage.view, (event.deltaX || event.deltaY) * secondsPerPixel(stage.view)));
    }
  }, { passive: false });
}

/** Dragging a border; `stage` gives: dragStart(index), drag(time, isFree), dragEnd(isKept). */
export function listenToBorders(lane, frame, stage) {
  lane.root.addEventListener("pointerdown", (event) => {
    const what = lane.whatIs(event.target);
    if (what?.kind !== "border" || event.button !== 0) return;
    event.preventDefault();
    const border = lane.element(what);
    border.focus({ focusVisible: false });
    const grip = xIn(border, event) - border.offsetWidth / 2;
    stage.dragStart(what.index);
    track(event, dragOf(border, frame, grip, stage));
  });
}

function dragOf(border, frame, grip, stage) {
  return {
    onMove: (move) => stage.drag(timeAt(stage.view, xIn(frame, move) - grip), move.altKey),
    onEnd: (last) => stage.dragEnd(last.type === "pointerup"),
  };
}

/** The strip with the whole song: press or drag to look elsewhere. */
export function listenToOverview(strip, stage) {
  const look = (event) => {
    const time = (xIn(strip, event) / strip.clientWidth) * stage.view.duration;
    stage.setView(pan(stage.view, time - stage.view.start - stage.view.seconds / 2));
  };
  strip.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    look(event);
    track(event, { onMove: look, onEnd: () => {} });
  });
  strip.addEventListener("dblclick", () => stage.fit());
}
