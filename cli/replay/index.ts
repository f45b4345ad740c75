/** `npm run replay`: puts a past window of Okta's System Log through the rules once more. */
import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "../../function/shared/clock.ts";
import type { ReplayCounts, ReplayProgress } from "../../function/shared/contract.ts";
import { AccessError, type Command, exitCodes, flag, parseOptions, text, UsageError } from "../command.ts";
import { reasonOf } from "../google.ts";
import { createScreen, type Screen } from "../screen.ts";
import { nameOf, optionOf, readOutputs, readSource, type StackSource, stackOptions } from "../stack.ts";
import { createReplays, type ReplayStack, type Replays, replayStackOf } from "./client.ts";
import { summarize, watch } from "./watch.ts";
import { formatTime, readWindow, type Window } from "./window.ts";

const usage = `Usage: npm run replay -- --stack NAME --since TIME [--until TIME] [OPTIONS]
       npm run replay -- --stack NAME --watch ID [--json]

Applies the rules of the stack again to a past window of Okta's System Log, at most 90 days back, and adds the people who
signed in during that time to the groups. The deployed function "reconcile" does the work, so a replay goes on when this
command ends.

  --stack NAME    the Pulumi stack; the Pulumi CLI is asked for its outputs
  --outputs FILE  in its place, where there is no CLI: what "pulumi stack output --json" printed elsewhere
  --since TIME    where the window begins: a date (2026-11-01, meaning 00:00 UTC), a time with its zone
                  (2026-11-01T08:30:00Z), or a span back (36h, 7d)
  --until TIME    where it ends, likewise; now by default
  --dry-run       only count: nothing is put into the queue
  --no-wait       end as soon as the replay has begun; prints its id and nothing else on standard output, and does without
                  the right to read the state bucket
  --watch ID      watch a replay that was begun before
  --json          print one JSON object {id, since, until, dryRun, state, counts, seconds} and nothing else on standard
                  output; the progress goes to standard error. npm prints a heading of its own unless it is silent:
                  npm run --silent replay -- --json …
  --help          print this

It needs application default credentials (gcloud auth application-default login) or an access token in the variable
GOOGLE_OAUTH_ACCESS_TOKEN, of somebody who may put tasks into the stack's continuation queue and read its state bucket.

Exit code: 0 done, 1 the replay failed, 2 a mistake on the command line, 3 the stack or Google Cloud could not be asked, or
refused; 130 interrupted.
`;

interface BeginOptions {
  readonly kind: "begin";
  readonly source: StackSource;
  readonly window: Window;
  readonly dryRun: boolean;
  /** Whether to stay until it has ended. */
  readonly wait: boolean;
  readonly json: boolean;
}

