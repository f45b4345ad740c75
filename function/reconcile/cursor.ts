import { type Clock, isoTime } from "../shared/clock.ts";
import { ForeignLinkError } from "../shared/errors.ts";
import { NO_OBJECT, type ObjectStore } from "../shared/google/object-store.ts";
import { isObject } from "../shared/json.ts";
import { logPath } from "./system-log.ts";

/** How far the System Log has been read, and everything wanted in it been queued. */
export interface Cursor {
  /**
   * Where to read on: path and query, relative to the org; before the first page a beginning, then Okta's links. Undefined
   * when Okta's last link could not be followed.
   */
  readonly next: string | undefined;
  /** What was asked for: the event types, sorted. Another question needs another beginning. */
  readonly eventTypes: readonly string[];
  /** What Okta had logged by then has been read. In milliseconds since the epoch. */
  readonly reached: number;
}

/** The cursor as it was found. */
export interface FoundCursor {
  readonly state: "found" | "missing" | "corrupt";
  readonly cursor: Cursor | undefined;
  /** Of the object, whatever it holds. */
  readonly generation: string;
}

/** The place in the System Log, kept from run to run. */
export interface Cursors {
  read(signal: AbortSignal): Promise<FoundCursor>;
  /**
   * @param over the generation that was read or written last
   * @returns the new generation
   * @throws ObjectChangedError when another run has written meanwhile; NoBucketError
   */
  write(cursor: Cursor, over: string, signal: AbortSignal): Promise<string>;
  /** Whether a write would begin at once, and not wait. */
  mayWrite(): boolean;
}

const NAME = "cursor.json";

const VERSION = 1;

/** @param orgUrl such as `https://acme.okta.com` */
export function createCursors(objects: ThrottledObjects, orgUrl: string): Cursors {
  return {
    async read(signal) {
      const object = await objects.read(NAME, signal);
      if (object === undefined) return { state: "missing", cursor: undefined, generation: NO_OBJECT };
      const cursor = parseCursor(object.content, orgUrl);
      return { state: cursor === undefined ? "corrupt" : "found", cursor, generation: object.generation };
    },
    write({ next, eventTypes, reached }, over, signal) {
      const value = { version: VERSION, next, eventTypes, reached: isoTime(reached) };
      return objects.write(NAME, value, over, signal);
    },
    mayWrite: () => objects.mayWrite(NAME),
  };
}

/** @returns undefined when it is no cursor of this version, or one that leads out of the org */
function parseCursor(content: string, orgUrl: string): Cursor | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (!isObject(value) || value["version"] !== VERSION) return undefined;
    const { next, eventTypes } = value;
    const reached = Date.parse(String(value["reached"]));
    if (next !== undefined && typeof next !== "string") return undefined;
    if (!Array.isArray(eventTypes) || !eventTypes.every((type) => typeof type === "string")) return undefined;
    if (Number.isNaN(reached)) return undefined;
    return { next: next === undefined ? undefined : logPath(next, orgUrl), eventTypes, reached };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ForeignLinkError) return undefined;
    throw error;
  }
}

/**
 * The cursor of one run. It moves with each page, and is written as often as its object may be, once a second: while that
 * second lasts, the run reads on instead of waiting.
 *
 * Whoever moves it has put the memberships of everything before the place into the queue. What is written is always such a
 * place, and the newest one. So a run that is killed has done in vain, and the next one repeats, no more than the pages of one
 * second and the one after them. A run that ends in any other way has written the place to which it has come (`end`).
 */
export interface Checkpoint {
  /** The newest place, whether it is written or not. */
  readonly cursor: Cursor | undefined;
  /**
   * Moves on, and writes that if no wait is needed.
   *
   * @throws what Cursors.write throws
   */
  moveTo(cursor: Cursor): Promise<void>;
  /**
   * Writes the newest place, unless it is written.
   *
   * @throws what Cursors.write throws
   */
  end(): Promise<void>;
}

/** @param signal ends every write */
export function createCheckpoint(cursors: Cursors, found: FoundCursor, signal: AbortSignal): Checkpoint {
  let { cursor, generation } = found;
  let unwritten: Cursor | undefined;
  const end = async (): Promise<void> => {
    if (unwritten === undefined) return;
    const newest = unwritten;
    // A write that fails may have had its effect: a second one would take that for another run's.
    unwritten = undefined;
    generation = await cursors.write(newest, generation, signal);
  };
  return {
    get cursor() {
      return cursor;
    },
    async moveTo(moved) {
      cursor = moved;
      unwritten = moved;
      if (cursors.mayWrite()) await end();
    },
    end,
  };
}

/** An object can be overwritten once a second (Google Cloud, "Cloud Storage: quotas and limits"). In milliseconds. */
const WRITE_INTERVAL_MS = 1_000;

/** Objects that are written no oftener than they may be. */
export interface ThrottledObjects extends ObjectStore {
  /** Whether a write would begin at once, and not wait. */
  mayWrite(name: string): boolean;
}

/** The same objects, with the writes of each far enough apart. */
export function throttleWrites(objects: ObjectStore, clock: Clock): ThrottledObjects {
  /** When an object was written last, by its name. */
  const writtenAt = new Map<string, number>();
  const wait = (name: string) =>
    (writtenAt.get(name) ?? Number.NEGATIVE_INFINITY) + WRITE_INTERVAL_MS - clock.now();
  return {
    read: objects.read,
    async write(name, value, over, signal) {
      const milliseconds = wait(name);
      if (milliseconds > 0) await clock.sleep(milliseconds, signal);
      signal.throwIfAborted();
      for (const other of writtenAt.keys()) if (wait(other) <= 0) writtenAt.delete(other);
      writtenAt.set(name, clock.now());
      return objects.write(name, value, over, signal);
    },
    mayWrite: (name) => wait(name) <= 0,
  };
}
