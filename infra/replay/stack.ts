import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { isObject, type JsonObject } from "../../function/json.ts";
import { UsageError } from "./errors.ts";
import type { Source } from "./options.ts";

/** What a replay needs of a stack. */
export interface StackOutputs {
  /** Full name of the queue that leads back to `reconcile`. */
  readonly continuationQueue: string;
  /** Name of the bucket with the progress of replays. */
  readonly stateBucket: string;
  /** The Google Cloud project that the queue is in. */
  readonly project: string;
  /** A page with the functions' log. */
  readonly logs: string | undefined;
}

/** Asks the Pulumi CLI, or reads what it printed before. @throws UsageError; what an aborted signal throws */
export async function readStack(source: Source, signal: AbortSignal): Promise<StackOutputs> {
  const json = "stack" in source ? await askCli(source.stack, signal) : await readOutputs(source.outputsFile);
  const outputs = parse(json);
  const of = "stack" in source ? `of stack "${source.stack}"` : `in ${source.outputsFile}`;
  if (outputs === undefined) throw new UsageError(`The outputs ${of} are no JSON object.`);
  const { continuationQueue, stateBucket, links } = outputs;
  const lacking = Object.entries({ continuationQueue, stateBucket }).filter(
    ([, value]) => typeof value !== "string",
  );
  if (typeof continuationQueue !== "string" || typeof stateBucket !== "string") {
    const names = lacking.map(([name]) => name).join(" and ");
    throw new UsageError(
      `The outputs ${of} lack ${names}: it was deployed before there were replays. Run "pulumi up".`,
    );
  }
  const [, project] = /^projects\/([^/]+)\/locations\/[^/]+\/queues\/[^/]+$/.exec(continuationQueue) ?? [];
  if (project === undefined) {
    throw new UsageError(
      `The output continuationQueue ${of} is not the full name of a queue: ${continuationQueue}`,
    );
  }
  const logs = isObject(links) && typeof links["logs"] === "string" ? links["logs"] : undefined;
  return { continuationQueue, stateBucket, project, logs };
}

function askCli(stack: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const words = ["stack", "output", "--json", "--stack", stack];
    const child = execFile("pulumi", words, { signal, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (signal.aborted) reject(error);
      else if (error.code === "ENOENT") reject(new UsageError(noCli(stack)));
      else {
        const reason = stderr.trim() || error.message;
        reject(new UsageError(`The Pulumi CLI gives no outputs of stack "${stack}". It says:\n${reason}`));
      }
    });
    // It must fail, not ask.
    child.stdin?.end();
  });
}

function noCli(stack: string): string {
  return [
    "There is no Pulumi CLI on the PATH. Install it (https://www.pulumi.com/docs/install/), or where there is one, run",
    `  pulumi stack output --json --stack ${stack} > outputs.json`,
    "and give the file here: --outputs outputs.json in place of --stack.",
  ].join("\n");
}

async function readOutputs(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(
      `--outputs cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function parse(json: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
