/** Sending the drawing. */

import { csrfToken } from "../app.js";
import { toSend } from "./model.js";

/** Returns { url } when it is saved, else { sentence, errors }. */
export async function send(url, drawing) {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify({ sections: toSend(drawing) }),
    });
    const body = await answer.json();
    return answer.ok ? { url: body.url } : { sentence: body.detail, errors: body.errors ?? {} };
  } catch {
    return { sentence: "The server could not be reached. Your drawing is kept in this browser; please try again.", errors: {} };
  }
}