/** Of a replay that was begun before. */
interface WatchOptions {
  readonly kind: "watch";
  readonly source: StackSource;
  readonly id: string;
  readonly json: boolean;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads the command line. @param now in milliseconds since the epoch @throws UsageError */
export function readOptions(words: readonly string[], now: number): BeginOptions | WatchOptions {
  const values = parseOptions(words, {
    ...stackOptions,
    since: text,
    until: text,
    watch: text,
    "dry-run": flag,
    "no-wait": flag,
    json: flag,
  });
  const { since, until, json, watch, "dry-run": dryRun, "no-wait": noWait } = values;
  const source = readSource(values);
  if (watch !== undefined) {
    const given = { "--since": since, "--until": until, "--dry-run": dryRun, "--no-wait": noWait };
    for (const [option, value] of Object.entries(given)) {
      if (value !== undefined && value !== false) {
        throw new UsageError(`${option} does not go with --watch, which begins nothing.`);
      }
    }
    const id = watch.toLowerCase();
    if (UUID.test(id)) return { kind: "watch", source, id, json };
    throw new UsageError(
      `--watch "${watch}" is not the id of a replay: give the UUID that the replay printed when it began.`,
    );
  }
  if (since === undefined) {
    throw new UsageError("--since is missing: from when on is the log to be replayed?");
  }
  return { kind: "begin", source, window: readWindow({ since, until }, now), dryRun, wait: !noWait, json };
}

export const replay: Command = {
  usage,
  async run(words, signal) {
    const startedAt = systemClock.now();
    const options = readOptions(words, startedAt);
    const { source, json } = options;
    const printsId = options.kind === "begin" && !options.wait;
    const stack = replayStackOf(await readOutputs(source, signal));
    const runtime: Runtime = {
      stack,
      replays: createReplays(stack, process.env, systemClock),
      screen: createScreen(json || printsId ? process.stderr : process.stdout, systemClock.now),
      clock: systemClock,
      startedAt,
      newId: randomUUID,
      signal,
    };
    const report =
      options.kind === "begin" ? await beginReplay(options, runtime) : await watchReplay(options, runtime);
    if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else if (printsId) process.stdout.write(`${report.id}\n`);
    if (report.state === "failed") {
      process.stderr.write(`The replay failed. ${report.fault ?? "The log of reconcile says why."}\n`);
      return exitCodes.failed;
    }
    return report.state === "done" || printsId ? exitCodes.well : exitCodes.interrupted;
  },
};

/** What the command works with. */
export interface Runtime {
  readonly stack: ReplayStack;
  readonly replays: Replays;
  readonly screen: Screen;
  readonly clock: Clock;
  /** When the command was started, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** A new UUID at every call. */
  readonly newId: () => string;
  /** Ends the command; a replay that has begun goes on. */
  readonly signal: AbortSignal;
}

/** How it stands with a replay when the command ends. `--json` prints it. */
interface Report {
  readonly id: string;
  /** ISO 8601; like the next two null while nothing is known of a replay that was begun before. */
  readonly since: string | null;
  readonly until: string | null;
  readonly dryRun: boolean | null;
  /** `queued`: `reconcile` has written nothing yet. */
  readonly state: "queued" | ReplayProgress["state"];
  readonly counts: ReplayCounts;
  /** Why it failed. */
  readonly fault?: string;
  /** How long the command took. */
  readonly seconds: number;
}

/**
 * Begins a replay and, unless that is not wanted, watches it to its end.
 *
 * @throws AccessError; what the signal throws while nothing has begun
 */
export async function beginReplay(options: BeginOptions, runtime: Runtime): Promise<Report> {
  const { source, window, dryRun, wait } = options;
  const { stack, replays, screen, signal } = runtime;
  const id = runtime.newId();
  const [since, until] = [new Date(window.since).toISOString(), new Date(window.until).toISOString()];
  const again = watchCommand(source, id);
  const nothing = "No replay has begun.";
  const unknown = `Whether the replay has begun is not known. If it has, this shows it:\n  ${again}`;
  screen.line(announce(options));
  // A caller without the right to read the progress gets that error before anything happens.
  if (wait) await explained(replays.progress(id, signal), { refused: nothing, unreached: nothing });
  signal.throwIfAborted();
  const { continuationQueue } = stack;
  const task = { kind: "replay", continuationQueue, id, since, until, dryRun } as const;
  await explained(replays.begin(task), { refused: nothing, unreached: unknown });
  screen.line(`Replay ${id} has begun. It goes on when this command ends; to watch it again:`);
  screen.line(`  ${again}`);
  const seen = wait ? await follow(id, source, runtime) : undefined;
  return reportOf(id, { since, until, dryRun, ...seen }, runtime);
}

/** Watches a replay that was begun before. @throws AccessError */
export async function watchReplay({ source, id }: WatchOptions, runtime: Runtime): Promise<Report> {
  runtime.screen.line(`Watching replay ${id} of ${nameOf(source)}.`);
  return reportOf(id, await follow(id, source, runtime), runtime);
}

/** @param known what was asked for, what has been seen last, or both */
function reportOf(id: string, known: Partial<ReplayProgress> = {}, { clock, startedAt }: Runtime): Report {
  const { since = null, until = null, dryRun = null, state = "queued", fault } = known;
  const { counts = { events: 0, wanted: 0, queued: 0 } } = known;
  const seconds = (clock.now() - startedAt) / 1000;
  return { id, since, until, dryRun, state, counts, seconds, ...(fault === undefined ? {} : { fault }) };
}

async function follow(
  id: string,
  source: StackSource,
  { stack, replays, screen, clock, signal }: Runtime,
): Promise<ReplayProgress | undefined> {
  const again = watchCommand(source, id);
  const read = (within: AbortSignal) => replays.progress(id, within);
  const progress = await explained(watch({ read, screen, clock, logs: stack.logs, signal }), {
    refused: `This ends only the watching, not the replay. To watch it again:\n  ${again}`,
  });
  if (progress === undefined || progress.state === "running") {
    screen.line("No longer watched; the replay goes on. To watch it again:");
    screen.line(`  ${again}`);
  } else {
    screen.line(summarize(progress));
  }
  return progress;
}

/** Adds to a failure what it means for the replay: after an AccessError, and where Google Cloud was not reached. */
async function explained<Result>(
  work: Promise<Result>,
  meaning: { readonly refused: string; readonly unreached?: string },
): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AccessError) throw new AccessError(`${error.message}\n${meaning.refused}`);
    const isInterruption = error instanceof Error && error.name === "AbortError";
    if (isInterruption || meaning.unreached === undefined) throw error;
    throw new AccessError(`Google Cloud was not reached: ${reasonOf(error)}\n${meaning.unreached}`);
  }
}

function announce({ source, window, dryRun }: BeginOptions): string {
  const [since, until] = [formatTime(window.since), formatTime(window.until)];
  const what = `Okta's System Log from ${since} until ${until} for ${nameOf(source)}`;
  return dryRun
    ? `Counting what a replay of ${what} would do; nothing is queued.`
    : `Replaying ${what}. People who signed in during this time are added to the groups.`;
}

function watchCommand(source: StackSource, id: string): string {
  return `npm run replay -- ${optionOf(source)} --watch ${id}`;
}
