/**
 * Shows over the picture what players leave free. The choice is remembered in this browser.
 *
 * Markup   [data-safe-toggle] with aria-pressed, [data-safe-root] around the pictures and their svg.safe.
 */

import { announce } from "./app.js";

const KEPT = "vibecraft.safe-areas";
const toggle = document.querySelector("[data-safe-toggle]");
const root = document.querySelector("[data-safe-root]");

function show(isShown) {
  root.toggleAttribute("data-shows-safe", isShown);
  toggle.setAttribute("aria-pressed", String(isShown));
}

function onPress() {
  const isShown = toggle.getAttribute("aria-pressed") !== "true";
  localStorage.setItem(KEPT, isShown ? "shown" : "");
  show(isShown);
  announce(isShown ? "Safe areas are shown." : "Safe areas are hidden.");
}

toggle?.addEventListener("click", onPress);
if (toggle && localStorage.getItem(KEPT)) show(true);
