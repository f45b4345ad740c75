import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { post } from "../api.js";
import { Detail } from "../detail.js";
import { durationOf, numberOf, outcomeOf, plain, timeOf, typeTitle } from "../format.js";
import { html } from "../html.js";
import { onKeys } from "../keys.js";
import { live, useLive } from "../live.js";
import { attempt } from "../message.js";
import { SignIn } from "../sign-in.js";
import { VirtualList } from "../virtual-list.js";
import { MiniWaterfall } from "../waterfall.js";

/** @typedef {import("../live.js").Row} Row */

/** What the view shows when it is opened again. */
const kept = { filter: "", selected: "" };

/** Every event, the newest first, and the way of the one that is selected. */
export function View() {
  const version = useLive(({ version }) => version);
  const [filter, setFilter] = useState(kept.filter);
  const [selected, setSelected] = useState(kept.selected);
  /** While somebody reads, the list shows the events that had come by then. */
  const [heldAt, setHeldAt] = useState(/** @type {number | undefined} */ (undefined));
  const [isReading, setReading] = useState(kept.selected !== "");
  const search = useRef(/** @type {HTMLInputElement | null} */ (null));
  const detail = useRef(/** @type {HTMLElement | null} */ (null));
  kept.filter = filter;
  kept.selected = selected;

  const until = heldAt ?? live.total;
  const rows = useMemo(() => {
    const shown = live.rows.slice(0, Math.max(until - live.dropped, 0));
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    return words.length === 0
      ? shown
      : shown.filter((row) => words.every((word) => textOf(row).includes(word)));
  }, [version, filter, until]);
  const position = selected === "" ? -1 : rows.findLastIndex(({ uuid }) => uuid === selected);
  const index = position < 0 ? -1 : rows.length - 1 - position;
  const newer = live.total - until;

  const release = () => {
    setHeldAt(undefined);
    const list = document.querySelector(".virtual-list");
    if (list !== null) list.scrollTop = 0;
  };
  /** @param {string} uuid */
  const choose = (uuid) => {
    setSelected(uuid);
    setReading(true);
    setHeldAt((held) => held ?? live.total);
  };
  const again = async () => {
    if (kept.selected === "") return;
    const answer = await attempt(() => post(`/events/${kept.selected}/again`));
    if (answer !== undefined) follow(answer.uuids);
  };
  /** Shows an event that is about to come. @param {readonly string[]} uuids */
  const follow = ([first = ""]) => {
    release();
    setSelected(first);
    setReading(true);
  };
  const close = () => {
    setReading(false);
    document.querySelector(/** @type {"div"} */ (".virtual-list"))?.focus();
  };

  useEffect(
    () =>
      onKeys({
        "/": () => search.current?.focus(),
        r: () => void again(),
        n: release,
        Escape: close,
      }),
    [],
  );

  return html`
    <${SignIn} signedIn=${follow} />
    <div class=${`panes ${isReading && selected !== "" ? "reading" : ""}`}>
      <section class="pane events" aria-label="Events">
        <div class="bar">
          <input type="search" ref=${search} value=${filter} aria-label="Filter events" placeholder="Filter  ( / )"
            onInput=${(/** @type {Event} */ event) =>
              event.target instanceof HTMLInputElement && setFilter(event.target.value)}
            onKeyDown=${(/** @type {KeyboardEvent} */ event) =>
              event.key === "Escape" && search.current?.blur()} />
          <span class="count">${filter === "" ? "" : `${numberOf(rows.length)} of `}${numberOf(until)}</span>
          ${newer > 0 && html`<button type="button" class="newer" onClick=${release}>↑ ${numberOf(newer)} newer</button>`}
        </div>
        ${
          rows.length === 0
            ? html`<${Empty} filter=${filter} />`
            : html`<${VirtualList}
                id="event" count=${rows.length} rem=${3.25} label="Events, the newest first"
                selected=${index}
                select=${(/** @type {number} */ at) => choose(rows[rows.length - 1 - at]?.uuid ?? "")}
                open=${() => detail.current?.focus()}
                draw=${(/** @type {number} */ at) => {
                  const row = rows[rows.length - 1 - at];
                  return row === undefined ? null : html`<${EventRow} row=${row} />`;
                }}
                scrolled=${(/** @type {boolean} */ isAtTop) => {
                  if (!isAtTop) setHeldAt((held) => held ?? live.total);
                }}
              />`
        }
      </section>
      <section class="pane detail" aria-label="Selected event" tabindex="-1" ref=${detail}>
        ${
          selected === ""
            ? html`<p class="empty">Select an event to see its way: what was sent, what was answered, and which rule decided.</p>`
            : html`<${Detail} key=${selected} uuid=${selected} close=${close} again=${again} />`
        }
      </section>
    </div>
  `;
}

/** What the filter looks at, kept for each row: there may be a hundred thousand. @type {WeakMap<Row, string>} */
const texts = new WeakMap();

/** @param {Row} row */
function textOf(row) {
  const known = texts.get(row);
  if (known !== undefined) return known;
  const { name, login, type, outcome, result, uuid } = row;
  const text = `${name} ${login} ${type} ${outcomeOf(outcome).title} ${result} ${uuid}`.toLowerCase();
  texts.set(row, text);
  return text;
}

/** @param {{row: Row}} properties */
function EventRow({ row }) {
  const { mark, tone, title } = outcomeOf(row.outcome);
  return html`<span class="event-row">
    <span class=${`mark ${tone}`} aria-hidden="true">${mark}</span>
    <span class="event-who"><bdi>${plain(row.name || row.login, 60)}</bdi> <span class="event-type">${
      row.result === "SUCCESS" ? typeTitle(row.type) : "is refused"
    }</span></span>
    <time class="event-time">${timeOf(row.at)}</time>
    <span class="event-login"><bdi>${plain(row.login, 80)}</bdi></span>
    <${MiniWaterfall} row=${row} />
    <span class=${`event-outcome ${tone}`}>${title}${row.outcome === "member" ? `, ${durationOf(row.milliseconds)}` : ""}</span>
  </span>`;
}

/** @param {{filter: string}} properties */
function Empty({ filter }) {
  const phase = useLive(({ state }) => state?.phase);
  if (filter !== "") return html`<p class="empty">No event has “${filter}”.</p>`;
  if (phase !== "up")
    return html`<p class="empty">The program is being deployed. Events come after that.</p>`;
  return html`<p class="empty">Nobody has signed in yet. Sign somebody in above, and watch the event travel.</p>`;
}
