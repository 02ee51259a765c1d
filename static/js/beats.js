/** Beat repair: the panel's buttons, keys and tapping correct the grid on the server and in the timeline. */

import { announce, csrfToken, toast } from "./app.js";
import { whenReady } from "./timeline/ready.js";

const FEWEST_TAPS = 4;
const PAUSE_MILLISECONDS = 2200;
const STEPS = { "[": -5, "]": 5, "{": -10, "}": 10 };

const panel = document.querySelector("[data-beats]");
const form = panel.querySelector("form");

function told(bpm) {
  return `${bpm.toFixed(1)} BPM`;
}

/** What the summary says of the tempo and its origin; the server says the same at first. */
function said({ bpm, corrections, detected_bpm: heard }, { sureness, earlier }) {
  if (!corrections.length) return `${told(bpm)}, as heard, ${sureness}`;
  const origin = corrections.length === 1 && corrections[0].earlier ? earlier : "set by hand";
  return `${told(bpm)}, ${origin}; ${heard.toFixed(1)} heard, ${sureness}`;
}

class Beats {
  constructor(timeline) {
    this.timeline = timeline;
    this.data = JSON.parse(document.getElementById("beat-data").textContent);
    this.corrections = this.data.corrections;
    this.queue = Promise.resolve();
    this.taps = new Taps(timeline, (times) => this.correct({ taps: times }, "tap the tempo"));
    form.addEventListener("submit", (event) => this.submit(event));
    form.querySelector("[data-tap]").addEventListener("pointerdown", () => this.taps.tap());
    form.querySelector("[data-tap]").addEventListener("keydown", (event) => this.pressTap(event));
    form.querySelector("[data-one-here]").addEventListener("click", () => this.oneIsHere());
    this.listenToKeys();
  }

  listenToKeys() {
    const { addKey } = this.timeline;
    addKey("t", (event) => event.repeat || this.taps.tap());
    addKey("b", () => this.oneIsHere());
    for (const [key, step] of Object.entries(STEPS)) addKey(key, () => this.shift(step));
  }

  pressTap(event) {
    if (event.repeat || (event.key !== " " && event.key !== "Enter")) return;
    event.preventDefault();
    this.taps.tap();
  }

  submit(event) {
    event.preventDefault();
    const { name, value } = event.submitter ?? form.querySelector("[value=bpm]");
    const acts = {
      does: () => this.setTempo(),
      scale: () => this.correct({ scale: Number(value) }, value === "2" ? "double the tempo" : "halve the tempo"),
      offset_ms: () => this.shift(Number(value)),
      downbeat_shift: () => this.correct({ downbeat_shift: Number(value) }, "move the downbeat"),
      detected: () => this.correct({ detected: true }, "go back to what was heard"),
    };
    acts[name]?.();
  }

  setTempo() {
    const field = form.elements.bpm;
    const bpm = Number(field.value);
    const isFine = field.value.trim() !== "" && field.checkValidity();
    field.setAttribute("aria-invalid", String(!isFine));
    if (isFine) this.correct({ bpm }, `set ${told(bpm)}`);
    else toast(`A tempo lies between ${field.min} and ${field.max} BPM.`, "bad");
  }

  shift(milliseconds) {
    this.correct({ offset_ms: milliseconds }, `shift the beat by ${milliseconds} ms`);
  }

  /** The beat nearest to the playhead becomes a downbeat. */
  oneIsHere() {
    const { beats, downbeats, beatsPerBar } = this.timeline.grid;
    const here = nearest(beats, this.timeline.player.currentTime());
    const one = nearest(beats, downbeats[0] ?? beats[0]);
    const steps = (((here - one) % beatsPerBar) + beatsPerBar) % beatsPerBar;
    if (!steps) announce("The downbeat is there already.");
    else this.correct({ downbeat_shift: steps > beatsPerBar / 2 ? steps - beatsPerBar : steps }, "move the downbeat");
  }

  /** One correction after the other, each a step of the history. */
  correct(body, label) {
    this.queue = this.queue.then(() => this.send(body, label)).catch((error) => toast(error.message, "bad"));
    return this.queue;
  }

  async send(body, label) {
    const before = this.corrections;
    const answer = await this.ask(body);
    const after = answer.corrections;
    this.timeline.root.dispatchEvent(new CustomEvent("timeline:grid", {
      detail: {
        ...gridOf(answer),
        label,
        undo: () => this.ask({ corrections: before }),
        redo: () => this.ask({ corrections: after }),
      },
    }));
    announce(said(answer, this.data));
  }

  /** Tell the server; shows what holds now, or throws an Error with the sentence of a refusal. */
  async ask(body) {
    const response = await fetch(panel.dataset.url, {
      method: "PATCH",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify(body),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.detail ?? "The server could not correct the beat. Please try again.");
    this.show(answer);
    return answer;
  }

  show(answer) {
    this.corrections = answer.corrections;
    panel.querySelector("[data-beat-said]").textContent = said(answer, this.data);
    form.querySelector("[data-beat-back]").hidden = answer.corrections.length === 0;
    form.elements.bpm.value = Math.round(answer.bpm * 100) / 100;
    form.elements.bpm.removeAttribute("aria-invalid");
    for (const place of document.querySelectorAll("[data-bpm]")) place.textContent = answer.bpm.toFixed(1);
  }
}

function gridOf({ bpm, beat_times: beats, downbeat_times: downbeats, beats_per_bar: beatsPerBar }) {
  return { bpm, beats, downbeats, beatsPerBar };
}

function nearest(times, time) {
  return times.reduce((best, one, index) => (Math.abs(one - time) < Math.abs(times[best] - time) ? index : best), 0);
}

/** Tapping along: the first tap starts the song, a pause ends the tapping. */
class Taps {
  constructor(timeline, onEnd) {
    Object.assign(this, { timeline, onEnd, times: [], timer: 0 });
    this.line = form.querySelector("[data-tapped]");
  }

  tap() {
    panel.open = true;
    const { player } = this.timeline;
    if (!player.isPlaying()) {
      this.times = [];
      player.play();
      this.say("The song plays: tap on every beat, the first tap on a one.");
      return;
    }
    this.times.push(player.currentTime());
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.end(), PAUSE_MILLISECONDS);
    this.say(this.count());
  }

  count() {
    const { times } = this;
    if (times.length < FEWEST_TAPS) return `${times.length} of at least ${FEWEST_TAPS} taps.`;
    const period = (times.at(-1) - times[0]) / (times.length - 1);
    return `${times.length} taps, about ${told(60 / period)}. Stop tapping to set it.`;
  }

  end() {
    const { times } = this;
    this.times = [];
    this.line.hidden = true;
    if (times.length >= FEWEST_TAPS) this.onEnd(times.map((time) => Math.round(time * 1000) / 1000));
  }

  say(sentence) {
    this.line.hidden = false;
    this.line.textContent = sentence;
  }
}

if (form) whenReady().then((timeline) => new Beats(timeline));
