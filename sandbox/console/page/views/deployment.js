import { useMemo, useState } from "preact/hooks";
import { mayChange, post } from "../api.js";
import { durationOf, plural } from "../format.js";
import { ResourceGraph } from "../graph.js";
import { html } from "../html.js";
import { Json } from "../json.js";
import { useLive } from "../live.js";
import { attempt } from "../message.js";
import { isEnabledApi, isInCloud, resourceStates, resourceTitle, rightOf } from "../resource.js";
import { SearchField } from "../search-field.js";
import { useAnswer } from "../use-answer.js";

/** @typedef {import("../resource.js").Resource} Resource */

/** The stack's resources: what depends on what, and what holds which right. */
export function View() {
  const [search, setSearch] = useState("");
  const [selected, setSelected] = useState("");
  const [scale, setScale] = useState(/** @type {"fit" | "full" | undefined} */ (undefined));
  const [isNear, setNear] = useState(true);
  const phase = useLive(({ state }) => state?.phase);
  const engine = useLive(({ state }) => state?.engine);
  const { answer, failure } = useAnswer("/graph", (state) => state?.graph);
  /** @type {readonly Resource[]} */
  const resources = useMemo(() => (answer?.nodes ?? []).filter(isInCloud), [answer]);
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = resources.filter(({ type, name }) =>
    words.every((word) => `${type} ${name}`.toLowerCase().includes(word)),
  );
  const resource = resources.find(({ urn }) => urn === selected);
  const drawn = useMemo(
    () =>
      (isNear && resource !== undefined ? around(resources, resource) : resources).filter(
        (one) => !isEnabledApi(one),
      ),
    [resources, isNear, resource],
  );
  const isFit = (scale ?? (isNear && resource !== undefined ? "full" : "fit")) === "fit";
  const made = resources.filter(({ state }) => state === "created").length;

  return html`
    <div class="view-head"><div><h2>Deployment</h2>
      <p class="quiet-text">${
        resources.length === 0
          ? phase === "deploying" && engine === "pulumi"
            ? "The Pulumi CLI deploys. Resources appear as it writes its state."
            : "The program starts. Its resources appear here as it declares them."
          : `${plural(made, "resource")} of ${resources.length} made. Enabled APIs, on which nearly all depend, are in the list only.`
      }</p></div>
      <div class="actions">
        <button type="button" aria-pressed=${isNear ? "true" : "false"} disabled=${resource === undefined} onClick=${() => setNear(!isNear)}>Only around the selection</button>
        <button type="button" aria-pressed=${isFit ? "true" : "false"} onClick=${() => setScale(isFit ? "full" : "fit")}>Fit</button>
      </div></div>
    ${failure !== "" && html`<p class="notice bad">${failure}</p>`}
    ${engine === "pulumi" && html`<${Change} />`}
    <div class="panes deployment">
      <section class="pane" aria-label="Resources">
        <div class="bar"><${SearchField} label="Search resources" value=${search} change=${setSearch} /><span class="count">${found.length}</span></div>
        <div class="scroll" tabindex="0" role="region" aria-label="List of the resources"><ul>
          ${found.map((one) => {
            const { kind, name } = resourceTitle(one);
            const { mark, tone, title } = resourceStates[one.state];
            return html`<li key=${one.urn}><button type="button" class="resource" aria-pressed=${one.urn === selected ? "true" : "false"}
              onClick=${() => setSelected(one.urn === selected ? "" : one.urn)}>
              <span class=${`mark ${tone}`} title=${title} aria-label=${title} role="img">${mark}</span>
              <span class="resource-name"><strong>${name}</strong><span class="quiet-text">${kind}</span></span>
              <span class="count">${one.milliseconds === undefined || one.milliseconds < 100 ? "" : durationOf(one.milliseconds)}</span>
            </button></li>`;
          })}
        </ul></div>
      </section>
      <section class="pane" aria-label="Graph and inputs">
        ${resource !== undefined && html`<${Inputs} resource=${resource} resources=${resources} select=${setSelected} />`}
        ${resources.length > 0 && html`<${ResourceGraph} resources=${drawn} selected=${selected} select=${setSelected} scale=${isFit ? "fit" : "full"} />`}
      </section>
    </div>
  `;
}

