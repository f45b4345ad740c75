import { useEffect, useState } from "preact/hooks";
import { get, mayChange, post } from "../api.js";
import { plural } from "../format.js";
import { html } from "../html.js";
import { useLive } from "../live.js";
import { attempt, say } from "../message.js";

/** A fault as sandbox/console/faults.ts describes it. @typedef {{id: string, area: string, title: string, expect: string, heals: string}} Fault */

const functions = ["receive", "grant", "reconcile"];

/** Switches for everything that can go wrong. */
export function View() {
  const [faults, setFaults] = useState(/** @type {readonly Fault[]} */ ([]));
  const on = useLive(({ state }) => state?.faults ?? []);
  const isUp = useLive(({ state }) => state?.phase === "up");
  const waiting = useLive(({ state }) => state?.queues.reduce((sum, { tasks }) => sum + tasks, 0) ?? 0);

  useEffect(() => {
    attempt(async () => setFaults(await get("/faults")));
  }, []);

  /** @param {string} id @param {boolean} isOn */
  const turn = (id, isOn) => attempt(() => post(`/faults/${id}`, { isOn }));
  const fixAll = async () => {
    for (const id of on) await turn(id, false);
    say("Everything is fixed. What waits in the queue goes on with its next attempt.");
  };
  const reconcile = async () => {
    if ((await attempt(() => post("/reconcile"))) !== undefined) say("reconcile has read the System Log.");
  };
  /** @param {string} name */
  const kill = async (name) => {
    const answer = await attempt(() => post(`/functions/${name}/kill`));
    if (answer === undefined) return;
    say(
      answer.pids.length > 0
        ? `${name} was killed. The next request starts it again.`
        : `${name} was not running.`,
    );
  };
  const areas = Map.groupBy(faults, ({ area }) => area);

  return html`
    <div class="view-head">
      <div>
        <h2>Break it</h2>
        <p class="quiet-text">Switch a fault on, sign somebody in on the timeline, and see what happens. Then fix it, and see it heal.</p>
      </div>
      <div class="actions">
        <button type="button" disabled=${!mayChange || !isUp} onClick=${reconcile}>Run reconcile now</button>
        <button type="button" class="primary" disabled=${!mayChange || on.length === 0} onClick=${fixAll}>Fix ${
          on.length === 0 ? "all" : plural(on.length, "fault")
        }</button>
      </div>
    </div>
    ${waiting > 0 && html`<p class="notice" role="status">${plural(waiting, "task")} in the queue.</p>`}
    <div class="areas">
      ${[...areas].map(
        ([area, those]) => html`<section key=${area} class="panel" aria-label=${area}>
          <h3>${area}</h3>
          ${those.map((fault) => html`<${Switch} key=${fault.id} fault=${fault} isOn=${on.includes(fault.id)} turn=${turn} />`)}
          ${
            area === "Functions" &&
            functions.map(
              (name) => html`<div key=${name} class="switch">
                <div><strong>Kill ${name}</strong><p class="quiet-text">Its process ends at once, in the middle of what it does. ${
                  name === "grant"
                    ? "The queue sends again what had no answer."
                    : name === "receive"
                      ? "Okta delivers once more; reconcile finds the rest."
                      : "Its next run continues at the cursor."
                }</p></div>
                <button type="button" disabled=${!mayChange || !isUp} onClick=${() => kill(name)} aria-label=${`Kill ${name}`}>Kill</button>
              </div>`,
            )
          }
        </section>`,
      )}
    </div>
  `;
}

/** @param {{fault: Fault, isOn: boolean, turn: (id: string, isOn: boolean) => void}} properties */
function Switch({ fault, isOn, turn }) {
  const { id, title, expect, heals } = fault;
  return html`<div class=${`switch ${isOn ? "on" : ""}`}>
    <div>
      <strong id=${`fault-${id}`}>${title}</strong>
      <p class="quiet-text"><span class="label">${isOn ? "What you see" : "What you will see"}:</span> ${expect}</p>
      ${isOn && html`<p class="quiet-text"><span class="label">After the fix:</span> ${heals}</p>`}
    </div>
    <button type="button" role="switch" class="toggle" aria-checked=${isOn ? "true" : "false"} aria-labelledby=${`fault-${id}`}
      disabled=${!mayChange} onClick=${() => turn(id, !isOn)}><span aria-hidden="true">${isOn ? "Fix" : "Break"}</span></button>
  </div>`;
}
