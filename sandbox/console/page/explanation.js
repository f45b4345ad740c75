import { html } from "./html.js";

/**
 * What each rule says of an event: whether it matches, and which of its parts is false.
 *
 * @param {{verdicts: readonly {rule: number, group: string, matches: boolean, parts: readonly {text: string, value: string, reason?: string}[]}[]}} properties
 */
export function Explanation({ verdicts }) {
  if (verdicts.length === 0) return null;
  return html`<section aria-label="Rules">
    <h3>Why</h3>
    ${verdicts.map(({ rule, group, matches, parts }) => {
      const failed = parts.filter(({ value }) => value !== "true");
      return html`<div key=${rule} class="rule">
        <p><span class=${`mark ${matches ? "good" : "quiet"}`} aria-hidden="true">${matches ? "✓" : "–"}</span>
          Rule ${rule + 1} ${matches ? "matches" : "does not match"}: <strong>${group}</strong></p>
        <ul class="parts">${parts.map(
          ({
            text,
            value,
            reason,
          }) => html`<li key=${text} class=${value === "true" ? "part" : "part failed"}>
            <span class=${`mark ${value === "true" ? "good" : "bad"}`} aria-hidden="true">${value === "true" ? "✓" : "✗"}</span>
            <span><code>${text}</code>${value === "true" ? "" : value === "false" ? " is false" : ` has no value: ${reason ?? ""}`}</span></li>`,
        )}</ul>
        ${!matches && failed.length === 0 && html`<p class="quiet-text">No part is false by itself.</p>`}
      </div>`;
    })}
  </section>`;
}
