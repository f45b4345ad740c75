import { type Clock, isoTime } from "../shared/clock.ts";
import { ForeignLinkError } from "../shared/errors.ts";
import { NO_OBJECT, type ObjectStore } from "../shared/google/object-store.ts";
import { isObject } from "../shared/json.ts";
import { logPath } from "./system-log.ts";

/** How far the System Log has been read and its memberships have been queued. */
export interface Cursor {
  /**
   * Where to continue: path and query, relative to the org. First the path of a starting point, then Okta's links. Undefined
   * when Okta's last link could not be followed.
   */
  readonly next: string | undefined;
  /** The event types that were queried, sorted. Other types need a new starting point. */
  readonly eventTypes: readonly string[];
  /** Everything that Okta had logged by this time has been read. In milliseconds since the epoch. */
  readonly reached: number;
}

/** The cursor as it was found. */
export interface FoundCursor {
  readonly state: "found" | "missing" | "corrupt";
  readonly cursor: Cursor | undefined;
  /** The generation of the object, even if its content is corrupt. */
  readonly generation: string;
}

/** Keeps the cursor from run to run. */
export interface Cursors {
  read(signal: AbortSignal): Promise<FoundCursor>;
  /**
   * @param over the generation that was read or written last
   * @returns the new generation
   * @throws ObjectChangedError when another run has written meanwhile; NoBucketError
   */
  write(cursor: Cursor, over: string, signal: AbortSignal): Promise<string>;
  /** Whether a write would start at once. */
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

/** @returns undefined when it is not a cursor of this version, or leads out of the org */
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
 * The cursor of one run. It moves with each page, and is written once a second, which is as often as its object may be; until
 * then the run continues to read.
 *
 * The cursor moves only after everything before it is in the queue, and the newest cursor is always the one that is written. So
 * after a run that was killed, the next one repeats at most the pages of one second and one more. A run that ends in any other
 * way writes its newest cursor (`flush`).
 */
export interface Checkpoint {
  /** The newest cursor, written or not. */
  readonly cursor: Cursor | undefined;
  /**
   * Moves the cursor, and writes it if that needs no wait.
   *
   * @throws what Cursors.write throws
   */
  moveTo(cursor: Cursor): Promise<void>;
  /**
   * Writes the newest cursor, unless it is written.
   *
   * @throws what Cursors.write throws
   */
  flush(): Promise<void>;
}

/** @param signal ends every write */
export function createCheckpoint(cursors: Cursors, found: FoundCursor, signal: AbortSignal): Checkpoint {
  let { cursor, generation } = found;
  let unwritten: Cursor | undefined;
  const flush = async (): Promise<void> => {
    if (unwritten === undefined) return;
    const newest = unwritten;
    // A failed write may have had its effect; a second one would take that for another run's.
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
      if (cursors.mayWrite()) await flush();
    },
    flush,
  };
}

/** An object can be overwritten once a second (Google Cloud, "Cloud Storage: quotas and limits"). */
const WRITE_INTERVAL_MS = 1_000;

/** Objects that are written no more often than Cloud Storage allows. */
export interface ThrottledObjects extends ObjectStore {
  /** Whether a write would start at once. */
  mayWrite(name: string): boolean;
}

/** Delays the writes of each object until Cloud Storage allows the next. */
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
