/**
 * The unsaved drawing, kept in this browser at once and on the server soon after. Whoever wrote last has
 * the word; what is brought back says from when it is, and what it replaced is one undo away.
 */

import { csrfToken } from "../app.js";
import { isDrawing, isSame } from "./model.js";

const PAUSE_MS = 700;
const AGAIN_MS = 15_000;

export class Draft {
  /** `on` = { onState(sentence), onOther(drawing, sentence), onLost(sentence) } */
  constructor({ songId, duration, draft, now }, url, on) {
    Object.assign(this, { duration, url, on, timer: 0, isUnsent: false, isSending: false, isHeld: false, isOver: false });
    this.key = `vibecraft:sections:${songId}`;
    this.server = draft;
    // This browser's clock may be wrong; the server's decides what is newer.
    this.skew = Date.parse(now) - Date.now();
    document.addEventListener("visibilitychange", () => this.onVisibility());
    window.addEventListener("pagehide", () => this.sendOnLeaving());
    window.addEventListener("online", () => this.send());
  }

  /** The newest drawing, the one it differs from (or null), and what to say about it. */
  restore() {
    const here = this.readHere();
    const there = this.server && { drawing: this.drawingOf(this.server), at: Date.parse(this.server.saved_at) };
    const found = [here, there].filter((one) => one?.drawing).sort((one, other) => other.at - one.at);
    if (!found.length) return { newest: null, other: null, sentence: "" };
    const [{ drawing, at }, second] = found;
    const isElsewhere = found[0] === there && (!here || !isSame(here.drawing, drawing));
    const differs = second && !isSame(second.drawing, drawing);
    if (found[0] === here && (!second || differs)) this.keep(drawing);
    else this.tellKept(at);
    return { newest: drawing, other: differs ? second.drawing : null, sentence: this.greeting(at, isElsewhere, differs) };
  }

  greeting(at, isElsewhere, differs) {
    const where = isElsewhere ? "from another browser" : "from here";
    const back = differs ? " Undo brings back the other ones." : "";
    return `Your unsaved sections are back, ${where}, as they were at ${moment(at)}.${back}`;
  }

  keep(drawing) {
    if (this.isOver) return;
    this.drawing = drawing;
    this.isUnsent = true;
    this.writeHere({ drawing, at: Date.now() + this.skew });
    this.sendIn(PAUSE_MS);
  }

  sendIn(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), milliseconds);
  }

  async send() {
    if (!this.isUnsent || this.isSending || this.isHeld || this.isOver) return;
    this.isSending = true;
    this.isUnsent = false;
    const { drawing } = this;
    try {
      await this.took(await fetch(this.url, this.request(drawing)), drawing);
    } catch {
      this.isUnsent = true;
      this.on.onState("Kept in this browser; the server cannot be reached just now.");
      this.sendIn(AGAIN_MS);
    }
    this.isSending = false;
    if (this.isUnsent && this.drawing !== drawing) this.sendIn(PAUSE_MS);
  }

  request(drawing, more = {}) {
    const body = JSON.stringify({ borders: drawing.borders, sections: drawing.sections, base: this.server?.saved_at ?? null });
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    return { method: "PUT", body, headers, ...more };
  }

  async took(answer, drawing) {
    const body = await answer.json();
    if (this.isHeld || this.isOver) return;
    if (answer.ok) {
      this.server = { ...drawing, saved_at: body.saved_at };
      this.tellKept(Date.parse(body.saved_at), body.replaced && Date.parse(body.replaced));
    } else if (answer.status === 409) {
      this.isOver = true;
      this.on.onLost(body.detail);
    } else {
      this.on.onState(`Kept in this browser only: ${body.detail}`);
    }
  }

  tellKept(at, replaced = null) {
    const other = replaced ? ` It replaces what was drawn elsewhere at ${moment(replaced)}.` : "";
    this.on.onState(`Kept as a draft at ${moment(at)}; you can go on in any browser.${other}`);
  }

  onVisibility() {
    if (document.visibilityState === "visible") this.lookForNewer();
    else this.send();
  }

  /** Back in this window: was something drawn elsewhere meanwhile? */
  async lookForNewer() {
    if (this.isUnsent || this.isSending || this.isOver) return;
    try {
      const answer = await fetch(this.url, { headers: { Accept: "application/json" } });
      if (answer.ok) this.takeNewer((await answer.json()).draft);
    } catch {
      // Away from the server, what is here is the newest there is.
    }
  }

  takeNewer(draft) {
    const drawing = draft && this.drawingOf(draft);
    if (!drawing || this.isUnsent || draft.saved_at === this.server?.saved_at) return;
    this.server = draft;
    const at = Date.parse(draft.saved_at);
    this.writeHere({ drawing, at });
    this.tellKept(at);
    this.on.onOther(drawing, `These are the sections that were drawn elsewhere at ${moment(at)}. Undo brings back yours.`);
  }

  sendOnLeaving() {
    if (!this.isUnsent || this.isHeld || this.isOver) return;
    this.isUnsent = false;
    fetch(this.url, this.request(this.drawing, { keepalive: true }));
  }

  /** While the sections are being saved, their draft is not. */
  hold() {
    this.isHeld = true;
  }

  /** They could not be saved: go on keeping the draft. */
  release() {
    this.isHeld = false;
    this.isUnsent = true;
    this.sendIn(PAUSE_MS);
  }

  /** The sections are saved: there is no draft any more, here or on the server. */
  forget() {
    this.isOver = true;
    clearTimeout(this.timer);
    try {
      localStorage.removeItem(this.key);
    } catch {
      // What cannot be stored cannot be left behind either.
    }
  }

  drawingOf({ borders, sections }) {
    const drawing = { duration: this.duration, borders, sections };
    return isDrawing(drawing, this.duration) ? drawing : null;
  }

  readHere() {
    try {
      const { drawing, at } = JSON.parse(localStorage.getItem(this.key));
      return isDrawing(drawing, this.duration) && Number.isFinite(at) ? { drawing, at } : null;
    } catch {
      return null;
    }
  }

  writeHere(value) {
    try {
      localStorage.setItem(this.key, JSON.stringify(value));
    } catch {
      // Private windows and full stores refuse: the server keeps the drawing all the same.
    }
  }
}

/** "14:03", with the day if it is not today. */
function moment(milliseconds) {
  const date = new Date(milliseconds);
  const isToday = date.toDateString() === new Date().toDateString();
  const time = { hour: "2-digit", minute: "2-digit" };
  return date.toLocaleString("en-GB", isToday ? time : { day: "numeric", month: "short", ...time });
}
