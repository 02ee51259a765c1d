/** A canvas that is as sharp as the screen and knows its size, so that painting never asks the page for it. */

export class Surface {
  /** `onResize()` is called when its size has changed. */
  constructor(canvas, onResize) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.width = Math.max(1, canvas.clientWidth);
    this.height = canvas.clientHeight;
    new ResizeObserver(([entry]) => {
      this.width = Math.max(1, entry.contentRect.width);
      this.height = entry.contentRect.height;
      onResize();
    }).observe(canvas);
  }

  /** The context in CSS pixels, cleared, or only some columns of it. */
  begin(left = 0, columns = this.width) {
    const { canvas, context } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(this.width * ratio), Math.round(this.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(left, 0, columns, this.height);
    return context;
  }
}
