/** The making: the tab says how far it is, so that one can look away. */

const TITLE = document.title;

function tell() {
  const making = document.getElementById("making");
  if (making) document.title = `${making.dataset.percent} % · ${TITLE}`;
}

document.addEventListener("htmx:afterSettle", tell);
tell();
