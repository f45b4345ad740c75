import type { Clock } from "../../function/clock.ts";
import type { ReplayProgress } from "../../function/contract.ts";
import { ReplayError } from "./errors.ts";
import { describeProgress } from "./progress.ts";
import { reasonOf } from "./refusals.ts";
import type { Screen } from "./screen.ts";

/** Between two looks, in milliseconds. */
const INTERVAL = 1_000;

/** After so many milliseconds without any progress there is a hint where to look. */
const PATIENCE = 60_000;

/**
 * Shows how far a replay is until it has ended, or nobody wants to know any more.
 *
 * @param read gives the progress as it stands now
 * @param logs a page with the log of `reconcile`
 * @param signal ends the watching
 * @returns what was seen last
 * @throws ReplayError when the progress can't be read
 */
export async function watch(of: {
  readonly read: (signal: AbortSignal) => Promise<ReplayProgress | undefined>;
  readonly screen: Screen;
  readonly clock: Clock;
  readonly logs: string | undefined;
  readonly signal: AbortSignal;
}): Promise<ReplayProgress | undefined> {
  const { read, screen, clock, logs, signal } = of;
  const over = new AbortController();
  let seen: ReplayProgress | undefined;
  let changedAt = clock.now();
  let hinted = false;
  let trouble: string | undefined;

  const look = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const found = await read(signal);
        trouble = undefined;
        if (JSON.stringify(found) !== JSON.stringify(seen)) {
          changedAt = clock.now();
          hinted = false;
        }
        seen = found;
      } catch (error) {
        if (error instanceof ReplayError) throw error;
        // A network that is away for a while is no reason to give up.
        trouble = reasonOf(error);
      }
      if (seen !== undefined && seen.state !== "running") return;
      await clock.sleep(INTERVAL, signal);
    }
  };
  // Apart from the looks, whose answers may take long.
  const show = async (): Promise<void> => {
    while (!over.signal.aborted) {
      screen.progress(describeProgress(seen));
      if (!hinted && clock.now() - changedAt >= PATIENCE) {
        hinted = true;
        for (const line of describeStall(trouble, logs)) screen.line(line);
      }
      await clock.sleep(INTERVAL, over.signal);
    }
  };

  const showing = show();
  try {
    await look();
    return seen;
  } finally {
    over.abort();
    await showing;
    screen.clear();
  }
}

function describeStall(trouble: string | undefined, logs: string | undefined): string[] {
  const unread = trouble === undefined ? [] : [`The progress cannot be read just now: ${trouble}`];
  return [
    `No progress for ${PATIENCE / 1000} s. It may be waiting for Okta's rate limit; the log of reconcile tells:`,
    `  ${logs ?? 'pulumi stack output links, under "logs"'}`,
    ...unread,
  ];
}
