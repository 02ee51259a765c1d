/**
 * What can be undone, as data. No DOM in here. A history is { past, future, gesture }; an entry is
 * { undo, redo, label }: two functions, and what was done in words.
 */

const MAX_STEPS = 200;

export const EMPTY = { past: [], future: [], gesture: null };

/**
 * Add what was just done. Entries with the same `gesture` (a word, such as "label 2") that follow each
 * other are one: it undoes to before the first and does again up to the last.
 */
export function push(history, entry, gesture = null) {
  const goesOn = gesture !== null && gesture === history.gesture;
  const past = goesOn ? extended(history.past, entry) : [...history.past, entry].slice(-MAX_STEPS);
  return { past, future: [], gesture };
}

function extended(past, entry) {
  return [...past.slice(0, -1), { ...past.at(-1), redo: entry.redo }];
}

/** The gesture is over: the next entry is one of its own. */
export function settle(history) {
  return history.gesture === null ? history : { ...history, gesture: null };
}

/** The history after one step back; its entry is the first of `future`. */
export function back(history) {
  if (!history.past.length) return history;
  return { past: history.past.slice(0, -1), future: [history.past.at(-1), ...history.future], gesture: null };
}

/** The history after one step forth; its entry is the last of `past`. */
export function forth(history) {
  if (!history.future.length) return history;
  const [entry, ...future] = history.future;
  return { past: [...history.past, entry], future, gesture: null };
}
