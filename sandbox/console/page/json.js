import { plain } from "./format.js";
import { html } from "./html.js";

/** Longer texts are cut, or the page would be slow. In characters. */
const LONGEST = 20_000;

/** A value as JSON, coloured. @param {{value: unknown}} properties */
export function Json({ value }) {
  const text = JSON.stringify(value, undefined, 2) ?? "";
  const cut =
    text.length > LONGEST ? `${text.slice(0, LONGEST)}\n… ${text.length - LONGEST} more characters` : text;
  return html`<pre class="code" tabindex="0" dir="ltr">${coloured(cut)}</pre>`;
}

/** Text as it is, or as JSON where it is JSON. @param {{text: string}} properties */
export function Body({ text }) {
  if (text === "") return html`<p class="quiet-text">No body.</p>`;
  try {
    return html`<${Json} value=${JSON.parse(text)} />`;
  } catch {
    return html`<pre class="code" tabindex="0" dir="ltr">${visible(text.slice(0, LONGEST))}</pre>`;
  }
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?)/g;

/** @param {string} text */
function coloured(text) {
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon] = match;
    parts.push(text.slice(last, match.index));
    const kind = string === undefined ? "literal" : colon === undefined ? "string" : "key";
    parts.push(html`<span class=${`json-${kind}`}>${visible(string ?? whole)}</span>`, colon ?? "");
    last = match.index + whole.length;
  }
  parts.push(text.slice(last));
  return parts;
}

/** Shows what would turn the direction of the text or could not be seen; lines stay. @param {string} text */
function visible(text) {
  return text
    .split("\n")
    .map((line) => plain(line, LONGEST))
    .join("\n");
}
