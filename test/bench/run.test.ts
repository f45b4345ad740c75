import { join } from "node:path";
import { expect, it } from "vitest";
import type { Scenario } from "../../bench/speed/bench.ts";
import { measureAll } from "../../bench/speed/run.ts";
import { runScriptHere } from "../support/script-here.ts";

it("takes contenders in turn, and drops the figures of one that answers wrongly", async () => {
  const order: string[] = [];
  const scenario: Scenario = {
    id: "fake",
    title: "Fake",
    measures: [{ id: "fake.time", title: "time", unit: "ms", better: "lower" }],
    others: ["hello", "bare"],
    rounds: { full: 5, quick: 3 },
    async run({ name }) {
      order.push(name);
      if (name === "bare" && order.length > 2) throw new Error("200 in place of 503");
      return { "fake.time": order.length };
    },
  };
  const { results, faults } = await measureAll({
    archives: {},
    others: ["hello", "bare", "bare-fetch"],
    scenarios: [scenario],
    isQuick: true,
    pinning: undefined,
    command: "npm run bench",
    progress: () => undefined,
    ceilingTakes: 100,
  });
  expect(order).toEqual(["hello", "bare", "hello", "bare", "hello"]);
  expect(faults).toEqual(["fake, bare: 200 in place of 503"]);
  expect(results.measures).toMatchObject([{ id: "fake.time", values: { hello: [1, 3, 5] } }]);
  expect(results.measures[0]?.values["bare"]).toBeUndefined();
  expect(results.client.ceiling[1]).toBeGreaterThan(0);
});

it.each([["--contender", "nobody"], ["--only", "nothing"], ["--nonsense"]])(
  "refuses %s %s",
  async (...options) => {
    const command = join(import.meta.dirname, "../../bench/index.ts");
    const ended = await runScriptHere(command, options);
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining("--help") });
  },
);
