/** The film of the first page: it plays while it is seen, unless motion or data are to be saved. */

const screen = document.querySelector("[data-screen]");
const part = (name) => screen.querySelector(`[data-screen-${name}]`);
const film = part("film");
const strip = part("strip");
const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches || navigator.connection?.saveData;
let isWanted = !isCalm;

function show() {
  const isPlaying = !film.paused;
  screen.toggleAttribute("data-playing", isPlaying);
  part("play").setAttribute("aria-pressed", String(isPlaying));
  part("sound").setAttribute("aria-pressed", String(!film.muted));
  if (isPlaying) requestAnimationFrame(follow);
}

/** The playhead runs over the timeline as the film does. */
function follow() {
  const share = film.currentTime / Number(strip.dataset.seconds);
  part("head").style.transform = `translateX(${Math.min(1, share) * strip.clientWidth}px)`;
  if (!film.paused) requestAnimationFrame(follow);
}

function play() {
  // A browser may refuse; then the buttons are still there.
  film.play().catch(show);
}

part("play").addEventListener("click", () => {
  isWanted = film.paused;
  if (film.paused) play();
  else film.pause();
});
part("sound").addEventListener("click", () => {
  film.muted = !film.muted;
  isWanted = true;
  if (film.paused) play();
  show();
});
strip.addEventListener("click", (event) => {
  const box = strip.getBoundingClientRect();
  film.currentTime = ((event.clientX - box.left) / box.width) * Number(strip.dataset.seconds);
  isWanted = true;
  play();
});
for (const name of ["play", "pause", "volumechange"]) film.addEventListener(name, show);

new IntersectionObserver(([seen]) => {
  if (seen.isIntersecting && isWanted) play();
  else film.pause();
}, { threshold: 0.35 }).observe(film);

film.removeAttribute("controls");
part("tools").hidden = false;
show();
