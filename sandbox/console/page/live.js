import { useEffect, useState } from "preact/hooks";

/**
 * An event in the list; sandbox/console/rows.ts describes each field.
 * @typedef {{uuid: string, at: number, type: string, result: string, actorId: string, name: string, login: string, engine: string,
 *   outcome: string, milliseconds: number, steps: readonly number[]}} Row
 */

/**
 * What changes besides the events, as sandbox/console/state.ts describes it.
 * @typedef {{phase: string, failure?: string, engine: string, project: string, resources: {made: number, begun: number}, people: number,
 *   logEntries: number, groups: {id: string, name: string, members: number}[], hook?: {verified: boolean, events: string[]},
 *   queues: {name: string, tasks: number, next?: number}[], cursor?: {reached: string, next: string},
 *   limits: {name: string, limit: number, used: number, ends: number}[], faults: string[],
 *   load?: {perSecond: number, seconds: number, done: number}, graph: number, firing: string[]}} State
 */

/** How many events the page keeps. */
const KEPT = 100_000;
/** So many more come together before the oldest are dropped. */
const SLACK = 5000;

/** What the page knows, kept up to date by the sandbox. Rows are in the order in which they came. */
class Live {
  /** @type {Row[]} */
  rows = [];
  /** How many rows came before the first one that is kept. */
  dropped = 0;
  /** @type {State | undefined} */
  state = undefined;
  /** @type {"connecting" | "live" | "lost"} */
  connection = "connecting";
  /** Grows with each change. */
  version = 0;

  /** Positions, counted from the first row that ever came. @type {Map<string, number>} */
  #positions = new Map();
  #run = "";
  #lastId = "";
  /** @type {Set<() => void>} */
  #listeners = new Set();
  #isNotifying = false;

  /** @param {string} uuid */
  row(uuid) {
    const position = this.#positions.get(uuid);
    return position === undefined ? undefined : this.rows[position - this.dropped];
  }

  /** How many rows have come, the dropped ones included. */
  get total() {
    return this.dropped + this.rows.length;
  }

  connect() {
    const after = this.#lastId === "" ? "" : `?after=${encodeURIComponent(this.#lastId)}`;
    const source = new EventSource(`/api/stream${after}`);
    source.onopen = () => this.#set("live");
    source.onmessage = ({ data, lastEventId }) => {
      this.#lastId = lastEventId;
      this.#take(JSON.parse(data));
    };
    source.onerror = () => {
      this.#set("lost");
      // The browser connects again by itself, except after an answer that was not a stream.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.connect(), 1000);
    };
  }

  /** @param {() => void} listener */
  listen(listener) {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** @param {{run: string, rows: Row[], gone: string[], state?: State}} message */
  #take({ run, rows, gone, state }) {
    if (run !== this.#run) {
      this.#run = run;
      this.rows = [];
      this.dropped = 0;
      this.#positions.clear();
    }
    for (const row of rows) {
      const position = this.#positions.get(row.uuid);
      if (position !== undefined) this.rows[position - this.dropped] = row;
      else {
        this.#positions.set(row.uuid, this.total);
        this.rows.push(row);
      }
    }
    this.#drop(gone.length > 0 ? gone.filter((uuid) => this.#positions.has(uuid)).length : 0);
    if (this.rows.length > KEPT + SLACK) this.#drop(this.rows.length - KEPT);
    if (state !== undefined) this.state = state;
    this.#notify();
  }

  /** Drops the oldest rows: those are also the ones that the sandbox forgets. @param {number} count */
  #drop(count) {
    if (count === 0) return;
    for (const { uuid } of this.rows.splice(0, count)) this.#positions.delete(uuid);
    this.dropped += count;
  }

  /** @param {Live["connection"]} connection */
  #set(connection) {
    this.connection = connection;
    this.#notify();
  }

  /** Draws once a frame, however many messages come. */
  #notify() {
    this.version += 1;
    if (this.#isNotifying) return;
    this.#isNotifying = true;
    requestAnimationFrame(() => {
      this.#isNotifying = false;
      for (const listener of this.#listeners) listener();
    });
  }
}

export const live = new Live();

/**
 * A part of what the page knows; the component is drawn again when it has changed.
 *
 * @template Part
 * @param {(live: Live) => Part} select
 * @returns {Part}
 */
export function useLive(select) {
  const [part, setPart] = useState(() => select(live));
  useEffect(() => {
    const look = () => setPart(() => select(live));
    look();
    return live.listen(look);
  }, []);
  return part;
}
