/**
 * Sending a form with a file. The server says where the file goes: with the form, or first straight
 * into the store, by a form that is signed for this one file; then a token stands in its place.
 */

import { csrfToken } from "./app.js";

const ASK = "/api/uploads";
const TOO_LARGE = 413;
const OFFER_PATIENCE_MS = 20_000;

/**
 * `on` has `progress(loaded, total)`, `answer(status, json)`, `lost(isSent)` and `stopped(isSent)`: one of
 * the last three is called once. With `isSent` the site had all of it, and may have stored it without our
 * hearing of it. The answer is abortable: `abort()` stops whatever is on the way.
 */
export function sendForm(form, body, file, on) {
  const sending = new Sending(form, body, file, on);
  sending.start();
  return sending;
}

const ids = new Map();

/** The id to send with a file, the same each time: what is sent again after a stop is stored once. */
export function idOf({ name, size, lastModified }) {
  const file = JSON.stringify([name, size, lastModified]);
  if (!ids.has(file)) ids.set(file, newId());
  return ids.get(file);
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

class Sending {
  constructor(form, body, file, on) {
    Object.assign(this, { form, body, file, on, request: null, isStopped: false, isSent: false });
    this.field = form.querySelector("input[type=file]").name;
  }

  async start() {
    const [status, offer] = await askWhere(this.file);
    if (this.isStopped) return;
    if (status === 0) this.on.lost(false);
    else if (status !== 200) this.on.answer(status, offer);
    else if (offer.way === "store") this.sendToStore(offer);
    else this.sendWithForm();
  }

  abort() {
    if (this.isStopped) return;
    this.isStopped = true;
    this.request?.abort();
    this.on.stopped(this.isSent);
  }

  sendWithForm() {
    this.body.set(this.field, this.file);
    this.sendToSite({ hasFile: true });
  }

  /** The file must be the last field: stores read no field that comes after it. */
  sendToStore({ url, fields, stored }) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    body.append("file", this.file);
    this.post(url, body, { hasFile: true }, (status, text) => {
      if (status >= 200 && status < 300) this.sendToken(stored);
      else this.on.answer(statusOfStore(status, text), null);
    });
  }

  sendToken(stored) {
    this.body.delete(this.field);
    this.body.set("stored", stored);
    this.sendToSite({ hasFile: false });
  }

  sendToSite({ hasFile }) {
    const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
    const onSent = () => { this.isSent = true; };
    this.post(this.form.action, this.body, { hasFile, headers, onSent }, (status, text) => this.on.answer(status, asJson(text)));
  }

  post(url, body, { hasFile, headers = {}, onSent = null }, answered) {
    const request = new XMLHttpRequest();
    this.request = request;
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.addEventListener("load", () => answered(request.status, request.responseText));
    request.addEventListener("error", () => this.on.lost(this.isSent));
    if (hasFile) request.upload.addEventListener("progress", (event) => this.on.progress(event.loaded, event.total));
    if (onSent) request.upload.addEventListener("load", onSent);
    request.send(body);
  }
}

/** [200, {way, …}], or the status and the answer of a refusal; status 0 without any answer. */
async function askWhere(file) {
  try {
    const answer = await fetch(ASK, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify({ name: file.name.slice(-255), size: file.size }),
      signal: AbortSignal.timeout(OFFER_PATIENCE_MS),
    });
    return [answer.status, asJson(await answer.text())];
  } catch {
    return [0, null];
  }
}

function asJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A store says in its own words, with status 400, that a file is larger than its form allows. */
function statusOfStore(status, text) {
  return status === 400 && text.includes("EntityTooLarge") ? TOO_LARGE : status;
}
