import type { Bench, Goal, Measure, Scenario } from "../bench.ts";
import type { Contender } from "../contenders.ts";
import { challengeRequest, deliveryRequest, UNWANTED } from "../deliveries.ts";
import { acceptedBy, HOOKS, WORKING_HOOKS } from "./hooks.ts";

/** Deliveries of so many events at 20 connections. */
export function deliveries(
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
    {
      id: `${id}.cpu`,
      title: `${what}: CPU time of a delivery`,
      unit: "ms",
      better: "lower",
      // The same as 0.7 of the rate on one core, and steadier where other programs run.
      goal: { against: "bare", atMost: 1.43 },
    },
  ];
  return {
    id,
    title: `20 connections: ${what}`,
    measures,
    others: match ? WORKING_HOOKS : HOOKS,
    rounds: { full: 3, quick: 2 },
    async run(contender, bench) {
      await bench.setStub();
      const server = await contender.start({ request: challengeRequest(), expect: 200 });
      try {
        const eventType = match ? {} : { eventType: UNWANTED };
        const requests = Array.from({ length: events > 10 ? 8 : 64 }, () =>
          deliveryRequest(events, eventType),
        );
        const { port, pid } = server;
        const expect = acceptedBy(contender);
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

/** A server that answers without doing the work is not a contender. */
async function requireWork(contender: Contender, bench: Bench, least: number): Promise<void> {
  const { tasks, puts } = await bench.seen();
  const done = contender.name === "plain-hook" ? puts : tasks;
  if (done < least || (least === 0 && done > 0)) {
    throw new Error(`${contender.name} made ${done} of ${least} tasks.`);
  }
}
