import { useEffect, useState } from "preact/hooks";
import { get, mayChange } from "./api.js";
import { Exchange } from "./exchange.js";
import { Explanation } from "./explanation.js";
import { durationOf, outcomeOf, plain, timeOf, typeTitle } from "./format.js";
import { html } from "./html.js";
import { Json } from "./json.js";
import { useLive } from "./live.js";
import { Waterfall } from "./waterfall.js";

/**
 * One event's way, with every request and answer.
 *
 * @param {{uuid: string, close: () => void, again: () => void}} properties
 */
export function Detail({ uuid, close, again }) {
  const row = useLive((live) => live.row(uuid));
  const connection = useLive((live) => live.connection);
  const [details, setDetails] = useState(/** @type {any} */ (undefined));
  const [failure, setFailure] = useState("");
  const [step, setStep] = useState(-1);

  useEffect(() => {
    if (row === undefined || connection !== "live") return;
    let isWanted = true;
    get(`/events/${uuid}`).then(
      (answer) => {
        if (!isWanted) return;
        setDetails(answer);
        setFailure("");
      },
      (error) => isWanted && setFailure(error.message),
    );
    return () => {
      isWanted = false;
    };
  }, [uuid, row, connection]);

  if (row === undefined)
    return html`<p class="empty">The event has not arrived yet, or is no longer kept.</p>`;
  const { tone, mark, title, text } = outcomeOf(row.outcome);
  const shown = details?.steps[step];
  return html`<article class="event">
    <header class="event-head">
      <button type="button" class="quiet back" onClick=${close} aria-label="Back to the list">←</button>
      <div class="event-title">
        <h2><bdi>${plain(row.name || row.login, 120)}</bdi></h2>
        <p class="quiet-text"><bdi>${plain(row.login, 120)}</bdi> · ${typeTitle(row.type)} · ${timeOf(row.at)} · ${
          row.engine === "classic" ? "Classic" : "Identity Engine"
        }</p>
      </div>
      <button type="button" onClick=${again} disabled=${!mayChange} title="Run again (r)">Run again</button>
    </header>
    <p class=${`verdict ${tone}`}><span class=${`mark ${tone}`} aria-hidden="true">${mark}</span>
      <span><strong>${title}</strong>${row.outcome === "member" ? ` after ${durationOf(row.milliseconds)}` : ""}. ${text}</span></p>
    ${failure !== "" && html`<p class="notice bad">${failure}</p>`}
    ${
      details === undefined
        ? html`<p class="quiet-text">…</p>`
        : html`
          <section aria-label="Steps">
            <h3>Steps</h3>
            ${details.steps.length === 0 && html`<p class="quiet-text">Okta has recorded the event, and nothing else has happened yet.</p>`}
            <${Waterfall} began=${details.began} steps=${details.steps} selected=${step} select=${setStep} />
            ${shown !== undefined && html`<${Exchange} step=${shown} isShortened=${details.isShortened} />`}
          </section>
          <${Explanation} verdicts=${details.verdicts} />
          ${
            details.lines.length > 0 &&
            html`<section aria-label="Log entries"><h3>What the functions logged</h3>
              ${details.lines.map(
                (
                  /** @type {any} */ { at, function: name, line },
                  /** @type {number} */ index,
                ) => html`<details key=${index} class="line">
                  <summary><time>${timeOf(at)}</time> <strong>${functionOf(name)}</strong> ${plain(String(line.message ?? ""), 300)}</summary>
                  <${Json} value=${line} />
                </details>`,
              )}</section>`
          }
          <section aria-label="Event"><details class="line"><summary>The event in Okta's System Log</summary>
            ${details.event === undefined ? html`<p class="quiet-text">It is no longer in the log.</p>` : html`<${Json} value=${details.event} />`}
          </details></section>
        `
    }
  </article>`;
}

/** `signin-groups-grant-1a2b3c4` is grant. @param {string} service */
function functionOf(service) {
  return ["receive", "grant", "reconcile"].find((name) => service.includes(name)) ?? service;
}
