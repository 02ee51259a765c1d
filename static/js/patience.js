/**
 * Sound and films whose address has run out: where files lie in a store, an address is good for some
 * minutes only. Who pauses for longer goes on where they were, by a fresh address.
 */

const ONCE_IN_MS = 10_000;

export function goOnByItself(media) {
  let triedAt = -ONCE_IN_MS;
  media.addEventListener("error", () => {
    if (performance.now() - triedAt < ONCE_IN_MS) return;
    triedAt = performance.now();
    const { currentTime, paused } = media;
    media.addEventListener("loadedmetadata", () => resume(media, currentTime, paused), { once: true });
    media.load();
  });
}

function resume(media, seconds, paused) {
  media.currentTime = seconds;
  if (!paused) media.play();
}
