import type { Clock } from "../../../function/shared/clock.ts";
import type { Step, StepKind } from "../../support/reconciliation.ts";

/** How a step ends: well; without its effect; with its effect and an error; or never, with or without its effect. */
export type Ending = "well" | "fails" | "unanswered" | "crashes before" | "crashes after";

/** A step that a run has come to and that has not been let go. */
interface Pending {
  readonly instance: number;
  readonly kind: StepKind | "sleep";
  go(ending: Ending): unknown;
}

/**
 * Holds every step that runs take outside themselves, so that a test decides which one goes next, and how it ends. An
 * instance that crashes takes no step any more.
 */
export interface Interleaving {
  readonly clock: Clock & { pass(milliseconds: number): void };
  /** The steps of one instance. */
  stepsOf(instance: number): { readonly step: Step; readonly clock: Clock };
  /** What waits to be let go. */
  pending(): readonly Pick<Pending, "instance" | "kind">[];
  /** Lets one step go, counted from the first that waits, and then everything happen that follows from it. */
  go(position: number, ending: Ending): Promise<void>;
  readonly crashed: ReadonlySet<number>;
}

export function createInterleaving(start: number): Interleaving {
  let time = start;
  const crashed = new Set<number>();
  let waiting: Pending[] = [];

  const clock: Interleaving["clock"] = {
    now: () => time,
    sleep: async () => undefined,
    // Time is up only where a test says so, by a crash.
    deadline: () => ({
      at: Number.POSITIVE_INFINITY,
      [Symbol.dispose]: () => undefined,
      signal: new AbortController().signal,
    }),
    pass(milliseconds) {
      time += milliseconds;
    },
  };

  const hold = <T>(instance: number, kind: Pending["kind"], effect: () => T): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const go = (ending: Ending) => {
        const hasEffect = ending !== "fails" && ending !== "crashes before";
        const effected = hasEffect ? new Promise<T>((done) => done(effect())) : undefined;
        if (ending === "well" && effected !== undefined) return effected.then(resolve, reject);
        // Nobody hears of it.
        effected?.catch(() => undefined);
        if (ending === "fails" || ending === "unanswered") {
          return reject(Object.assign(new Error(`The ${kind} ${ending}.`), { code: "ECONNRESET" }));
        }
        crashed.add(instance);
        waiting = waiting.filter((one) => one.instance !== instance);
      };
      if (!crashed.has(instance)) waiting.push({ instance, kind, go });
    });

  return {
    clock,
    crashed,
    stepsOf: (instance) => ({
      step: (kind, effect) => hold(instance, kind, effect),
      clock: {
        ...clock,
        sleep: (milliseconds) => hold(instance, "sleep", () => clock.pass(milliseconds)),
      },
    }),
    pending: () => waiting,
    async go(position, ending) {
      const one = waiting[position % waiting.length];
      waiting = waiting.filter((other) => other !== one);
      one?.go(one.kind === "sleep" && (ending === "fails" || ending === "unanswered") ? "well" : ending);
      await new Promise(setImmediate);
    },
  };
}
