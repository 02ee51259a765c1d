/** The waveform's numbers: lowest and highest sample of each hundredth of a second. */

export async function fetchPeaks(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The waveform could not be loaded (${answer.status}).`);
  const { per_second: perSecond, min, max } = await answer.json();
  let loudest = 1;
  for (let index = 0; index < max.length; index += 1) loudest = Math.max(loudest, max[index], -min[index]);
  return { perSecond, min, max, loudest };
}
