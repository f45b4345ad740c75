import type { Clock, Deadline } from "../clock.ts";
import { type Batch, parseEvents } from "../events.ts";
import type { LogPage, ReadLog } from "../okta/system-log.ts";

/** A page as it was read. */
export interface ReadPage extends LogPage {
  /** Where it was asked for: path and query, relative to the org. */
  readonly path: string;
  readonly batch: Batch;
  /** What Okta had logged by then ends with this page; in milliseconds since the epoch. Undefined when no event says it. */
  readonly reached: number | undefined;
}

/**
 * Reads one page after the other, each while the one before is worked on. So there are two at most, and one request to Okta
 * at a time. Leaving the loop ends the request under way.
 *
 * @param path of the first page
 * @param follow says where a page leads, as soon as it is read; undefined when no other is to be read
 * @throws what `readLog` throws for a page, once the one before has been worked on
 */
export async function* readPages(
  path: string,
  follow: (page: ReadPage) => string | undefined,
  deadline: Deadline,
  { readLog, clock }: { readonly readLog: ReadLog; readonly clock: Clock },
): AsyncGenerator<ReadPage, void> {
  const left = new AbortController();
  const until = { at: deadline.at, signal: AbortSignal.any([deadline.signal, left.signal]) };
  const read = async (place: string): Promise<ReadPage> => {
    const askedAt = clock.now();
    const page = await readLog(place, until);
    const batch = parseEvents(page.events);
    return { ...page, path: place, batch, reached: reachedBy(page, batch, askedAt) };
  };
  try {
    let reading: Promise<ReadPage> | undefined = read(path);
    while (reading !== undefined) {
      const page: ReadPage = await reading;
      const next = follow(page);
      reading = next === undefined ? undefined : read(next);
      // An error is thrown when its turn comes; if the loop is left before, nobody asks for it.
      reading?.catch(() => undefined);
      yield page;
    }
  } finally {
    left.abort();
  }
}

function reachedBy({ events, isTooLarge }: LogPage, batch: Batch, askedAt: number): number | undefined {
  // An empty page says that there was nothing more when it was asked for.
  if (events.length === 0 && !isTooLarge) return askedAt;
  let reached: number | undefined;
  for (const { published } of batch.events) {
    const time = Date.parse(published);
    // What claims to come from the future must not move a later beginning there.
    if (time <= askedAt) reached = Math.max(reached ?? time, time);
  }
  return reached;
}
