import { useEffect, useRef, useState } from "preact/hooks";
import { get, mayChange, post } from "./api.js";
import { html } from "./html.js";
import { onKeys } from "./keys.js";
import { useLive } from "./live.js";
import { attempt } from "./message.js";

const acts = [
  { id: "signs-in", title: "signs in" },
  { id: "wrong-password", title: "gives a wrong password" },
  { id: "unknown-user", title: "is not known to Okta" },
  { id: "mfa", title: "proves a second factor" },
  { id: "app", title: "opens an app" },
  { id: "not-a-person", title: "is Okta itself" },
];

const people = [
  "jane.doe@example.com",
  "amir.khan@example.com",
  "li.wei@example.com",
  "sofia.rossi@example.com",
];

/** How many people of the org are offered. */
const OFFERED = 50;

/**
 * Lets somebody sign in.
 *
 * @param {{signedIn: (uuids: readonly string[]) => void}} properties
 */
export function SignIn({ signedIn }) {
  const [login, setLogin] = useState(people[0] ?? "");
  const [name, setName] = useState("");
  const [act, setAct] = useState("signs-in");
  const [engine, setEngine] = useState("identity-engine");
  const [count, setCount] = useState(1);
  const [known, setKnown] = useState(/** @type {readonly string[]} */ (people));
  const [isBusy, setBusy] = useState(false);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const isUp = useLive(({ state }) => state?.phase === "up");

  useEffect(
    () =>
      onKeys({
        s: () => {
          field.current?.focus();
          field.current?.select();
        },
      }),
    [],
  );

  /** Offers the people of the org, the newest first, and some who are not there yet. */
  const offer = () =>
    attempt(async () => {
      const { people: there } = await get("/people");
      const logins = there.map((/** @type {{login: string}} */ { login: one }) => one);
      setKnown([...new Set([...logins.slice(0, OFFERED), ...people])]);
    });

  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    const displayName = name.trim() === "" ? {} : { displayName: name };
    const answer = await attempt(() => post("/sign-ins", { login, act, engine, count, ...displayName }));
    setBusy(false);
    if (answer !== undefined) signedIn(answer.uuids);
  };

  /** @param {(value: string) => void} set */
  const take = (set) => (/** @type {Event} */ event) => {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement)
      set(event.target.value);
  };

  return html`<form class="sign-in" aria-label="Sign in" onSubmit=${submit}>
    <label class="grow"><span>Person</span>
      <input ref=${field} name="login" list="people" value=${login} onInput=${take(setLogin)} onFocus=${offer} required maxlength="100"
        autocomplete="off" spellcheck=${false} />
      <datalist id="people">${known.map((one) => html`<option value=${one}></option>`)}</datalist>
    </label>
    <label><span>What happens</span>
      <select name="act" value=${act} onChange=${take(setAct)}>
        ${acts.map(({ id, title }) => html`<option value=${id}>${title}</option>`)}
      </select>
    </label>
    <details class="more">
      <summary>More</summary>
      <div class="more-fields">
        <label><span>Name, for a new person</span>
          <input name="name" value=${name} onInput=${take(setName)} autocomplete="off" />
        </label>
        <label><span>Engine</span>
          <select name="engine" value=${engine} onChange=${take(setEngine)}>
            <option value="identity-engine">Identity Engine</option>
            <option value="classic">Classic</option>
          </select>
        </label>
        <label><span>People at once</span>
          <input name="count" type="number" min="1" max="500" value=${count} onInput=${take((value) => setCount(Number(value)))} />
        </label>
      </div>
    </details>
    <button type="submit" class="primary" disabled=${!mayChange || !isUp || isBusy}>Sign in${count > 1 ? ` ${count}` : ""}</button>
  </form>`;
}
