/**
 * Sound and films whose address has run out: where files lie in a store, an address is good for some
 * minutes only. Who pauses for longer goes on where they were, by a fresh address; what cannot be played
 * even so is said.
 */

import { toast } from "./app.js";

const ONCE_IN_MS = 10_000;

export function goOnByItself(media) {
  let triedAt = -ONCE_IN_MS;
  // Kept here, as a browser pauses what fails before it says that it has failed.
  let isWanted = false;
  let isMissed = false;
  media.addEventListener("play", () => (isWanted = true));
  media.addEventListener("pause", () => (isWanted = false));
  media.addEventListener("error", () => {
    if (performance.now() - triedAt < ONCE_IN_MS) {
      if (isMissed) tellLost();
      isMissed = false;
      return;
    }
    triedAt = performance.now();
    const [seconds, goesOn] = [media.currentTime, isWanted];
    // What could not even begin has said so itself: its play() was refused.
    isMissed = goesOn && media.error.code !== MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
    media.addEventListener("loadedmetadata", () => resume(media, seconds, goesOn), { once: true });
    media.load();
  });
}

function resume(media, seconds, goesOn) {
  media.currentTime = seconds;
  if (goesOn) play(media);
}

/** Play, or say that it cannot be done. */
export async function play(media) {
  try {
    await media.play();
  } catch (error) {
    // Paused again before it has begun, or on its way to a fresh address: that is no failure.
    if (error.name !== "AbortError") tellLost();
  }
}

function tellLost() {
  toast("This cannot be played just now. Load the page again, then try again.", "bad");
}
