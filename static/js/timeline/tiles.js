/**
 * A picture as long as the song, of which a few tiles exist: those that are seen. Looking along it moves
 * them, which costs no painting; only a tile that comes into sight is painted, and at another zoom all.
 */

import { Strip } from "./strip.js";

const TILES_ACROSS = 3;
// So many pixels of the page are whole pixels of the screen at 110, 125, 150 and 175 % as well.
const WHOLE_PIXELS = 20;
// A page that stands between two pixels of the screen would let the ground shine through between tiles.
const OVERLAP_PIXELS = 4;

export class Tiles {
  /**
   * `paint(context, view, ratio)` paints one tile: `view` is the part of the song that it shows, `ratio`
   * how many pixels of the canvas make one of the page. `onResize()` is called when its size has changed.
   */
  constructor(host, paint, onResize, settings = {}) {
    const overlap = settings.alpha === false ? OVERLAP_PIXELS : 0;
    Object.assign(this, { host, paint, settings, overlap, strip: new Strip(), tiles: [], ratio: 0 });
    this.element = document.createElement("div");
    this.element.className = "tl__strip";
    host.append(this.element);
    this.measure(host.clientWidth, host.clientHeight);
    new ResizeObserver(([{ contentRect }]) => {
      this.measure(contentRect.width, contentRect.height);
      onResize();
    }).observe(host);
  }

  measure(width, height) {
    this.width = Math.max(1, width);
    this.height = height;
    this.ratio = 0;
  }

  /** All tiles are as wide as a part of the view. */
  fit() {
    const ratio = window.devicePixelRatio || 1;
    if (ratio === this.ratio) return;
    this.ratio = ratio;
    this.tileWidth = Math.ceil(this.width / TILES_ACROSS / WHOLE_PIXELS) * WHOLE_PIXELS;
    this.size = { width: Math.round((this.tileWidth + this.overlap) * ratio), height: Math.round(this.height * ratio) };
    for (const tile of this.tiles.splice(0)) tile?.canvas.remove();
  }

  make() {
    const canvas = Object.assign(document.createElement("canvas"), this.size);
    Object.assign(canvas.style, { width: `${this.size.width / this.ratio}px`, height: `${this.size.height / this.ratio}px` });
    this.element.append(canvas);
    return { canvas, context: canvas.getContext("2d", this.settings) };
  }

  /** What the tiles show has changed, everywhere or between two times. */
  renew(from = -Infinity, to = Infinity) {
    const { origin, step } = this.strip;
    const indexAt = (time) => Math.floor((time - origin) / step / this.tileWidth);
    // What begins at the seam of two tiles is rounded into either of them, or lies under the other.
    const [first, last] = [indexAt(from - (this.overlap + 1) * step), indexAt(to + step)];
    for (const tile of this.tiles) {
      if (tile?.index >= first && tile.index <= last) tile.isPainted = false;
    }
  }

  show(view) {
    this.fit();
    if (this.strip.follow(view)) this.renew();
    const shift = this.strip.shift(view, this.ratio);
    this.element.style.transform = `translateX(${shift}px)`;
    const last = Math.ceil((this.width - shift) / this.tileWidth);
    for (let index = Math.floor(-shift / this.tileWidth); index < last; index += 1) this.need(index, view.duration);
  }

  /** Each place along the strip has one tile that it shares with places out of sight. */
  need(index, duration) {
    const count = TILES_ACROSS + 1;
    const tile = (this.tiles[((index % count) + count) % count] ??= this.make());
    if (tile.index === index && tile.isPainted) return;
    if (tile.index !== index) Object.assign(tile.canvas.style, { left: `${index * this.tileWidth}px`, zIndex: index });
    Object.assign(tile, { index, isPainted: true });
    const { step, origin } = this.strip;
    const width = this.tileWidth + this.overlap;
    this.paint(tile.context, { start: origin + index * this.tileWidth * step, seconds: width * step, duration, width }, this.ratio);
  }
}
