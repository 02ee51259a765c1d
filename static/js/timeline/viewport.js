/** The part of the song that is seen: { start, seconds, duration, width }. No DOM in here. */

export const SHORTEST_SECONDS = 2;

export function whole(duration, width) {
  return { start: 0, seconds: duration, duration, width };
}

export function xOf(view, time) {
  return ((time - view.start) / view.seconds) * view.width;
}

export function timeAt(view, x) {
  return view.start + (x / view.width) * view.seconds;
}

export function secondsPerPixel(view) {
  return view.seconds / view.width;
}

/** Zoom by a factor (above 1 is closer) so that `time` stays where it is. */
export function zoom(view, factor, time) {
  const shortest = Math.min(SHORTEST_SECONDS, view.duration);
  const seconds = Math.min(view.duration, Math.max(shortest, view.seconds / factor));
  const share = (time - view.start) / view.seconds;
  return moved({ ...view, seconds }, time - share * seconds);
}

export function pan(view, seconds) {
  return moved(view, view.start + seconds);
}

/** Bring a time into sight, a little off the left edge. */
export function follow(view, time) {
  if (time >= view.start && time <= view.start + view.seconds) return view;
  return moved(view, time - view.seconds * 0.05);
}

export function resized(view, width) {
  return { ...view, width };
}

/** The view with so many pixels more on either side, for what reaches into it from there. */
export function wider(view, pixels) {
  const seconds = pixels * secondsPerPixel(view);
  return { ...view, start: view.start - seconds, seconds: view.seconds + 2 * seconds, width: view.width + 2 * pixels };
}

function moved(view, start) {
  return { ...view, start: Math.min(Math.max(0, start), view.duration - view.seconds) };
}

/** The view of `holder.view` as other modules know it: always current. `set(view)` moves it. */
export function liveViewport(holder, set) {
  return {
    get start() { return holder.view.start; },
    get seconds() { return holder.view.seconds; },
    get duration() { return holder.view.duration; },
    get width() { return holder.view.width; },
    xOf: (time) => xOf(holder.view, time),
    timeAt: (x) => timeAt(holder.view, x),
    secondsPerPixel: () => secondsPerPixel(holder.view),
    show: (time) => set(follow(holder.view, time)),
  };
}
