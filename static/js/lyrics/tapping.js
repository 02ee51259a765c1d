/** Tap along: a key, or the pad, for each line while the song plays. */

const KEYS = new Set(["enter", "l"]);
const HOLD_SECONDS = 0.35;
const RUN_UP_SECONDS = 2;
const TYPING = "input, textarea, select, [contenteditable], dialog *";

export class Tapping {
  /** `editor` gives lines, selected and what a tap does; `parts` the pad and its texts. */
  constructor(player, editor, parts) {
    Object.assign(this, { player, editor, parts, isOn: false, next: 0, pressed: null });
    document.addEventListener("keydown", (event) => this.onDown(event), { capture: true });
    document.addEventListener("keyup", (event) => this.onUp(event), { capture: true });
    parts.pad.addEventListener("pointerdown", (event) => this.press(event));
    for (const type of ["pointerup", "pointercancel"]) parts.pad.addEventListener(type, () => this.release());
  }

  start() {
    if (!this.editor.lines.length) return;
    this.isOn = true;
    this.parts.tap.hidden = false;
    const first = this.editor.lines.findIndex((line) => line.isEstimated);
    this.next = this.editor.selected >= 0 ? this.editor.selected : Math.max(0, first);
    this.show();
    this.parts.pad.focus();
    this.player.play();
  }

  stop() {
    if (!this.isOn) return;
    this.isOn = false;
    this.pressed = null;
    this.parts.tap.hidden = true;
    this.player.pause();
    this.editor.tappingEnded();
  }

  show() {
    const line = this.editor.lines[this.next];
    this.parts.next.textContent = line ? line.text : "All lines have their times.";
    this.parts.cue.textContent = line ? `Line ${this.next + 1} of ${this.editor.lines.length}` : "Done";
  }

  onDown(event) {
    if (!this.isOn || event.target.matches(TYPING) || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const act = KEYS.has(key) ? () => this.press(event) : { backspace: () => this.back(), escape: () => this.stop() }[key];
    if (!act) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) act();
  }

  onUp(event) {
    if (this.isOn && KEYS.has(event.key.toLowerCase())) this.release();
  }

  press(event) {
    if (this.next >= this.editor.lines.length) return;
    event.preventDefault();
    const at = this.player.currentTime();
    this.pressed = { index: this.next, at };
    this.editor.tapped(this.next, at);
    this.next += 1;
    this.show();
  }

  release() {
    const { pressed } = this;
    this.pressed = null;
    const now = this.player.currentTime();
    if (pressed && now - pressed.at >= HOLD_SECONDS) this.editor.held(pressed.index, now);
  }

  back() {
    this.next = Math.max(0, this.next - 1);
    const line = this.editor.lines[this.next];
    this.player.seek(Math.max(0, line.start - RUN_UP_SECONDS));
    this.show();
  }
}
