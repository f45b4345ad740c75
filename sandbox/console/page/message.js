import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";

/** @typedef {{text: string, tone: "good" | "bad"}} Message */

/** @type {Set<(message: Message) => void>} */
const listeners = new Set();

/** Says something to the person, for some seconds. @param {string} text @param {Message["tone"]} [tone] */
export function say(text, tone = "good") {
  for (const listener of listeners) listener({ text, tone });
}

/**
 * Does something, and says what went wrong where it fails.
 *
 * @template Result
 * @param {() => Promise<Result>} act
 * @returns {Promise<Result | undefined>}
 */
export async function attempt(act) {
  try {
    return await act();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), "bad");
    return undefined;
  }
}

/** Where messages appear. */
export function Messages() {
  const [message, setMessage] = useState(/** @type {Message | undefined} */ (undefined));
  useEffect(() => {
    listeners.add(setMessage);
    return () => void listeners.delete(setMessage);
  }, []);
  useEffect(() => {
    if (message === undefined) return;
    const timer = setTimeout(() => setMessage(undefined), 8000);
    return () => clearTimeout(timer);
  }, [message]);
  return html`<div class="messages" role="status" aria-live="polite">
    ${message && html`<p class=${`message ${message.tone}`}>${message.text}</p>`}
  </div>`;
}
