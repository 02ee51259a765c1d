/** Undo and redo. No DOM in here. A history is { past, present, future, gesture }. */

const MAX_STEPS = 200;

export function start(present) {
  return { past: [], present, future: [], gesture: null };
}

/**
 * Take a new state. Commits with the same `gesture` (a word, such as "label 2") that follow each other
 * are one step; a state that is the same object is no step.
 */
export function commit(history, state, gesture = null) {
  if (state === history.present) return history;
  const goesOn = gesture !== null && gesture === history.gesture;
  const past = goesOn ? history.past : [...history.past, history.present].slice(-MAX_STEPS);
  return { past, present: state, future: [], gesture };
}

/** The gesture is over: the next commit is a step of its own. */
export function settle(history) {
  return history.gesture === null ? history : { ...history, gesture: null };
}

export function undo(history) {
  if (!history.past.length) return history;
  const present = history.past.at(-1);
  return { past: history.past.slice(0, -1), present, future: [history.present, ...history.future], gesture: null };
}

export function redo(history) {
  if (!history.future.length) return history;
  const [present, ...future] = history.future;
  return { past: [...history.past, history.present], present, future, gesture: null };
}
