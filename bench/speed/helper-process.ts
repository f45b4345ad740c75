import { type ChildProcess, fork } from "node:child_process";

/** A process of the benchmark's own that is given orders. */
export interface HelperProcess {
  /** Sends an order and waits for its result. @throws Error when the process says so, or has ended */
  ask<Result>(order: unknown): Promise<Result>;
  stop(): void;
}

/** Starts a process; what it sends under the id 0 is its greeting. */
export async function startHelper<Greeting>(module: string): Promise<HelperProcess & { greeting: Greeting }> {
  const child: ChildProcess = fork(module, { serialization: "advanced", execArgv: [] });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const expectAnswer = (id: number) => {
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    return answer.promise;
  };
  child.on("message", ({ id, result, fault }: { id: number; result?: unknown; fault?: string }) => {
    if (fault === undefined) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(fault));
    waiting.delete(id);
  });
  child.on("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error(`${module} has ended.`));
  });
  let lastId = 0;
  // What a helper answers is typed where it is defined, and only there.
  const greeting = (await expectAnswer(0)) as Greeting;
  return {
    greeting,
    async ask<Result>(order: unknown) {
      lastId += 1;
      const answer = expectAnswer(lastId);
      child.send({ id: lastId, order });
      return (await answer) as Result;
    },
    stop: () => child.disconnect(),
  };
}
