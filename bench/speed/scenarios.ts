import { setTimeout as delay } from "node:timers/promises";
import type { Bench, Goal, Measure, Scenario } from "./bench.ts";
import type { Contender } from "./contenders.ts";
import { challengeRequest, deliveryRequest, UNWANTED } from "./deliveries.ts";
import { memoryOf } from "./machine.ts";
import type { Server } from "./server.ts";

const HOOKS = ["hello", "bare", "bare-fetch", "express", "framework-tasks", "plain-hook"];

/** The framework's hello world answers everything by 200. */
const accepted = ({ name }: Contender) => (name === "hello" ? 200 : 204);

const start: Scenario = {
  id: "start",
  title: "Start",
  measures: [
    {
      id: "start.challenge",
      title: "start → challenge answered",
      unit: "ms",
      better: "lower",
      goal: { against: "hello", atMost: 0.78 },
    },
    {
      id: "start.delivery",
      title: "start → first delivery answered",
      unit: "ms",
      better: "lower",
      goal: { against: "hello", atMost: 0.78 },
    },
    { id: "start.cpu", title: "CPU time until the first delivery is answered", unit: "ms", better: "lower" },
  ],
  others: HOOKS,
  rounds: { full: 21, quick: 5 },
  async run(contender, bench) {
    await bench.setStub();
    const challenged = await contender.start({ request: challengeRequest(), expect: 200 });
    await challenged.stop();
    const delivered = await contender.start({ request: deliveryRequest(1), expect: accepted(contender) });
    await delivered.stop();
    return {
      "start.challenge": challenged.answeredAfter,
      "start.delivery": delivered.answeredAfter,
      "start.cpu": delivered.cpu,
    };
  },
};

/** Deliveries of so many events at 20 connections. */
function deliveries(
  events: number,
  match: boolean,
  goals: { readonly rate?: Goal; readonly p99?: Goal },
): Scenario {
  const id = `deliveries.${events}-${match ? "tasks" : "none"}`;
  const what = `${events} ${events === 1 ? "event" : "events"}, ${match ? `${events} ${events === 1 ? "task" : "tasks"}` : "no rule matches"}`;
  const measures: Measure[] = [
    {
      id: `${id}.rate`,
      title: `${what}: deliveries`,
      unit: "/s",
      better: "higher",
      ...(goals.rate === undefined ? {} : { goal: goals.rate }),
    },
    { id: `${id}.p50`, title: `${what}: half answered within`, unit: "ms", better: "lower" },
    {
      id: `${id}.p99`,
      title: `${what}: 99 % answered within`,
      unit: "ms",
      better: "lower",
      ...(goals.p99 === undefined ? {} : { goal: goals.p99 }),
    },
    { id: `${id}.cpu`, title: `${what}: CPU time of a delivery`, unit: "ms", better: "lower" },
  ];
  return {
    id,
    title: `20 connections: ${what}`,
    measures,
    others: match ? HOOKS.filter((name) => name !== "hello") : HOOKS,
    rounds: { full: 5, quick: 2 },
    async run(contender, bench) {
      await bench.setStub();
      const server = await contender.start({ request: challengeRequest(), expect: 200 });
      try {
        const eventType = match ? {} : { eventType: UNWANTED };
        const requests = Array.from({ length: events > 10 ? 8 : 64 }, () =>
          deliveryRequest(events, eventType),
        );
        const { port, pid } = server;
        const expect = accepted(contender);
        const result = await bench.load({ port, pid, connections: 20, requests, expect });
        await requireWork(contender, bench, match ? result.count * events : 0);
        return {
          [`${id}.rate`]: result.rate,
          [`${id}.p50`]: result.p50,
          [`${id}.p99`]: result.p99,
          [`${id}.cpu`]: result.cpu,
        };
      } finally {
        await server.stop();
      }
    },
  };
}

/** Whoever answers without the work is no contender. */
async function requireWork(contender: Contender, bench: Bench, least: number): Promise<void> {
  const { tasks, puts } = await bench.seen();
  const done = contender.name === "plain-hook" ? puts : tasks;
  if (done < least || (least === 0 && done > 0)) {
    throw new Error(`${contender.name} made ${done} of ${least} tasks.`);
  }
}

/** How much memory a server needs: once it has answered a challenge, under load, and for 80 large deliveries at once. */
const memory: Scenario = {
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
  others: HOOKS.filter((name) => name !== "hello"),
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

const bare = (atLeast: number): Goal => ({ against: "bare", atLeast });

export const scenarios: readonly Scenario[] = [
  start,
  deliveries(1, false, { rate: bare(0.7) }),
  deliveries(1, true, { rate: bare(0.7), p99: { against: "bare", atMost: 1.5 } }),
  deliveries(10, false, { rate: bare(0.7) }),
  deliveries(10, true, { rate: bare(0.7) }),
  deliveries(100, false, { rate: bare(0.7) }),
  memory,
];
