/** The waveform's numbers: lowest and highest sample of each hundredth of a second. */

import { waveOf } from "./wave.js";

export async function fetchWave(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The waveform could not be loaded (${answer.status}).`);
  return waveOf(await answer.json());
}
