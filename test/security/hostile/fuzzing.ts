import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect } from "vitest";

/** The same in every run of the tests; `FUZZ_SEED=1 npm run test:security` takes another one. */
const SEED = Number(process.env["FUZZ_SEED"] ?? 20_260_105);

const PARTS = 20;

/** How often each fuzzer runs, as a multiple of what CI does: `FUZZ_TIMES=10`. */
const TIMES = Number(process.env["FUZZ_TIMES"] ?? 1);

/**
 * Tries a property on so many random values, in twenty parts. One that fails is shown in its smallest form.
 *
 * @param options `show` describes a value in words; `onPart` is called after each part with its number, from 1
 * @returns how many runs there were
 */
export async function fuzz<T>(
  runs: number,
  values: fc.Arbitrary<T>,
  holds: (value: T) => Promise<void>,
  { show, onPart }: { readonly show: (value: T) => string; readonly onPart?: (part: number) => void },
): Promise<number> {
  const numRuns = Math.ceil((runs * TIMES) / PARTS);
  process.stdout.write(`Fuzzing ${numRuns * PARTS} times; FUZZ_SEED=${SEED} gives the same again.\n`);
  const property = fc.asyncProperty(values, holds);
  for (let part = 1; part <= PARTS; part += 1) {
    await fc.assert(property, {
      seed: SEED + part,
      numRuns,
      asyncReporter: async ({ failed, counterexample, numShrinks, errorInstance }) => {
        if (!failed) return;
        const smallest = counterexample === null ? "" : show(counterexample[0]);
        const message = `Fails in part ${part} with FUZZ_SEED=${SEED}; after ${numShrinks} shrinks by:\n${smallest}`;
        throw new Error(`${message}\n${errorInstance}`, { cause: errorInstance });
      },
    });
    onPart?.(part);
  }
  return numRuns * PARTS;
}

/** Bytes of the heap that are in use once everything was collected that can be. */
export function usedHeap(): number {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
  return process.memoryUsage().heapUsed;
}

const SEVERITIES = ["INFO", "WARNING", "ERROR"];

/** No entry is much longer than its own words. */
const LONGEST_ENTRY = 1_000;

/** Expects that a log line is an entry, and holds none of these. */
export function expectHarmless(line: string, secrets: readonly string[]): void {
  expect(line.length).toBeLessThan(LONGEST_ENTRY);
  expect(SEVERITIES).toContain(JSON.parse(line).severity);
  for (const secret of secrets) {
    if (line.includes(secret)) throw new Error(`A log line holds "${secret}": ${line}`);
  }
}