/** Changes the stack's configuration: the preview's diff comes before the update. */
function Change() {
  const { answer } = useAnswer("/stack", (state) => state?.phase);
  const isUp = useLive(({ state }) => state?.phase === "up");
  const [setting, setSetting] = useState("");
  const [value, setValue] = useState("");
  const [busy, setBusy] = useState("");
  const [run, setRun] = useState(
    /** @type {{verb: string, isWell: boolean, output: string} | undefined} */ (undefined),
  );
  /** @param {"preview" | "up"} verb */
  const start = async (verb) => {
    setBusy(verb);
    const result = await attempt(() => post(`/stack/${verb}`, verb === "preview" ? { setting, value } : {}));
    setBusy("");
    if (result !== undefined) setRun({ verb, ...result });
  };
  const isPreviewed = run?.verb === "preview" && run.isWell;
  return html`<details class="panel change"><summary>Change the configuration</summary>
    <form class="change-fields" onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      start("preview");
    }}>
      <label><span>Setting</span><select value=${setting} onChange=${(/** @type {Event} */ event) =>
        event.target instanceof HTMLSelectElement && setSetting(event.target.value)}>
        <option value="">as configured now</option>
        ${(answer?.settings ?? []).map((/** @type {string} */ name) => html`<option key=${name} value=${name}>${name}</option>`)}
      </select></label>
      <label><span>Value; empty for the default</span><input value=${value} disabled=${setting === ""} onInput=${(
        /** @type {Event} */ event,
      ) => event.target instanceof HTMLInputElement && setValue(event.target.value)} /></label>
      <button type="submit" disabled=${!mayChange || !isUp || busy !== ""}>${busy === "preview" ? "Previewing …" : "Preview"}</button>
      <button type="button" class="primary" disabled=${!mayChange || !isPreviewed || busy !== ""} onClick=${() => start("up")}>${
        busy === "up" ? "Updating …" : "Update"
      }</button>
    </form>
    ${
      run !== undefined &&
      html`<p class=${run.isWell ? "quiet-text" : "notice bad"} role="status">${
        run.isWell
          ? run.verb === "preview"
            ? "What an update would do:"
            : "The stack is updated."
          : "It failed:"
      }</p>
      <pre class="code" tabindex="0">${run.output.split("\n").map((line) => html`<span class=${diffTone(line)}>${line}\n</span>`)}</pre>`
    }
  </details>`;
}

/** The colour of a line of a diff. @param {string} line */
function diffTone(line) {
  if (/^\s*\+/.test(line)) return "json-string";
  if (/^\s*-/.test(line)) return "diff-gone";
  return /^\s*~/.test(line) ? "json-literal" : "";
}

/** What was declared of a resource. @param {{resource: Resource, resources: readonly Resource[], select: (urn: string) => void}} properties */
function Inputs({ resource, resources, select }) {
  const { kind, name } = resourceTitle(resource);
  const right = rightOf(resource);
  const uses = resources.filter(({ urn }) => resource.dependencies.includes(urn));
  const users = resources.filter(({ dependencies }) => dependencies.includes(resource.urn));
  /** @param {string} title @param {readonly Resource[]} those */
  const links = (title, those) =>
    those.length > 0 &&
    html`<div><dt>${title}</dt><dd>${those.map(
      (one) =>
        html`<button key=${one.urn} type="button" class="link" onClick=${() => select(one.urn)}>${resourceTitle(one).name} (${resourceTitle(one).kind})</button> `,
    )}</dd></div>`;
  return html`<div class="inputs" role="region" aria-label=${`Inputs of ${name}`}>
    <h3>${name} <span class="quiet-text">${kind}</span></h3>
    ${resource.message !== undefined && html`<p class="notice bad">${resource.message}</p>`}
    <dl class="facts">
      ${right !== undefined && html`<div><dt>Right</dt><dd><code>${right.right}</code> for <code>${right.holder}</code></dd></div>`}
      ${links(
        "Depends on",
        uses.filter((one) => !isEnabledApi(one)),
      )}
      ${
        uses.some(isEnabledApi) &&
        html`<div><dt>Enabled APIs</dt><dd class="quiet-text">${uses
          .filter(isEnabledApi)
          .map((one) => resourceTitle(one).name)
          .join(", ")}</dd></div>`
      }
      ${links("Needed by", users)}
    </dl>
    <details class="line" open><summary>Inputs as declared</summary><${Json} value=${resource.inputs} /></details>
  </div>`;
}

/** A resource, and all that it depends on or that depends on it. @param {readonly Resource[]} resources @param {Resource} center */
function around(resources, center) {
  const kept = new Set([center.urn]);
  const below = [center.urn];
  const byUrn = new Map(resources.map((one) => [one.urn, one]));
  for (const urn of below) {
    for (const one of byUrn.get(urn)?.dependencies ?? []) {
      if (kept.has(one)) continue;
      kept.add(one);
      below.push(one);
    }
  }
  for (const { urn, dependencies } of resources) if (dependencies.includes(center.urn)) kept.add(urn);
  return resources.filter(({ urn }) => kept.has(urn));
}
