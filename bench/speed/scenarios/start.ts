import type { Scenario } from "../bench.ts";
import { challengeRequest, deliveryRequest } from "../deliveries.ts";
import { acceptedBy, HOOKS } from "./hooks.ts";

/** From the start of a process to its first answers. */
export const start: Scenario = {
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
  rounds: { full: 11, quick: 5 },
  async run(contender, bench) {
    await bench.setStub();
    const challenged = await contender.start({ request: challengeRequest(), expect: 200 });
    await challenged.stop();
    const delivered = await contender.start({ request: deliveryRequest(1), expect: acceptedBy(contender) });
    await delivered.stop();
    return {
      "start.challenge": challenged.answeredAfter,
      "start.delivery": delivered.answeredAfter,
      "start.cpu": delivered.cpu,
    };
  },
};
