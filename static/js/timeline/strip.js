/**
 * Where something that is as long as the song stands while one looks along it. As long as the zoom stays,
 * it keeps its origin and is moved as a whole, by whole pixels of the screen, so that nothing on it has to
 * be painted again. No DOM in here.
 */

import { secondsPerPixel } from "./viewport.js";

export class Strip {
  constructor() {
    Object.assign(this, { origin: 0, step: 0, width: 0 });
  }

  /**
   * Follow a view; true when it begins anew there, so that all that stands on it has to be placed again:
   * at another zoom, and beyond `reach` pixels from where it began.
   */
  follow(view, reach = Infinity) {
    const step = secondsPerPixel(view);
    const isNear = Math.abs(view.start - this.origin) <= reach * step;
    if (step === this.step && view.width === this.width && isNear) return false;
    Object.assign(this, { origin: view.start, step, width: view.width });
    return true;
  }

  /** By how many pixels it is moved for a view. */
  shift(view, ratio) {
    return Math.round(((this.origin - view.start) / this.step) * ratio) / ratio;
  }
}
