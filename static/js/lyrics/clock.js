/** Times as the editor writes and reads them. */

import { clock } from "../timeline/words.js";

export { clock };

/** Seconds of `1:02.50`, `62.5` or `1:02,5`; NaN for anything else. */
export function read(text) {
  const found = /^\s*(?:(\d{1,3}):)?(\d{1,4}(?:[.,]\d{1,3})?)\s*$/.exec(text);
  if (!found) return NaN;
  return 60 * Number(found[1] ?? 0) + Number(found[2].replace(",", "."));
}
