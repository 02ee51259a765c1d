/**
 * What belongs to the clip that plays: only its parts are shown, its takes play while they are
 * pointed at or have the focus, and a film that was joined again takes the old one's place.
 *
 * Markup   #strip whose current [data-clip] has aria-current, [data-of-clip] with the clip's
 *          number, video[data-plays] with the take's address, #film. The event `film-renewed`
 *          has {film, pictures: {clip from 0: address}}.
 */

const strip = document.getElementById("strip");
const film = document.getElementById("film");
const clips = [...strip.querySelectorAll("[data-clip]")];

/** What has the focus stays, whatever plays: a hidden field would let the keys through to the player. */
function isHeld() {
  return Boolean(document.activeElement?.closest("[data-of-clip]"));
}

function showParts() {
  if (isHeld()) return;
  const current = Math.max(0, clips.findIndex((clip) => clip.hasAttribute("aria-current")));
  for (const part of document.querySelectorAll("[data-of-clip]")) {
    part.hidden = Number(part.dataset.ofClip) !== current + 1;
  }
}

// Where the old film stood when a new one was put in its place; null once it has gone on.
let left = null;

function renew({ film: address, pictures }) {
  if (film.getAttribute("src") !== address) exchange(address);
  for (const [clip, picture] of Object.entries(pictures)) {
    const image = clips[clip]?.querySelector("img");
    if (image && picture) image.src = picture;
  }
}

/** While a film loads its clock stands at 0, so what was noted before still holds. */
function exchange(address) {
  left ??= { moment: film.currentTime, isPlaying: !film.paused && !film.ended };
  film.addEventListener("loadedmetadata", goOn, { once: true });
  film.src = address;
}

function goOn() {
  film.currentTime = left.moment;
  if (left.isPlaying) film.play().catch(() => film.pause());
  left = null;
}

function playTake({ target }) {
  if (!target.matches?.("video[data-plays]")) return;
  if (!target.src) target.src = target.dataset.plays;
  target.play().catch(() => target.pause());
}

function restTake({ target }) {
  if (!target.matches?.("video[data-plays]") || !target.src) return;
  target.pause();
  target.currentTime = 0;
}

new MutationObserver(showParts).observe(strip, { subtree: true, attributeFilter: ["aria-current"] });
document.addEventListener("htmx:afterSwap", showParts);
document.addEventListener("focusin", showParts);
document.body.addEventListener("film-renewed", (event) => renew(event.detail));
for (const kind of ["mouseover", "focusin"]) document.addEventListener(kind, playTake);
for (const kind of ["mouseout", "focusout"]) document.addEventListener(kind, restTake);
showParts();
