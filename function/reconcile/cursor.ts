import { isoTime } from "../clock.ts";
import { NO_OBJECT } from "../google/object-store.ts";
import { isObject } from "../json.ts";
import { ForeignLinkError } from "../okta/pages.ts";
import { logPath } from "../okta/system-log.ts";
import type { SpacedObjects } from "./spaced-writes.ts";

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
export function createCursors(objects: SpacedObjects, orgUrl: string): Cursors {
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
