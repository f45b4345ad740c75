import { useState } from "preact/hooks";
import { mayChange, post } from "../api.js";
import { Chart } from "../chart.js";
import { numberOf } from "../format.js";
import { html } from "../html.js";
import { useLive } from "../live.js";
import { attempt } from "../message.js";
import { useAnswer } from "../use-answer.js";

/** How far back the charts go. */
const SHOWN_SECONDS = 180;

/** Many sign-ins a second, and what they do to the queue, to Okta's limit and to the answers. */
export function View() {
  const [perSecond, setPerSecond] = useState(20);
  const [seconds, setSeconds] = useState(30);
  const [people, setPeople] = useState(200);
  const load = useLive(({ state }) => state?.load);
  const isUp = useLive(({ state }) => state?.phase === "up");
  const [tick, setTick] = useState(0);
  const { answer, failure } = useAnswer(`/load?after=${tick}`, () => Math.floor(Date.now() / 1000));
  const measured = (answer ?? []).slice(-SHOWN_SECONDS);
  const times = measured.map((/** @type {any} */ { at }) => at / 1000);
  /** @param {string} name */
  const values = (name) => measured.map((/** @type {any} */ second) => second[name] ?? null);

  const start = async (/** @type {Event} */ event) => {
    event.preventDefault();
    await attempt(() => post("/load", { perSecond, seconds, people }));
    setTick(tick + 1);
  };
  /** @param {(value: number) => void} set */
  const take = (set) => (/** @type {Event} */ event) => {
    if (event.target instanceof HTMLInputElement) set(event.target.valueAsNumber);
  };

  return html`
    <div class="view-head"><div><h2>Load</h2>
      <p class="quiet-text">Let many people sign in. Newcomers cost a call to Okta, members none: watch the queue keep what Okta's limit does not let through.</p></div></div>
    <form class="sign-in" aria-label="Load" onSubmit=${start}>
      <label><span>Sign-ins a second</span><input type="number" min="1" max="500" required value=${perSecond} onInput=${take(setPerSecond)} /></label>
      <label><span>For seconds</span><input type="number" min="1" max="3600" required value=${seconds} onInput=${take(setSeconds)} /></label>
      <label><span>Different people</span><input type="number" min="1" max="100000" required value=${people} onInput=${take(setPeople)} /></label>
      ${
        load === undefined
          ? html`<button type="submit" class="primary" disabled=${!mayChange || !isUp}>Start</button>`
          : html`<button type="button" onClick=${() => attempt(() => post("/load/stop"))}>Stop</button>
            <p class="quiet-text load-progress" role="status">${numberOf(load.done)} of ${numberOf(load.perSecond * load.seconds)} sign-ins</p>`
      }
    </form>
    ${failure !== "" && html`<p class="notice bad">${failure}</p>`}
    ${
      measured.length < 2
        ? html`<p class="empty">The charts begin within two seconds.</p>`
        : html`<div class="areas charts">
          <${Chart} title="Queue" note="Tasks that wait or are being sent" times=${times} lines=${[
            { title: "tasks", color: "--accent", values: values("queued") },
          ]} />
          <${Chart} title="Okta's limit for memberships" note="Calls that have counted within the minute, of those allowed" times=${times} lines=${[
            { title: "used", color: "--accent", values: values("used") },
            { title: "limit", color: "--warn", values: values("limit") },
          ]} />
          <${Chart} title="Each second" note="Sign-ins, calls to Okta, and those of them that were refused with 429" times=${times} lines=${[
            { title: "sign-ins", color: "--good", values: values("signIns") },
            { title: "calls", color: "--accent", values: values("calls") },
            { title: "429", color: "--bad", values: values("limited") },
          ]} />
          <${Chart} title="Members" note="People in the stack's groups" times=${times} lines=${[
            { title: "members", color: "--good", values: values("members") },
          ]} />
          <${Chart} title="Answers of receive" note="How long Okta waits for an answer; it gives up after 3 seconds" times=${times} lines=${[
            { title: "half within", unit: " ms", color: "--accent", values: values("answer50") },
            { title: "99 of 100 within", unit: " ms", color: "--warn", values: values("answer99") },
          ]} />
        </div>`
    }
  `;
}
