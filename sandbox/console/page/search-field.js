import { useEffect, useRef } from "preact/hooks";
import { html } from "./html.js";
import { onKeys } from "./keys.js";

/**
 * A field to search in what a view shows; `/` leads to it.
 *
 * @param {{label: string, value: string, change: (value: string) => void}} properties
 */
export function SearchField({ label, value, change }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => onKeys({ "/": () => field.current?.focus() }), []);
  return html`<input type="search" ref=${field} value=${value} aria-label=${label} placeholder="Search  ( / )"
    onInput=${(/** @type {Event} */ event) => event.target instanceof HTMLInputElement && change(event.target.value)}
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && field.current?.blur()} />`;
}
