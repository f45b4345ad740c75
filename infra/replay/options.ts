import { parseArgs } from "node:util";
import { UsageError } from "./errors.ts";

/** Where the outputs of the stack come from. */
export type Source = { readonly stack: string } | { readonly outputsFile: string };

/** What the command is to do. */
export type Options = { readonly kind: "help" } | BeginOptions | WatchOptions;

/** Begin a replay. */
export interface BeginOptions {
  readonly kind: "begin";
  readonly source: Source;
  /** As they were typed. */
  readonly since: string;
  readonly until: string | undefined;
  readonly dryRun: boolean;
  /** Whether to stay until it has ended. */
  readonly wait: boolean;
  readonly json: boolean;
}

/** Watch one that was begun before. */
export interface WatchOptions {
  readonly kind: "watch";
  readonly source: Source;
  readonly id: string;
  readonly json: boolean;
}

/** What `--help` prints. */
export const usage = `Usage: npm run replay -- --stack NAME --since TIME [--until TIME] [OPTIONS]
       npm run replay -- --stack NAME --watch ID [--json]

Puts a past window of Okta's System Log, from 90 days ago at most, through the rules of the stack once more: whoever signed
in then gets into the groups. The deployed function "reconcile" does the work, so it goes on when this command ends.

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

Exit code: 0 done, 1 failed, 2 a mistake on the command line or no such stack, 130 interrupted.
`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads the command line. @throws UsageError */
export function readOptions(words: readonly string[]): Options {
  const values = parse(words);
  const { since, until, json, watch } = values;
  const dryRun = values["dry-run"];
  const noWait = values["no-wait"];
  if (values.help) return { kind: "help" };
  const source = readSource(values);
  if (watch !== undefined) {
    const given = { "--since": since, "--until": until, "--dry-run": dryRun, "--no-wait": noWait };
    for (const [option, value] of Object.entries(given)) {
      if (value !== undefined && value !== false) {
        throw new UsageError(`${option} does not go with --watch, which begins nothing.`);
      }
    }
    const id = watch.toLowerCase();
    if (!UUID.test(id))
      throw new UsageError(
        `--watch "${watch}" is not the id of a replay: give the UUID that the replay printed when it began.`,
      );
    return { kind: "watch", source, id, json };
  }
  if (since === undefined)
    throw new UsageError("--since is missing: from when on is the log to be replayed?");
  return { kind: "begin", source, since, until, dryRun, wait: !noWait, json };
}

function readSource({
  stack,
  outputs,
}: {
  readonly stack?: string | undefined;
  readonly outputs?: string | undefined;
}): Source {
  if (stack && outputs) throw new UsageError("--outputs takes the place of --stack: give one of them.");
  if (stack) return { stack };
  if (outputs) return { outputsFile: outputs };
  throw new UsageError("--stack is missing: the name of the Pulumi stack, as in --stack dev.");
}

function parse(words: readonly string[]) {
  const flag = { type: "boolean", default: false } as const;
  const text = { type: "string" } as const;
  const options = {
    stack: text,
    outputs: text,
    since: text,
    until: text,
    watch: text,
    "dry-run": flag,
    "no-wait": flag,
    json: flag,
    help: flag,
  } as const;
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
