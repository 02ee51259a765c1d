/** The color of a section follows its label: every chorus looks alike. No DOM in here. */

export const TINTS = 10;
// What songs are made of has a color of its own; other words take those that are left, in order.
const KNOWN = new Map([
  ["intro", 7], ["verse", 1], ["chorus", 0], ["hook", 0], ["refrain", 0], ["drop", 0], ["bridge", 3],
  ["build", 2], ["rise", 2], ["break", 9], ["breakdown", 9], ["solo", 5], ["interlude", 6], ["outro", 8],
]);
const NUMBERED = /^part \d+$/;

/** The color (0 to 9) of each section, in order. */
export function tintsOf(sections) {
  const names = sections.map(({ label }) => nameOf(label));
  const taken = new Set(names.map((name) => KNOWN.get(name)).filter((tint) => tint !== undefined));
  const chosen = new Map();
  for (const name of names) {
    if (!chosen.has(name)) chosen.set(name, KNOWN.get(name) ?? firstFree(taken, chosen.size));
    taken.add(chosen.get(name));
  }
  return names.map((name) => chosen.get(name));
}

function firstFree(taken, otherwise) {
  for (let tint = 0; tint < TINTS; tint += 1) if (!taken.has(tint)) return tint;
  return otherwise % TINTS;
}

/** "Last Chorus 2" is a chorus, "Rain 2" a rain; the numbered names that new sections get stay apart. */
function nameOf(label) {
  const plain = label.trim().toLowerCase();
  if (NUMBERED.test(plain)) return plain;
  const words = plain.replace(/\d+$/, "").split(/[\s-]+/).filter(Boolean);
  return words.findLast((word) => KNOWN.has(word)) ?? words.join(" ");
}
