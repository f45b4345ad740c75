import { Worker } from "node:worker_threads";
import type { Outcome } from "./attack.ts";
import type { AttackName } from "./attacks.ts";

/** What is sent to the attacker's thread. */
export interface Order {
  readonly attack: AttackName;
  readonly port: number;
  readonly secret: string;
}

/** What it sends back. */
export type Report = "begun" | { readonly outcome: Outcome };

/** An attack that is going on. */
export interface Attacking {
  readonly begun: Promise<void>;
  readonly outcome: Promise<Outcome>;
}

/** Starts an attack in a thread of its own. */
export function startAttack(order: Order): Attacking {
  const worker = new Worker(new URL("./attacker.ts", import.meta.url), { workerData: order });
  const begun = Promise.withResolvers<void>();
  const outcome = Promise.withResolvers<Outcome>();
  worker.on("message", (report: Report) => {
    if (report === "begun") begun.resolve();
    else outcome.resolve(report.outcome);
  });
  const fail = (reason: unknown) => {
    begun.reject(reason);
    outcome.reject(reason);
  };
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("The attacker ended without a report.")));
  return { begun: begun.promise, outcome: outcome.promise.finally(() => worker.terminate()) };
}
