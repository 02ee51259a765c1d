/**
 * The timeline of a song: sections are drawn here, or looked at once they are saved.
 *
 * Other modules (beat repair, trim handles, lyrics) plug in over its root, `[data-timeline]`:
 *
 *     const timeline = await whenReady();       // of timeline/ready.js; works before and after the event
 *
 * The same object is the detail of the event `timeline:ready`, dispatched once on the root:
 *
 * root        the element `[data-timeline]`
 * songId      the song's id
 * isSaved     true when the sections are saved, so that nothing can be drawn any more
 * player      currentTime() and duration() in seconds, seek(seconds), play(), pause(), isPlaying(),
 *             onTime(listener): called with seconds on every frame while it plays and after a jump;
 *             returns a function that ends it
 * viewport    what is seen, always current: start, seconds, duration (seconds), width (pixels);
 *             xOf(seconds), timeAt(x), secondsPerPixel(); show(seconds) scrolls there if it is out of sight
 * grid        { bpm, beats, downbeats, beatsPerBar }, always current; read it, never write it
 * colors      of the theme, for painting: text, soft, faint, line, beat, accent, page, wait, bad, good,
 *             font, sections[]; read them inside draw(), as they follow the theme
 * redraw()    paint again on the next screen frame
 * zoom(factor, time)   show more or less of the song, `time` staying where it is
 * history     the one undo of the page. push({ undo, redo, label }, gesture) after something was done:
 *             `label` in words ("move a line"); undo() and redo() may return a promise, which is waited
 *             for: when it rejects with an Error, its message is shown and the step is not taken.
 *             Pushes that follow each other with the same `gesture` (a string) are one step, until
 *             settle(). undo(), redo() take a step. isTravelling() is true meanwhile: do not push then.
 *             Pushing does not do anything by itself: the act is done already.
 * addLayer    addLayer({ draw(context, viewport, size), height, onPointer(event, seconds) }) returns
 *             { canvas, remove() }. A number for `height` (pixels) gives a row under the waveform,
 *             "wave" a layer over the waveform. draw() gets a cleared context in CSS pixels and
 *             size = { width, height }, and may return true when it looks the same wherever one looks:
 *             then it is called again only after redraw(). onPointer (optional) gets pointerdown, pointermove and dblclick
 *             with the time under the pointer; returning true from pointerdown takes the pointer: all its
 *             moves, and its pointerup or pointercancel, go to this layer alone. Over the waveform, what
 *             is not taken seeks, pans or cuts as usual.
 * addKey      addKey("t", (event) => …) for one letter or key name, without Ctrl, Alt or Meta; it fires
 *             nowhere where one types. Letters in use: see keys.js.
 * snap        snap(seconds, isFree) returns { time, kind }: the downbeat, else beat within 8 pixels, if
 *             snapping is on and `isFree` (Alt is held) is false; kind is "downbeat", "beat" or null
 * say         say(sentence) tells screen readers
 *
 * The root listens for `timeline:grid`, detail { bpm, beats, downbeats, beatsPerBar, label, undo, redo },
 * to take over a new grid. Unsaved borders that sat on a beat go to the nearest new one. With `undo` and
 * `redo` (which tell the server, and may return promises), one step is pushed under `label` that puts
 * grid and borders back by itself and calls them: push nothing for it. Without them the grid is just
 * replaced, for instance when something else has changed it.
 *
 * The root dispatches `timeline:sections`, detail { edges: [seconds], labels: [text] }, after every change.
 */

import { DrawingTimeline } from "./drawing.js";
import { becomeReady } from "./ready.js";
import { Timeline } from "./timeline.js";

const root = document.querySelector("[data-timeline]");
const data = JSON.parse(document.getElementById("timeline-data").textContent);

const timeline = data.sections.length ? new Timeline(root, data) : new DrawingTimeline(root, data);
timeline.open();
becomeReady(root, timeline);
