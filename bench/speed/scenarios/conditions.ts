import type { Rule } from "../../../function/shared/contract.ts";
import type { Scenario } from "../bench.ts";
import { challengeRequest, deliveryRequest } from "../deliveries.ts";
import { SIGN_IN } from "../setting.ts";

/** Conditions as people write them; none holds of the events that are sent. */
const KINDS: readonly ((index: number) => string)[] = [
  (index) => `event.actor.alternateId.endsWith("@team${index}.example")`,
  (index) =>
    `event.client.geographicalContext.country == "Country ${index}" && event.client.device == "Mobile"`,
  (index) => `event.target.exists(t, t.type == "AppInstance" && t.displayName == "App ${index}")`,
  (index) => `event.actor.displayName in ["Team ${index}", "Admin ${index}", "Robot ${index}"]`,
  (index) => `event.actor.alternateId.matches("^admin${index}[.].*@example[.]com$")`,
  (index) => `event.outcome.result == "SUCCESS" && event.securityContext.asOrg == "org ${index}"`,
];

/** So many rules with a condition, of six kinds in turn. */
export function conditionalRules(count: number): Rule[] {
  return Array.from({ length: count }, (_, index) => ({
    groupId: `00gTeam${index}`,
    on: [SIGN_IN],
    when: KINDS[index % KINDS.length]?.(index) ?? "",
  }));
}

/** 100 rules with a condition each, and deliveries of 100 events. */
export const conditions: Scenario = {
  id: "conditions",
  title: "100 rules with conditions, 100 events",
  measures: [
    {
      id: "conditions.cpu",
      title: "100 rules with conditions, 100 events: CPU time of a delivery",
      unit: "ms",
      better: "lower",
      goal: { atMost: 10 },
    },
  ],
  others: [],
  rounds: { full: 5, quick: 2 },
  async run(contender, bench) {
    await bench.setStub();
    const environment = { RULES: JSON.stringify(conditionalRules(100)) };
    const server = await contender.start({ request: challengeRequest(), expect: 200, environment });
    try {
      const requests = Array.from({ length: 8 }, () => deliveryRequest(100));
      const { port, pid } = server;
      const { cpu } = await bench.load({ port, pid, connections: 1, requests, expect: 204 });
      const { tasks } = await bench.seen();
      if (tasks > 0) throw new Error(`${tasks} tasks were made, and no condition holds.`);
      return { "conditions.cpu": cpu };
    } finally {
      await server.stop();
    }
  },
};
