import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isObject, parseJson } from "../../function/shared/json.ts";
import { AccessError } from "../command.ts";
import type { Exchange } from "./fixture.ts";
import type { StepName } from "./steps.ts";

/** What a look says of a row of docs/fidelity.md. */
export type Verdict = "confirmed" | "refuted" | "not seen";

/** A row of docs/fidelity.md, and what was seen of it. */
export interface Seen {
  /** The look that saw it. */
  readonly look: string;
  readonly file: string;
  /** The decision's first words. */
  readonly begins: string;
  readonly verdict: Verdict;
  readonly expected: string;
  /** What was seen; why it was not, for `not seen`. */
  readonly seen: string;
}

/** How a step ended. */
export interface StepResult {
  readonly state: "done" | "failed";
  readonly seconds: number;
  /** What it found, in sentences. */
  readonly notes: readonly string[];
}

/** Something of the stack that must be gone in the end. */
export interface LeftOver {
  readonly name: string;
  readonly type: string;
  readonly id: string;
}

/** What is kept of a round, so that it goes on after a crash. Nothing in it is secret but ids. */
export interface Progress {
  readonly version: 1;
  readonly stack: string;
  /** Tells the people of one round from those of another. */
  readonly round: string;
  /** ISO 8601. */
  readonly startedAt: string;
  steps: Partial<Record<StepName, StepResult>>;
  /** The looks that have been made. */
  looks: Record<string, readonly Seen[]>;
  exchanges: Exchange[];
  /** Ids of the test people that are still there. */
  people: string[];
  /** How many test people there were. */
  peopleMade: number;
  /** What the stack had, noted before it is destroyed. */
  leftOvers: LeftOver[];
  /** What steps saw and looks ask for, by a name. */
  facts: Record<string, string>;
}

const FILE = "progress.json";

/** A new round. */
export function newProgress(stack: string, round: string, now: number): Progress {
  return {
    version: 1,
    stack,
    round,
    startedAt: new Date(now).toISOString(),
    steps: {},
    looks: {},
    exchanges: [],
    people: [],
    peopleMade: 0,
    leftOvers: [],
    facts: {},
  };
}

/** Reads how far a round got. @returns undefined when none has begun in the folder @throws AccessError */
export async function readProgress(folder: string): Promise<Progress | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, FILE), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new AccessError(`${join(folder, FILE)} cannot be read: ${String(error)}`);
  }
  const value = parseJson(text);
  if (!isObject(value) || value["version"] !== 1) {
    throw new AccessError(
      `${join(folder, FILE)} is not the progress of a round of this version. Use another --folder.`,
    );
  }
  // Written by writeProgress, of this version.
  return value as unknown as Progress;
}

/** Writes it so that a crash leaves the former one or the new one. */
export async function writeProgress(folder: string, progress: Progress): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, FILE);
  await writeFile(`${file}.new`, `${JSON.stringify(progress, undefined, 1)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
