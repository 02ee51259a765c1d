/** The unsaved drawing, kept in this browser. A browser that refuses to store does without. */

import { isDrawing } from "./model.js";

const keyOf = (songId) => `vibecraft:sections:${songId}`;

export function load(songId, duration) {
  try {
    const value = JSON.parse(localStorage.getItem(keyOf(songId)));
    return isDrawing(value, duration) ? value : null;
  } catch {
    return null;
  }
}

export function keep(songId, drawing) {
  try {
    localStorage.setItem(keyOf(songId), JSON.stringify(drawing));
  } catch {
    // Private windows and full stores refuse: the drawing lives on in the page.
  }
}

export function forget(songId) {
  try {
    localStorage.removeItem(keyOf(songId));
  } catch {
    // What cannot be stored cannot be left behind either.
  }
}
