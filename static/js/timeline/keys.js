/** The keyboard. None of it fires while somebody types, or when another button has the focus. */

const TYPING = "input, textarea, select, [contenteditable], dialog, dialog *";
const PRESSABLE = "button, a, summary, audio, video";

/** Keys that work anywhere on the page, by what the browser calls them. */
function anywhere(app) {
  return {
    " ": () => app.togglePlay(),
    k: () => app.togglePlay(),
    j: () => app.jumpBars(-1),
    l: () => app.jumpBars(1),
    ",": () => app.jumpBeat(-1),
    ".": () => app.jumpBeat(1),
    Home: () => app.jumpTo(0),
    End: () => app.jumpTo(app.duration),
    s: () => app.cutAtPlayhead(),
    n: () => app.toggleSnap(),
    c: () => app.toggleClicks(),
    f: () => app.fit(),
    "+": () => app.zoomBy(1),
    "=": () => app.zoomBy(1),
    "-": () => app.zoomBy(-1),
    _: () => app.zoomBy(-1),
    PageUp: () => app.panBy(-1),
    PageDown: () => app.panBy(1),
    "?": () => app.help(),
  };
}

/** Keys that work while a section or a border has the focus. */
function onItem(app) {
  return {
    ArrowLeft: (event) => app.arrow(-1, event),
    ArrowRight: (event) => app.arrow(1, event),
    Home: () => app.stepTo(-Infinity),
    End: () => app.stepTo(Infinity),
    Enter: () => app.edit(),
    F2: () => app.edit(),
    Delete: () => app.removeCurrent(),
    Backspace: () => app.removeCurrent(),
    Escape: () => app.leaveItem(),
  };
}

export function listenToKeys(app) {
  const general = anywhere(app);
  const special = onItem(app);
  document.addEventListener("keydown", (event) => {
    if (event.target.matches(TYPING)) return;
    const act = isUndo(event) ? undoOf(app, event) : actOf(event, app, general, special);
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}

function isUndo(event) {
  return (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "z";
}

function undoOf(app, event) {
  return event.shiftKey ? () => app.redo() : () => app.undo();
}

function actOf(event, app, general, special) {
  if (event.ctrlKey || event.metaKey) return event.key === "y" && event.ctrlKey ? () => app.redo() : null;
  const isItem = app.isItem(event.target);
  if (isItem && special[event.key]) return special[event.key];
  if (event.altKey) return null;
  const isOther = !isItem && event.target.closest(PRESSABLE);
  if (isOther && (event.key === " " || event.key === "Enter")) return null;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return app.keys.get(name) ?? general[name] ?? null;
}
