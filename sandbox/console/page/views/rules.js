import { useEffect, useState } from "preact/hooks";
import { get, mayChange, post } from "../api.js";
import { Explanation } from "../explanation.js";
import { plain, plural } from "../format.js";
import { html } from "../html.js";
import { useLive } from "../live.js";
import { attempt, say } from "../message.js";

/** What the view shows when it is opened again. */
const kept = { rules: "", event: "" };

/** How long somebody must pause before what they typed is tried, in milliseconds. */
const PAUSE_MS = 300;

/** Rules to edit, and at once who would be in which group by all events so far. */
export function View() {
  const [rules, setRules] = useState(kept.rules);
  const [event, setEvent] = useState(kept.event);
  const [trial, setTrial] = useState(/** @type {any} */ (undefined));
  const [failure, setFailure] = useState("");
  const events = useLive(
    ({ state }) => `${state?.logEntries} ${state?.groups.map(({ members }) => members)}`,
  );
  kept.rules = rules;
  kept.event = event;

  const reset = () => attempt(async () => setRules((await get("/rules")).rules));
  useEffect(() => {
    if (rules === "") reset();
  }, []);
  useEffect(() => {
    if (rules === "" || !mayChange) return;
    let isWanted = true;
    const timer = setTimeout(
      () =>
        post("/rules/try", { rules, event }).then(
          (answer) => {
            if (!isWanted) return;
            setTrial(answer);
            setFailure("");
          },
          (error) => isWanted && setFailure(error.message),
        ),
      PAUSE_MS,
    );
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [rules, event, events]);

  const copy = async () => {
    await navigator.clipboard.writeText(trial.yaml).then(
      () => say("Copied: put it into the stack's Pulumi.NAME.yaml."),
      () => say("The browser does not let this page copy.", "bad"),
    );
  };
  /** @param {(text: string) => void} set */
  const take = (set) => (/** @type {Event} */ typed) => {
    if (typed.target instanceof HTMLTextAreaElement) set(typed.target.value);
  };
  const faults = trial?.faults ?? [];
  const isWrong = faults.length > 0;

  return html`
    <div class="view-head"><div><h2>Rules</h2>
      <p class="quiet-text">Edit the rules, and see at once who would be in which group by all events so far. Nothing is deployed by this.</p></div>
      <div class="actions">
        <button type="button" onClick=${reset}>As deployed</button>
        <button type="button" class="primary" disabled=${trial === undefined || isWrong} onClick=${copy}>Copy YAML</button>
      </div></div>
    <div class="rules-grid">
      <section class="panel rules-edit" aria-label="Rules and event">
        <label><span>Rules, in YAML</span>
          <textarea rows="12" spellcheck=${false} value=${rules} onInput=${take(setRules)} aria-invalid=${isWrong ? "true" : "false"} aria-describedby="rule-faults"></textarea></label>
        <div id="rule-faults" role="status">${faults.map((/** @type {string} */ fault) => html`<p key=${fault} class="notice bad fault-text">${fault}</p>`)}
          ${failure !== "" && html`<p class="notice bad">${failure}</p>`}</div>
        <label><span>An event of your own to try, in JSON: paste one of Okta's System Log</span>
          <textarea rows="5" spellcheck=${false} value=${event} onInput=${take(setEvent)} placeholder=${'{"uuid": "…", "eventType": "user.session.start", "outcome": {"result": "SUCCESS"}, "actor": {"id": "00u…", "type": "User"}}'}></textarea></label>
        ${trial !== undefined && html`<${Explanation} verdicts=${trial.verdicts} />`}
        <p class="hint">A rule has <code>group</code>, <code>on</code> and, where not every such event counts, <code>when</code>: a CEL condition over <code>event</code>, such as <code>event.actor.alternateId.endsWith("@example.com")</code>.</p>
      </section>
      <section class="panel table-panel" aria-label="Who would be in and out">
        <div class="bar"><h3>Who would be in</h3>${
          trial !== undefined &&
          !isWrong &&
          html`<span class="count">${plural(trial.events.matching, "event")} of ${trial.events.all} match</span>`
        }</div>
        ${
          trial === undefined || isWrong
            ? html`<p class="empty">${isWrong ? "The rules have a mistake, so they decide nothing." : "…"}</p>`
            : trial.people.length === 0
              ? html`<p class="empty">Nobody has signed in yet.</p>`
              : html`<div class="scroll" tabindex="0" role="region" aria-label="People and the groups that these rules lead to"><table>
                <thead><tr><th scope="col">Person</th><th scope="col">By these rules</th><th scope="col">Now</th></tr></thead>
                <tbody>${trial.people.map((/** @type {any} */ person) => html`<${Person} key=${person.login} person=${person} />`)}</tbody>
              </table></div>`
        }
        ${(trial?.more ?? 0) > 0 && html`<p class="hint table-foot">${plural(trial.more, "more person", "more people")}.</p>`}
      </section>
    </div>
  `;
}

/** @param {{person: {login: string, name: string, wanted: string[], now: string[]}}} properties */
function Person({ person: { login, name, wanted, now } }) {
  const isIn = wanted.length > 0;
  return html`<tr>
    <td><bdi>${plain(name, 60)}</bdi><br /><span class="quiet-text"><bdi>${plain(login, 80)}</bdi></span></td>
    <td><span class="in-out"><span class=${`mark ${isIn ? "good" : "quiet"}`} aria-hidden="true">${isIn ? "✓" : "–"}</span>
      <span>${isIn ? wanted.map((group) => plain(group, 60)).join(", ") : "in no group"}</span></span></td>
    <td>${now.length === 0 ? html`<span class="quiet-text">none</span>` : now.map((group) => plain(group, 60)).join(", ")}${
      now.some((group) => !wanted.includes(group))
        ? html`<br /><span class="quiet-text">stays: nobody is removed</span>`
        : ""
    }</td>
  </tr>`;
}
