import { html } from "./html.js";
import { Body } from "./json.js";

/**
 * A step's request and answer as they went over the wire, secrets masked.
 *
 * @param {{step: any, isShortened: boolean}} properties the step as sandbox/console/details.ts describes it
 */
export function Exchange({ step, isShortened }) {
  const { exchange } = step;
  if (exchange === undefined) {
    return html`<div class="exchange"><p class="quiet-text">${
      isShortened
        ? "The request is no longer kept: the sandbox keeps those of the latest 2,000 events."
        : step.milliseconds === undefined
          ? "The request is under way. It appears here with its answer."
          : step.kind === "given-up"
            ? "No request: the time of the task is over."
            : "There was no request: nobody could be reached."
    }</p></div>`;
  }
  return html`<div class="exchange">
    <section aria-label="Request">
      <h4>Request</h4>
      <p class="request-line"><strong>${exchange.method}</strong> <span>${exchange.url}</span></p>
      <${Headers} headers=${exchange.requestHeaders} />
      <${Body} text=${exchange.requestBody} />
      <${TaskBody} text=${exchange.requestBody} />
    </section>
    <section aria-label="Answer">
      <h4>Answer</h4>
      <p class="request-line"><strong>${exchange.status ?? "No answer"}</strong> <span>after ${exchange.milliseconds} ms${
        step.reason === undefined ? "" : `: ${step.reason}`
      }</span></p>
      <${Headers} headers=${exchange.responseHeaders} />
      <${Body} text=${exchange.responseBody} />
    </section>
  </div>`;
}

/** The body of a task stands in the request in base64: what it says. @param {{text: string}} properties */
function TaskBody({ text }) {
  try {
    const { body } = JSON.parse(text).task.httpRequest;
    const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
    return html`<h4>The task's body, decoded</h4><${Body} text=${new TextDecoder().decode(bytes)} />`;
  } catch {
    return null; // It is the request of something else.
  }
}

/** @param {{headers: Readonly<Record<string, string>>}} properties */
function Headers({ headers }) {
  const entries = Object.entries(headers);
  if (entries.length === 0) return null;
  return html`<dl class="headers">${entries.map(
    ([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`;
}
