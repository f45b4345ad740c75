import { useState } from "preact/hooks";
import { plain, plural, timeOf } from "../format.js";
import { html } from "../html.js";
import { Json } from "../json.js";
import { SearchField } from "../search-field.js";
import { useAnswer } from "../use-answer.js";

/** Okta's System Log, the newest entry first. */
export function View() {
  const [search, setSearch] = useState("");
  const [open, setOpen] = useState("");
  const { answer, failure } = useAnswer(
    `/log?search=${encodeURIComponent(search)}`,
    (state) => state?.logEntries,
  );
  const shown = answer?.events ?? [];
  return html`
    <div class="view-head"><div><h2>System Log</h2>
      <p class="quiet-text">What Okta records. reconcile reads it from its cursor, and finds what was not delivered.</p></div></div>
    <section class="panel table-panel" aria-label="System Log">
      <div class="bar"><${SearchField} label="Search the System Log" value=${search} change=${setSearch} />
        <span class="count">${answer === undefined ? "" : plural(answer.total, "entry", "entries")}</span></div>
      ${failure !== "" && html`<p class="notice bad">${failure}</p>`}
      <div class="scroll" tabindex="0" role="region" aria-label="Entries, the newest first"><ol>
        ${shown.map(
          (/** @type {any} */ event) => html`<li key=${event.uuid} class="log-item">
            <button type="button" class="log-entry" aria-expanded=${open === event.uuid ? "true" : "false"}
              onClick=${() => setOpen(open === event.uuid ? "" : event.uuid)}>
              <time class="quiet-text">${timeOf(Date.parse(event.published))}</time>
              <code>${event.eventType}</code>
              <span class=${`result ${event.outcome.result === "SUCCESS" ? "good" : "bad"}`}>${event.outcome.result}</span>
              <span class="log-actor"><bdi>${plain(event.actor.alternateId, 100)}</bdi></span>
            </button>
            ${open === event.uuid && html`<${Json} value=${event} />`}
          </li>`,
        )}
      </ol></div>
      ${answer !== undefined && shown.length === 0 && html`<p class="empty">${search === "" ? "The log is empty." : `No entry has “${search}”.`}</p>`}
      ${answer !== undefined && answer.total > shown.length && search === "" && html`<p class="hint table-foot">The newest ${shown.length} are shown. Search for others.</p>`}
    </section>
  `;
}
