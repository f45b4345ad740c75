import { useState } from "preact/hooks";
import { mayChange, post } from "../api.js";
import { numberOf, plain, plural } from "../format.js";
import { html } from "../html.js";
import { useLive } from "../live.js";
import { attempt, say } from "../message.js";
import { SearchField } from "../search-field.js";
import { useAnswer } from "../use-answer.js";

/** People of the org with their groups. */
export function View() {
  const [search, setSearch] = useState("");
  const groups = useLive(({ state }) => state?.groups ?? []);
  const { answer, failure } = useAnswer(`/people?search=${encodeURIComponent(search)}`, (state) => [
    state?.people,
    state?.groups,
  ]);

  /** @param {string} user @param {string} group @param {string} name */
  const remove = async (user, group, name) => {
    const id = groups.find((one) => one.name === group)?.id;
    if (id === undefined) return;
    const answer = await attempt(() => post(`/groups/${id}/members/${user}/remove`));
    if (answer !== undefined) say(`${name} was removed from ${group}, as an administrator does it.`);
  };

  return html`
    <div class="view-head"><div><h2>People and groups</h2>
      <p class="quiet-text">Who is in the org, and who is in which group.</p></div></div>
    <ul class="tiles">${groups
      .toSorted((one, other) => Number(one.name === "Everyone") - Number(other.name === "Everyone"))
      .map(
        ({
          id,
          name,
          members,
        }) => html`<li key=${id} class="panel tile"><strong><bdi>${plain(name, 80)}</bdi></strong>
        <span class="figure">${numberOf(members)}</span><span class="quiet-text">${members === 1 ? "member" : "members"}</span></li>`,
      )}</ul>
    <section class="panel table-panel" aria-label="People">
      <div class="bar"><${SearchField} label="Search people" value=${search} change=${setSearch} />
        <span class="count">${answer === undefined ? "" : plural(answer.total, "person", "people")}</span></div>
      ${failure !== "" && html`<p class="notice bad">${failure}</p>`}
      <div class="scroll" tabindex="0" role="region" aria-label="People and their groups">
        <table>
          <thead><tr><th scope="col">Name</th><th scope="col">Login</th><th scope="col">Groups</th></tr></thead>
          <tbody>${(answer?.people ?? []).map(
            (/** @type {any} */ person) => html`<tr key=${person.id}>
              <td><bdi>${plain(person.displayName, 80)}</bdi></td>
              <td><bdi>${plain(person.login, 80)}</bdi></td>
              <td>${person.groups.map(
                (
                  /** @type {string} */ group,
                ) => html`<span class="chip" key=${group}><bdi>${plain(group, 60)}</bdi>
                  <button type="button" class="quiet" disabled=${!mayChange} aria-label=${`Remove ${plain(person.login, 80)} from ${group}`}
                    title="Remove, as an administrator does" onClick=${() => remove(person.id, group, person.login)}>✕</button></span>`,
              )}${person.groups.length === 0 ? html`<span class="quiet-text">none</span>` : ""}</td>
            </tr>`,
          )}</tbody>
        </table>
        ${answer?.people.length === 0 && html`<p class="empty">Nobody has “${search}”.</p>`}
      </div>
      ${answer !== undefined && answer.total > answer.people.length && html`<p class="hint table-foot">The newest ${answer.people.length} are shown. Search for others.</p>`}
    </section>
  `;
}
