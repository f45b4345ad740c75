import type { Clock } from "../../function/clock.ts";
import type { ReplayTask } from "../../function/contract.ts";
import { ReplayError } from "./errors.ts";
import type { Replays } from "./google.ts";
import type { BeginOptions, Source, WatchOptions } from "./options.ts";
import { reasonOf } from "./refusals.ts";
import { type Report, reportOf } from "./report.ts";
import type { Screen } from "./screen.ts";
import type { StackOutputs } from "./stack.ts";
import { summarize } from "./summary.ts";
import { formatTime } from "./times.ts";
import { watch } from "./watch.ts";
import { readWindow, type Window } from "./window.ts";

/** What the command works with. */
export interface Outside {
  readonly clock: Clock;
  /** A new UUID at every call. */
  readonly newId: () => string;
  readonly readStack: (source: Source, signal: AbortSignal) => Promise<StackOutputs>;
  readonly connect: (stack: StackOutputs) => Replays;
  readonly screen: Screen;
  /** Ends the command; a replay that has begun goes on. */
  readonly signal: AbortSignal;
}

/**
 * Begins a replay and, unless that is not wanted, watches it to its end.
 *
 * @throws UsageError, ReplayError; what the signal throws while nothing has begun
 */
export async function beginReplay(options: BeginOptions, outside: Outside): Promise<Report> {
  const { clock, screen, signal } = outside;
  const startedAt = clock.now();
  const { source, dryRun, wait } = options;
  const window = readWindow(options, startedAt);
  const stack = await outside.readStack(source, signal);
  const replays = outside.connect(stack);
  const task: ReplayTask = {
    kind: "replay",
    continuationQueue: stack.continuationQueue,
    id: outside.newId(),
    since: new Date(window.since).toISOString(),
    until: new Date(window.until).toISOString(),
    dryRun,
  };
  screen.line(announce(window, options));
  if (wait) await requireReadable(task.id, replays, signal);
  signal.throwIfAborted();
  await begin(task, replays, source);
  screen.line(`Replay ${task.id} has begun. It goes on when this command ends; to watch it again:`);
  screen.line(`  ${watchCommand(source, task.id)}`);
  const progress = wait ? await follow(task.id, { source, stack, replays }, outside) : undefined;
  return reportOf(task.id, progress ?? task, clock.now() - startedAt);
}

/** Watches a replay that was begun before. @throws as `beginReplay` */
export async function watchReplay({ source, id }: WatchOptions, outside: Outside): Promise<Report> {
  const { clock, screen, signal } = outside;
  const startedAt = clock.now();
  const stack = await outside.readStack(source, signal);
  const replays = outside.connect(stack);
  screen.line(`Watching replay ${id} of ${nameOf(source)}.`);
  const progress = await follow(id, { source, stack, replays }, outside);
  return reportOf(id, progress, clock.now() - startedAt);
}

/** Whoever may not see how it goes learns that before anything happens. */
async function requireReadable(id: string, replays: Replays, signal: AbortSignal): Promise<void> {
  try {
    await replays.progress(id, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const reason =
      error instanceof ReplayError ? error.message : `Google Cloud was not reached: ${reasonOf(error)}`;
    throw new ReplayError(`${reason}\nNo replay has begun.`);
  }
}

async function begin(task: ReplayTask, replays: Replays, source: Source): Promise<void> {
  try {
    await replays.begin(task);
  } catch (error) {
    if (error instanceof ReplayError) throw new ReplayError(`${error.message}\nNo replay has begun.`);
    throw new ReplayError(
      [
        `Google Cloud was not reached: ${reasonOf(error)}`,
        "Whether the replay has begun is not known. If it has, this shows it:",
        `  ${watchCommand(source, task.id)}`,
      ].join("\n"),
    );
  }
}

async function follow(
  id: string,
  of: { readonly source: Source; readonly stack: StackOutputs; readonly replays: Replays },
  { screen, clock, signal }: Outside,
) {
  const again = watchCommand(of.source, id);
  try {
    const read = (within: AbortSignal) => of.replays.progress(id, within);
    const progress = await watch({ read, screen, clock, logs: of.stack.logs, signal });
    if (progress === undefined || progress.state === "running") {
      screen.line("No longer watched; the replay goes on. To watch it again:");
      screen.line(`  ${again}`);
    } else {
      screen.line(summarize(progress));
    }
    return progress;
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    throw new ReplayError(
      `${error.message}\nThis ends only the watching, not the replay. To watch it again:\n  ${again}`,
    );
  }
}

function announce({ since, until }: Window, { source, dryRun }: BeginOptions): string {
  const what = `Okta's System Log from ${formatTime(since)} until ${formatTime(until)} for ${nameOf(source)}`;
  return dryRun
    ? `Counting what a replay of ${what} would do; nothing is queued.`
    : `Replaying ${what}: whoever signed in then gets into the groups.`;
}

function nameOf(source: Source): string {
  return "stack" in source ? `stack "${source.stack}"` : `the stack of ${source.outputsFile}`;
}

function watchCommand(source: Source, id: string): string {
  const [option, value] = "stack" in source ? ["--stack", source.stack] : ["--outputs", source.outputsFile];
  const word = /^[\w./@:+-]+$/.test(value) ? value : JSON.stringify(value);
  return `npm run replay -- ${option} ${word} --watch ${id}`;
}
