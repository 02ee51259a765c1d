/**
 * What the modules of all pages share; importing it does nothing by itself (page.js listens).
 *
 *     import { toast, announce, icon, csrfToken } from "./app.js"
 */

const TOAST_SECONDS = 7;

/** An icon of the sprite as an SVG element. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

/** The token that every POST of a module sends as X-CSRFToken. */
export function csrfToken() {
  return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}

let lastSaid = "";

/** Say a sentence to screen readers, once. */
export function announce(sentence) {
  if (sentence === lastSaid) return;
  lastSaid = sentence;
  document.getElementById("announcer").textContent = sentence;
}

/** Show a message in the corner; tone is "good" or "bad". */
export function toast(sentence, tone = "good") {
  const box = document.createElement("div");
  box.className = "toast";
  box.dataset.tone = tone;
  const text = document.createElement("p");
  text.textContent = sentence;
  box.append(icon(tone === "bad" ? "warning" : "check"), text, closeButton());
  document.getElementById("toasts").append(box);
  letItGo(box);
}

function closeButton() {
  const button = document.createElement("button");
  button.className = "toast__close";
  button.type = "button";
  button.dataset.dismisses = "";
  button.setAttribute("aria-label", "Dismiss");
  button.append(icon("close"));
  return button;
}

/** Bad news stays until it is dismissed; the rest goes by itself unless it is being read. */
export function letItGo(box) {
  if (box.dataset.tone === "bad") return;
  const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : box.remove());
  setTimeout(leave, TOAST_SECONDS * 1000);
}
