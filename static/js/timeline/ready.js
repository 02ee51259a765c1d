/** How other modules reach the timeline; what they get is described at the head of main.js. */

import { announce } from "../app.js";

const root = document.querySelector("[data-timeline]");

/** Resolves with the timeline's interface, now or when it is ready. */
export function whenReady() {
  return new Promise((resolve) => {
    if (root.timeline) resolve(root.timeline);
    else root.addEventListener("timeline:ready", (event) => resolve(event.detail), { once: true });
  });
}

export function becomeReady(element, timeline) {
  element.timeline = facadeOf(element, timeline);
  element.addEventListener("timeline:grid", (event) => timeline.takeGrid(event.detail));
  element.dispatchEvent(new CustomEvent("timeline:ready", { detail: element.timeline }));
}

function facadeOf(element, timeline) {
  const { stage, song, undoing, layers } = timeline;
  return {
    root: element,
    songId: song.songId,
    isSaved: song.sections.length > 0,
    player: playerOf(timeline),
    viewport: stage.viewport,
    grid: song.grid,
    get colors() { return stage.colors; },
    redraw: () => layers.renew(),
    zoom: (factor, time) => timeline.zoomAt(factor, time),
    history: {
      push: (entry, gesture) => undoing.push(entry, gesture),
      settle: () => undoing.settle(),
      undo: () => timeline.undo(),
      redo: () => timeline.redo(),
      isTravelling: () => undoing.isTravelling,
    },
    addLayer: (layer) => layers.add(layer),
    addKey: (key, act) => timeline.keys.set(key, act),
    snap: (seconds, isFree) => timeline.snapped(seconds, isFree),
    say: announce,
  };
}

function playerOf({ player, song }) {
  return {
    currentTime: () => player.time,
    duration: () => song.duration,
    seek: (seconds) => player.seek(seconds),
    play: () => player.play(),
    pause: () => player.pause(),
    isPlaying: () => player.isPlaying,
    onTime: (listener) => player.listen(listener),
  };
}
