/** The style guide: paints each token as what it is, and shows a toast. */

import { toast } from "./app.js";

const PAINT = {
  Color: (style, value) => { style.background = value; },
  Space: (style, value) => { style.width = value; style.background = "var(--accent)"; },
  Radius: (style, value) => { style.borderRadius = value; },
  Depth: (style, value) => { style.boxShadow = value; },
};

for (const swatch of document.querySelectorAll("[data-token]")) {
  const { token, kind } = swatch.dataset;
  if (kind === "Type") sample(swatch, token);
  else if (kind === "Motion") swatch.textContent = getComputedStyle(swatch).getPropertyValue(`--${token}`);
  else PAINT[kind]?.(swatch.style, `var(--${token})`);
}

function sample(swatch, token) {
  swatch.classList.add("swatch--type");
  swatch.textContent = "Aa";
  swatch.style[token.startsWith("font") ? "fontFamily" : "fontSize"] = `var(--${token})`;
}

document.querySelector("[data-sg-toast]").addEventListener("click", () => toast("Your song is ready."));
