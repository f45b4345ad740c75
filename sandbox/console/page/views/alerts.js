import { Fragment } from "preact";
import { numberOf, plural, timeOf } from "../format.js";
import { html } from "../html.js";
import { useAnswer } from "../use-answer.js";

/** @typedef {{openedAt: number, closedAt?: number}} Incident */

/** The declared alerts and objectives, evaluated over what happens in the sandbox. */
export function View() {
  const { answer, failure } = useAnswer("/alerts", (state) => [
    state?.firing,
    state?.logEntries,
    state?.queues.map(({ tasks }) => tasks),
  ]);
  const alerts = answer?.alerts ?? [];
  const firing = alerts.filter((/** @type {any} */ { incidents }) => incidents.some(isOpen));
  return html`
    <div class="view-head"><div><h2>Alerts and objectives</h2>
      <p class="quiet-text">${
        answer === undefined
          ? "…"
          : firing.length === 0
            ? `None of the ${alerts.length} alerts of the program fires. They have their real durations: break something, sign people in, and wait some minutes.`
            : `${plural(firing.length, "alert")} of ${alerts.length} ${firing.length === 1 ? "fires" : "fire"}.`
      }</p></div></div>
    ${failure !== "" && html`<p class="notice bad">${failure}</p>`}
    <ul class="tiles objectives">${(answer?.objectives ?? []).map((/** @type {any} */ objective) => html`<${Objective} key=${objective.title} objective=${objective} />`)}</ul>
    <section class="panel" aria-label="Alerts">
      <ul>${alerts.map((/** @type {any} */ alert) => html`<${Alert} key=${alert.key} alert=${alert} />`)}</ul>
    </section>
  `;
}

/** Markdown with nothing in it but code. @param {string} text */
function prose(text) {
  return text
    .split("`")
    .map((part, index) =>
      index % 2 === 1
        ? html`<code key=${index}>${part}</code>`
        : html`<${Fragment} key=${index}>${part}</${Fragment}>`,
    );
}

/** @param {Incident} incident */
function isOpen({ closedAt }) {
  return closedAt === undefined;
}

/** @param {{objective: {title: string, goal: number, good: number, all: number}}} properties */
function Objective({ objective: { title, goal, good, all } }) {
  const share = all === 0 ? undefined : good / all;
  const isMet = share === undefined || share >= goal;
  return html`<li class="panel tile">
    <strong>${title}</strong>
    <span class=${`figure ${isMet ? "" : "missed"}`}>${share === undefined ? "–" : `${(share * 100).toFixed(share === 1 ? 0 : 2)} %`}</span>
    <span class="quiet-text">${all === 0 ? "Nothing has counted yet." : `${numberOf(good)} of ${numberOf(all)} were good; the goal is ${goal * 100} %.`}</span>
  </li>`;
}

/** @param {{alert: {title: string, severity: string, firesWithin: number, incidents: readonly Incident[],
 *   runbook: {meaning: string, look: string, act: string, over: string}}}} properties */
function Alert({ alert: { title, severity, firesWithin, incidents, runbook } }) {
  const open = incidents.find(isOpen);
  const last = incidents[0];
  const state =
    open !== undefined
      ? {
          mark: "!",
          tone: severity === "WARNING" ? "warn" : "bad",
          text: `fires since ${timeOf(open.openedAt)}`,
        }
      : last !== undefined
        ? { mark: "✓", tone: "good", text: `resolved at ${timeOf(last.closedAt ?? 0)}` }
        : { mark: "✓", tone: "quiet", text: "quiet" };
  return html`<li class="alert"><details open=${open !== undefined}>
    <summary><span class=${`mark ${state.tone}`} aria-hidden="true">${state.mark}</span>
      <span class="alert-title"><strong>${title}</strong> <span class="quiet-text">${severity.toLowerCase()}, within ${firesWithin} minutes</span></span>
      <span class=${`result ${state.tone}`}>${state.text}</span></summary>
    <dl class="facts">
      <div><dt>Means</dt><dd>${prose(runbook.meaning)}</dd></div>
      <div><dt>Look</dt><dd>${prose(runbook.look)}</dd></div>
      <div><dt>Do</dt><dd>${prose(runbook.act)}</dd></div>
      <div><dt>Over when</dt><dd>${prose(runbook.over)}</dd></div>
      ${incidents.length > 0 && html`<div><dt>Incidents</dt><dd>${incidents.map(({ openedAt, closedAt }) => `${timeOf(openedAt)}–${closedAt === undefined ? "now" : timeOf(closedAt)}`).join(", ")}</dd></div>`}
    </dl>
  </details></li>`;
}
