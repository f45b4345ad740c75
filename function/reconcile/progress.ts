import { NO_OBJECT, ObjectChangedError, type ObjectStore } from "../google/object-store.ts";
import { isObject } from "../json.ts";
import { type ReplayProgress, replayProgressName } from "../settings.ts";

/** How far one replay is, where the one who asked for it can see it. */
export interface Progress {
  /** Undefined before the first chunk has ended. */
  read(signal: AbortSignal): Promise<Known | undefined>;
  /** Writes, unless somebody has written meanwhile that the replay is further: it never goes backwards. */
  advance(to: ReplayProgress, signal: AbortSignal): Promise<void>;
}

/** What a chunk must know of the chunks before it. */
export type Known = Pick<ReplayProgress, "state" | "reached"> & { readonly events: number };

/** So often may others write at the same moment. */
const ATTEMPTS = 5;

/** @param id of the replay */
export function createProgress(objects: ObjectStore, id: string): Progress {
  const name = replayProgressName(id);
  let generation: string | undefined;

  const read = async (signal: AbortSignal): Promise<Known | undefined> => {
    const object = await objects.read(name, signal);
    generation = object?.generation ?? NO_OBJECT;
    return object === undefined ? undefined : parseProgress(object.content);
  };

  return {
    read,
    async advance(to, signal) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          if (generation === undefined && isFurther(await read(signal), to)) return;
          generation = await objects.write(name, to, generation ?? NO_OBJECT, signal);
          return;
        } catch (error) {
          if (!(error instanceof ObjectChangedError) || attempt === ATTEMPTS) throw error;
          generation = undefined;
        }
      }
    },
  };
}

function isFurther(known: Known | undefined, than: ReplayProgress): boolean {
  return known !== undefined && (known.state !== "running" || known.events > than.counts.events);
}

function parseProgress(content: string): Known | undefined {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return undefined;
  }
  if (!isObject(value) || !isObject(value["counts"])) return undefined;
  const { state, reached } = value;
  const { events } = value["counts"];
  if (state !== "running" && state !== "done" && state !== "failed") return undefined;
  if (typeof reached !== "string" || Number.isNaN(Date.parse(reached)) || typeof events !== "number")
    return undefined;
  return { state, reached, events };
}
