import { durationOf, stepKinds } from "./format.js";
import { html } from "./html.js";

/** @typedef {import("./live.js").Row} Row */

/** The steps of a row in a small picture. @param {{row: Row}} properties */
export function MiniWaterfall({ row }) {
  const total = Math.max(row.milliseconds, 1);
  const bars = [];
  for (let at = 0; at < row.steps.length; at += 4) {
    const [kind = 0, began = 0, milliseconds = 0, status = 0] = row.steps.slice(at, at + 4);
    const { id = "" } = stepKinds[kind] ?? {};
    bars.push(
      html`<span class=${`bar-${id} ${toneOf(status, milliseconds)}`} style=${place(began, milliseconds, total)}></span>`,
    );
  }
  return html`<span class="mini" aria-hidden="true">${bars}</span>`;
}

/**
 * A step's place on a line that is as long as the event's way so far.
 *
 * @param {number} began @param {number} milliseconds -1 while it runs @param {number} total
 */
export function place(began, milliseconds, total) {
  const left = Math.min(Math.max((began / total) * 100, 0), 99);
  const width = milliseconds < 0 ? 100 - left : Math.min((milliseconds / total) * 100, 100 - left);
  return { left: `${left}%`, width: `max(${width}%, 3px)` };
}

/** @param {number} status 0 without an answer @param {number} milliseconds -1 while the step runs */
export function toneOf(status, milliseconds) {
  if (milliseconds < 0) return "busy";
  if (status === 0) return "";
  if (status < 400) return "good";
  return status === 429 || status === 503 ? "warn" : "bad";
}

/**
 * The steps of an event, one below the other.
 *
 * @param {{began: number, steps: readonly any[], selected: number, select: (index: number) => void}} properties
 *   steps as sandbox/console/details.ts describes them
 */
export function Waterfall({ began, steps, selected, select }) {
  const ends = steps.map((step) => step.began - began + (step.milliseconds ?? 0));
  const total = Math.max(...ends, 1);
  return html`<ol class="waterfall">
    ${steps.map((step, index) => {
      const kind = stepKinds.find(({ id }) => id === step.kind);
      const milliseconds = step.milliseconds ?? -1;
      const isAttempt = (step.kind === "attempt" || step.kind === "delivery") && step.attempt > 1;
      const source = step.kind === "task" && step.source !== "hook" ? `, found by ${step.source}` : "";
      const isInner = ["signature", "token", "members", "membership"].includes(step.kind);
      return html`<li key=${index}>
        <button type="button" class=${`step ${isInner ? "inner" : ""}`} aria-expanded=${index === selected ? "true" : "false"}
          onClick=${() => select(index === selected ? -1 : index)}>
          <span class="step-title">${kind?.title ?? step.kind}${isAttempt ? `, attempt ${step.attempt}` : ""}${source}</span>
          <span class="step-line" aria-hidden="true"><span class=${`bar-${step.kind} ${toneOf(step.status ?? 0, milliseconds)}`}
            style=${place(step.began - began, milliseconds, total)}></span></span>
          <span class="step-status">${statusText(step)}</span>
          <span class="step-time">${milliseconds < 0 ? "…" : step.kind === "task" ? `+${durationOf(step.began - began)}` : durationOf(milliseconds)}</span>
        </button>
      </li>`;
    })}
  </ol>`;
}

/** @param {any} step */
function statusText(step) {
  if (step.kind === "given-up") return "";
  if (step.status !== undefined) return String(step.status);
  if (step.milliseconds === undefined) return "under way";
  return step.kind === "task" ? "queued" : "no answer";
}
