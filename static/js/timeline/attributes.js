/** Writing into the page only what differs: the same value again may cost as much as another one. */

export function write(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
  }
}

export function writeText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
