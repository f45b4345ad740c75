import type { Contender } from "./contenders.ts";
import type { HelperProcess } from "./helper-process.ts";
import type { BurstOrder, BurstResult, LoadOrder, LoadResult } from "./load-client.ts";
import type { Behaviour, Seen } from "./stub.ts";

/** What is to be reached, of the median. */
export type Goal =
  | { readonly against: string; readonly atMost: number }
  | { readonly against: string; readonly atLeast: number }
  | { readonly atMost: number };

/** One figure of a scenario. */
export interface Measure {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  readonly goal?: Goal;
  /** Of which curve it is a point. */
  readonly curve?: {
    readonly name: string;
    readonly title: string;
    readonly work: string;
    readonly size: number;
  };
}

/** What a scenario works with. */
export interface Bench {
  readonly isQuick: boolean;
  load(order: Omit<LoadOrder, "kind" | "warmUp" | "duration">): Promise<LoadResult>;
  burst(order: Omit<BurstOrder, "kind">): Promise<BurstResult>;
  /** Sets how the stub behaves, and makes it forget what it has seen. */
  setStub(behaviour?: Partial<Behaviour>): Promise<void>;
  seen(): Promise<Seen>;
}

/** Something that is done to each contender in turn, in several rounds. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly measures: readonly Measure[];
  /** Which it makes sense for; those of ours take part in all. */
  readonly others: readonly string[];
  readonly rounds: { readonly full: number; readonly quick: number };
  /** @returns a figure for each measure, by its id. @throws when something answered wrongly */
  run(contender: Contender, bench: Bench): Promise<Readonly<Record<string, number>>>;
}

/** How long load is put on a server, in milliseconds. */
const TIMES = { full: { warmUp: 1_000, duration: 2_000 }, quick: { warmUp: 300, duration: 500 } };

/** @param watch gets how busy the client was */
export function createBench(
  client: HelperProcess,
  stub: HelperProcess,
  isQuick: boolean,
  watch: (busy: number) => void,
): Bench {
  return {
    isQuick,
    async load(order) {
      const times = isQuick ? TIMES.quick : TIMES.full;
      const result = await client.ask<LoadResult>({ kind: "load", ...times, ...order });
      if (result.faults > 0) throw new Error(`${result.faults} answers were wrong.`);
      watch(result.busy);
      return result;
    },
    burst: (order) => client.ask<BurstResult>({ kind: "burst", ...order }),
    async setStub(behaviour = {}) {
      await stub.ask(behaviour);
    },
    seen: () => stub.ask<Seen>("seen"),
  };
}
