import { readFile } from "node:fs/promises";
import { isObject, type JsonObject, parseJson } from "../function/shared/json.ts";
import { AccessError, text, UsageError } from "./command.ts";
import { NoPulumiError, PulumiError, runPulumi } from "./pulumi.ts";

/** Where the outputs of the stack come from. */
export type StackSource = { readonly stack: string } | { readonly outputsFile: string };

/** The options that name a stack. */
export const stackOptions = { stack: text, outputs: text } as const;

/** What a stack exports. */
export interface StackOutputs {
  readonly values: JsonObject;
  /** For messages, after "the outputs": `of stack "dev"`. */
  readonly origin: string;
}

/** @throws UsageError unless the options name one stack */
export function readSource({
  stack,
  outputs,
}: {
  readonly stack?: string | undefined;
  readonly outputs?: string | undefined;
}): StackSource {
  if (stack && outputs) throw new UsageError("--outputs takes the place of --stack: give one of them.");
  if (stack) return { stack };
  if (outputs) return { outputsFile: outputs };
  throw new UsageError("--stack is missing: the name of the Pulumi stack, as in --stack dev.");
}

/** For messages: `stack "dev"`. */
export function nameOf(source: StackSource): string {
  return "stack" in source ? `stack "${source.stack}"` : `the stack of ${source.outputsFile}`;
}

/** The option that names this stack, as it is typed in a shell. */
export function optionOf(source: StackSource): string {
  const [option, value] = "stack" in source ? ["--stack", source.stack] : ["--outputs", source.outputsFile];
  return `${option} ${/^[\w./@:+-]+$/.test(value) ? value : JSON.stringify(value)}`;
}

/** Asks the Pulumi CLI, or reads what it printed before. @throws AccessError; what an aborted signal throws */
export async function readOutputs(source: StackSource, signal: AbortSignal): Promise<StackOutputs> {
  const json = "stack" in source ? await askCli(source.stack, signal) : await readFrom(source.outputsFile);
  const origin = "stack" in source ? `of stack "${source.stack}"` : `in ${source.outputsFile}`;
  const values = parseJson(json);
  if (!isObject(values)) throw new AccessError(`The outputs ${origin} are not a JSON object.`);
  return { values, origin };
}

async function askCli(stack: string, signal: AbortSignal): Promise<string> {
  try {
    return await runPulumi(["stack", "output", "--json", "--stack", stack], signal);
  } catch (error) {
    if (error instanceof NoPulumiError) throw new AccessError(noCli(stack));
    if (!(error instanceof PulumiError)) throw error;
    throw new AccessError(`The Pulumi CLI gives no outputs of stack "${stack}". It says:\n${error.reason}`);
  }
}

function noCli(stack: string): string {
  return [
    "There is no Pulumi CLI on the PATH. Install it (https://www.pulumi.com/docs/install/), or where there is one, run",
    `  pulumi stack output --json --stack ${stack} > outputs.json`,
    "and give the file here: --outputs outputs.json in place of --stack.",
  ].join("\n");
}

async function readFrom(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new AccessError(
      `--outputs cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
