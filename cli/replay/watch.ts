import type { Clock } from "../../function/shared/clock.ts";
import type { ReplayProgress } from "../../function/shared/contract.ts";
import { AccessError } from "../command.ts";
import { reasonOf } from "../google.ts";
import { amount, plural, type Screen } from "../screen.ts";
import { formatTime } from "./window.ts";

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
 * @throws AccessError when the progress can't be read
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
        if (error instanceof AccessError) throw error;
        // A network that fails for a while is not a reason to give up.
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
    `No progress for ${PATIENCE / 1000} s. It may be waiting for Okta's rate limit; the log of reconcile says:`,
    `  ${logs ?? 'pulumi stack output links, under "logs"'}`,
    ...unread,
  ];
}

/** Where a replay is, in a line. */
function describeProgress(progress: ReplayProgress | undefined): string {
  if (progress === undefined) return "  0 %  nothing has been read yet";
  const { dryRun, reached, counts } = progress;
  const found = [plural(counts.events, "event"), `${plural(counts.wanted, "membership")} wanted`];
  if (!dryRun) found.push(`${amount(counts.queued)} queued`);
  const percent = String(percentOf(progress)).padStart(3);
  return `${percent} %  up to ${formatTime(Date.parse(reached))}  ${found.join(", ")}`;
}

/** How much of the window has been read, in whole percent. */
function percentOf({ state, since, until, reached }: ReplayProgress): number {
  if (state === "done") return 100;
  const [from, to, at] = [Date.parse(since), Date.parse(until), Date.parse(reached)];
  if (!(to > from)) return 0;
  // Until it has ended, it is not whole.
  return Math.min(Math.max(Math.floor(((at - from) / (to - from)) * 100), 0), 99);
}

/** What a replay that has ended came to, in words. */
export function summarize({ state, dryRun, counts }: ReplayProgress): string {
  const events = plural(counts.events, "event");
  const found = dryRun ? counts.wanted : counts.queued;
  const memberships = plural(found, "membership");
  const were = found === 1 ? "was" : "were";
  if (state === "failed") {
    return `Before it failed, ${memberships} of ${events} ${were} ${dryRun ? "counted" : "queued"}.`;
  }
  if (counts.events === 0) return "There was no event that the rules name in this window.";
  if (found === 0) return `No membership follows from the ${events} of this window.`;
  return dryRun
    ? `${memberships} of ${events} would be queued; people who are members already would cost no call.`
    : `${memberships} of ${events} ${were} queued; people who were members already cost no call.`;
}
