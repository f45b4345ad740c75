import type { Clock } from "../clock.ts";
import type { ObjectStore } from "../google/object-store.ts";

/** An object can be overwritten once a second (Google Cloud, "Cloud Storage: quotas and limits"). In milliseconds. */
const WRITE_INTERVAL = 1_000;

/** Objects that are written no oftener than they may be. */
export interface SpacedObjects extends ObjectStore {
  /** Whether a write would begin at once, and not wait. */
  mayWrite(name: string): boolean;
}

/** The same objects, with the writes of each far enough apart. */
export function spaceWrites(objects: ObjectStore, clock: Clock): SpacedObjects {
  /** When an object was written last, by its name. */
  const writtenAt = new Map<string, number>();
  const wait = (name: string) =>
    (writtenAt.get(name) ?? Number.NEGATIVE_INFINITY) + WRITE_INTERVAL - clock.now();
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
