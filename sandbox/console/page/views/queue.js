import { useEffect, useState } from "preact/hooks";
import { durationOf, numberOf, plural, timeOf } from "../format.js";
import { html } from "../html.js";
import { useLive } from "../live.js";
import { useAnswer } from "../use-answer.js";

/** The queue, the cursor of `reconcile`, and what is left of Okta's rate limits. */
export function View() {
  const state = useLive((live) => live.state);
  const now = useNow();
  const { answer, failure } = useAnswer("/queue", (current) => current?.queues);
  if (state === undefined) return html`<p class="starting">…</p>`;
  const { cursor, limits, hook } = state;
  return html`
    <div class="view-head"><div><h2>Queue, cursor and limits</h2>
      <p class="quiet-text">What waits, how far the System Log has been read, and what Okta still takes.</p></div></div>
    ${failure !== "" && html`<p class="notice bad">${failure}</p>`}
    <div class="areas">
      <section class="panel" aria-label="Rate limits">
        <h3>Okta's rate limits</h3>
        ${limits.length === 0 && html`<p class="quiet-text">Nobody has called Okta within the last minute.</p>`}
        <ul class="limits">${limits.map(
          ({ name, limit, used, ends }) => html`<li key=${name}>
            <div class="limit-head"><span>${limitTitle(name)}</span><span class="count">${numberOf(used)} of ${numberOf(limit)} calls, ends in ${durationOf(Math.max(ends - now, 0))}</span></div>
            <progress max=${limit} value=${used} class=${used >= limit ? "bad" : ""} aria-label=${`${limitTitle(name)}: ${used} of ${limit} calls`}></progress>
          </li>`,
        )}</ul>
      </section>
      <section class="panel" aria-label="Cursor">
        <h3>Cursor of reconcile</h3>
        ${
          cursor === undefined
            ? html`<p class="quiet-text">reconcile has not run yet. It runs every five minutes, and when you ask for it in “Break it”.</p>`
            : html`<dl class="facts"><div><dt>Read up to</dt><dd>${timeOf(Date.parse(cursor.reached))}, ${durationOf(Math.max(now - Date.parse(cursor.reached), 0))} ago</dd></div>
              <div><dt>Continues at</dt><dd><code>${cursor.next}</code></dd></div></dl>`
        }
      </section>
      <section class="panel" aria-label="Event hook">
        <h3>Event hook</h3>
        ${
          hook === undefined
            ? html`<p class="quiet-text">There is no event hook yet.</p>`
            : html`<dl class="facts"><div><dt>State</dt><dd>${hook.verified ? "verified" : "not verified: Okta delivers nothing"}</dd></div>
              <div><dt>Events</dt><dd>${hook.events.map((event) => html`<code key=${event}>${event}</code> `)}</dd></div></dl>`
        }
      </section>
      ${(answer?.queues ?? []).map(
        (
          /** @type {any} */ queue,
        ) => html`<section key=${queue.name} class="panel wide" aria-label=${`Queue ${queue.name}`}>
          <h3>${queue.name} <span class="count">${plural(queue.total, "task")}</span></h3>
          ${
            queue.total === 0
              ? html`<p class="quiet-text">The queue is empty.</p>`
              : html`<div class="scroll" tabindex="0" role="region" aria-label=${`Tasks of ${queue.name}`}><table>
                <thead><tr><th scope="col">Task</th><th scope="col">Attempts</th><th scope="col">Last answer</th><th scope="col">Next attempt</th><th scope="col">Waits for</th></tr></thead>
                <tbody>${queue.tasks.map(
                  (/** @type {any} */ task) => html`<tr key=${task.id}>
                    <td><code>${task.id.slice(0, 12)}…</code></td><td>${task.attempts}</td><td>${task.previousStatus ?? "–"}</td>
                    <td>${task.scheduleTime > now ? `in ${durationOf(task.scheduleTime - now)}` : "now"}</td>
                    <td>${durationOf(Math.max(now - task.createTime, 0))}</td></tr>`,
                )}</tbody></table></div>`
          }
        </section>`,
      )}
    </div>
  `;
}

/** @param {string} name */
function limitTitle(name) {
  const [bucket = "", app] = name.split(" of ");
  /** @type {Readonly<Record<string, string>>} */
  const titles = {
    groups: "Groups and their members",
    token: "Access tokens",
    logs: "System Log",
    group: "One group",
    user: "One user",
    clients: "Clients",
    other: "Everything else",
  };
  return `${titles[bucket] ?? bucket}${app === undefined ? ", the whole org" : ", one app"}`;
}

/** The time, every second. */
function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
