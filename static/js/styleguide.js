/** The style guide: paints the swatches and shows a toast. */

import { toast } from "./app.js";

for (const swatch of document.querySelectorAll("[data-token]")) {
  swatch.style.background = `var(--${swatch.dataset.token})`;
}
document.querySelector("[data-sg-toast]").addEventListener("click", () => toast("Your song is ready."));
