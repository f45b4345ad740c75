import { expect, it, onTestFinished } from "vitest";
import { defaultSettings, runSeconds, taskSeconds } from "../../infra/settings.ts";
import { createSimulatedClock } from "../../sandbox/simulation/clock.ts";
import { createCompany } from "../../sandbox/simulation/company.ts";
import { queueSettings } from "../../sandbox/simulation/google.ts";

const HOUR = 3_600_000;

it("a sign-in has the functions write at most 1.5 KiB of entries, polls and checks included, as docs/operations.md computes", async () => {
  const clock = createSimulatedClock();
  let bytes = 0;
  const company = await createCompany({
    clock,
    seed: 1,
    rules: [{ group: "App Users", on: ["user.session.start"] }],
    queue: queueSettings(defaultSettings),
    settings: {
      taskSeconds: taskSeconds(defaultSettings),
      memberSnapshotSeconds: 600,
      rateLimitReservePercent: defaultSettings.rateLimitReservePercent,
      runSeconds: runSeconds(defaultSettings),
    },
    pollInterval: 300_000,
    checkInterval: HOUR,
    latency: [10, 100],
    onEntry: (_, entry) => {
      bytes += JSON.stringify(entry).length;
    },
  });
  onTestFinished(() => company.close());
  // 1,000 sign-ins a day, of people of whom each comes once.
  const people = 125;
  for (let index = 0; index < people; index += 1) {
    clock.setTimer(() => {
      const login = `person-${index}@acme.example`;
      company.okta.createPerson({ login, displayName: "Somebody" });
      company.okta.signIn([{ kind: "success", login }]);
    }, index * 86_400);
  }
  bytes = 0;
  await clock.advance(3 * HOUR);
  expect(bytes / people).toBeLessThanOrEqual(1.5 * 1024);
  expect(bytes / people, "the statement would be far off").toBeGreaterThan(0.5 * 1024);
});
