import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Measure } from "./bench.ts";
import type { Machine } from "./machine.ts";

/** What a run has measured, as it is kept in bench/results.json. */
export interface Results {
  readonly command: string;
  /** ISO 8601, the day. */
  readonly date: string;
  readonly machine: Machine;
  /** Of Node.js and of the packages that contenders have. */
  readonly versions: Readonly<Record<string, string>>;
  readonly client: {
    /** Requests that the client can send in a second of CPU time, to a server that does nothing, by events in each. */
    readonly ceiling: Readonly<Record<string, number>>;
    /** The largest part of one core that it needed in any measure, 0 to 1. */
    readonly busiest: number;
  };
  readonly contenders: Readonly<Record<string, string>>;
  readonly measures: readonly MeasureResult[];
}

export interface MeasureResult extends Measure {
  readonly scenario: string;
  /** One value for each round, by contender; the rounds are the same for all. */
  readonly values: Readonly<Record<string, readonly number[]>>;
}

/** The results of the last landing, which docs/benchmarks.md is written from. */
export async function readResults(): Promise<Results> {
  const path = join(import.meta.dirname, "../results.json");
  // Only npm run bench -- --json writes it.
  return JSON.parse(await readFile(path, "utf8")) as Results;
}
