import { setTimeout as delay } from "node:timers/promises";
import type { Scenario } from "../bench.ts";
import { challengeRequest, deliveryRequest } from "../deliveries.ts";
import { memoryOf } from "../machine.ts";
import type { Server } from "../server.ts";
import { WORKING_HOOKS } from "./hooks.ts";

/** How much memory a server needs: once it has answered a challenge, under load, and for 80 large deliveries at once. */
export const memory: Scenario = {
  id: "memory",
  title: "Memory",
  measures: [
    { id: "memory.rest", title: "memory at rest" },
    { id: "memory.load", title: "memory at most, 1 event, 1 task, 20 connections" },
    { id: "memory.batches", title: "memory at most, 80 deliveries of 100 tasks at once" },
  ].map((measure) => ({
    ...measure,
    unit: "MiB",
    better: "lower",
    goal: { against: "bare", atMost: 1.2 },
  })),
  others: WORKING_HOOKS,
  rounds: { full: 3, quick: 1 },
  async run(contender, bench) {
    await bench.setStub();
    const measure = async (work: (server: Server) => Promise<unknown>) => {
      const server = await contender.start({ request: challengeRequest(), expect: 200 });
      try {
        await work(server);
        return memoryOf(server.pid);
      } finally {
        await server.stop();
      }
    };
    const rest = await measure(() => delay(300));
    const load = await measure(({ port, pid }) => {
      const requests = Array.from({ length: 64 }, () => deliveryRequest(1));
      return bench.load({ port, pid, connections: 20, requests, expect: 204 });
    });
    const batches = await measure(({ port }) => {
      const requests = Array.from({ length: 80 }, () => deliveryRequest(100));
      return bench.burst({ port, requests });
    });
    return { "memory.rest": rest.now, "memory.load": load.most, "memory.batches": batches.most };
  },
};
