/**
 * Sharing: copy the address, and open the dialog when the page is asked for with #share.
 *
 * [data-copies="id"]   copies the value of the field with that id
 */

import { announce, toast } from "./app.js";

async function onClick(event) {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copies);
  if (await copied(field)) {
    announce("The address is copied.");
    button.querySelector("span").textContent = "Copied";
  } else {
    toast("The address could not be copied. It is selected now: copy it by hand.", "bad");
  }
}

/** The clipboard is there on https and on this machine only; elsewhere the old way still works. */
async function copied(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}

document.addEventListener("click", onClick);
if (location.hash === "#share") document.getElementById("share")?.showModal();
