import { useEffect, useRef } from "preact/hooks";
import { html } from "./html.js";
import { views } from "./views.js";

/** @type {readonly (readonly [keys: string, meaning: string])[]} */
const keys = [
  ["s", "Type who signs in"],
  ["↑ ↓ or k j", "Select another event; PageUp, PageDown, Home and End move further"],
  ["Enter", "Read the selected event"],
  ["Esc", "Back to the list"],
  ["r", "Run the selected event again"],
  ["/", "Filter the list"],
  ["n", "Show the newest events"],
  ["t", "Change the theme"],
  ["?", "Open and close this help"],
];

/** Every key, and where to read more. @param {{close: () => void}} properties */
export function Help({ close }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return html`<dialog ref=${dialog} class="help" aria-labelledby="help-title" onClose=${close} onKeyDown=${(
    /** @type {KeyboardEvent} */ event,
  ) => event.key === "?" && dialog.current?.close()}>
    <form method="dialog">
      <header><h2 id="help-title">Keyboard</h2><button class="quiet" aria-label="Close">✕</button></header>
      <dl class="keys">
        ${keys.map(([key, meaning]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${meaning}</dd></div>`)}
        <div><dt><kbd>1</kbd> … <kbd>${views.length}</kbd></dt><dd>${views.map(({ title }) => title).join(", ")}</dd></div>
      </dl>
      <p class="hint">Everything here happens on this machine: an Okta org and a Google Cloud project that speak HTTP like the real ones. Ctrl-C in the terminal destroys it.</p>
    </form>
  </dialog>`;
}
