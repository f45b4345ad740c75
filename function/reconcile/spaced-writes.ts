import type { Clock } from "../clock.ts";
import type { ObjectStore } from "../google/object-store.ts";

/** An object can be overwritten once a second (Google Cloud, "Cloud Storage: quotas and limits"). In milliseconds. */
const WRITE_INTERVAL = 1_000;

/** The same objects, with the writes of each far enough apart. */
export function spaceWrites(objects: ObjectStore, clock: Clock): ObjectStore {
  /** When an object was written last, by its name. */
  const writtenAt = new Map<string, number>();
  return {
    read: objects.read,
    async write(name, value, over, signal) {
      const wait = (writtenAt.get(name) ?? Number.NEGATIVE_INFINITY) + WRITE_INTERVAL - clock.now();
      if (wait > 0) await clock.sleep(wait, signal);
      signal.throwIfAborted();
      for (const [other, at] of writtenAt) if (at + WRITE_INTERVAL <= clock.now()) writtenAt.delete(other);
      writtenAt.set(name, clock.now());
      return objects.write(name, value, over, signal);
    },
  };
}
