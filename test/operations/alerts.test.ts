import { describe, expect, it, onTestFinished } from "vitest";
import { type AlertKey, alerts } from "../../infra/operations/alerts.ts";
import { defaultSettings, runSeconds, taskSeconds } from "../../infra/settings.ts";
import { createSimulatedClock, type SimulatedClock } from "../../sandbox/simulation/clock.ts";
import { type CompanyOptions, HOOK_SECRET } from "../../sandbox/simulation/company.ts";
import { queueSettings } from "../../sandbox/simulation/google.ts";
import { createMonitoredCompany, type MonitoredCompany } from "../../sandbox/simulation/monitored.ts";
import { delivery, signInEvent } from "../support/deliveries.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A company under watch, in which people sign in. */
interface Watch extends MonitoredCompany {
  readonly clock: SimulatedClock;
  /** Whether the drift check runs. */
  readonly drift: { isChecked: boolean };
  /** Lets one person after another sign in for the first time. */
  signIn(people: number, every: number): void;
  /** When an alert fired, and when its last incident was over; in minutes since a time. */
  incidentsOf(
    alert: AlertKey,
    since: number,
  ): { readonly opened: number; readonly closed: number | undefined }[];
}

async function startWatch(options: Partial<CompanyOptions> = {}): Promise<Watch> {
  const clock = options.clock ?? createSimulatedClock();
  const company = await createMonitoredCompany({
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
    pollInterval: 5 * MINUTE,
    checkInterval: HOUR,
    latency: [10, 100],
    ...options,
  });
  onTestFinished(() => company.close());
  const drift = { isChecked: true };
  // Twice a day, as the workflow does.
  const check = () => {
    clock.setTimer(check, 12 * HOUR);
    if (drift.isChecked) company.driftChecked();
  };
  check();
  let people = 0;
  return {
    drift,
    ...company,
    clock,
    signIn(count, every) {
      for (let index = 0; index < count; index += 1) {
        clock.setTimer(() => {
          people += 1;
          const login = `person-${people}@acme.example`;
          company.okta.createPerson({ login, displayName: "Somebody" });
          company.okta.signIn([{ kind: "success", login }]);
        }, index * every);
      }
    },
    incidentsOf: (alert, since) =>
      company.alerting.incidents
        .filter((incident) => incident.alert === alert)
        .map(({ openedAt, closedAt }) => ({
          opened: (openedAt - since) / MINUTE,
          closed: closedAt === undefined ? undefined : (closedAt - since) / MINUTE,
        })),
  };
}

/** A fault that a test makes, by the alert that it has to raise. */
interface Fault {
  readonly options?: (clock: SimulatedClock, isFaulty: () => boolean) => Partial<CompanyOptions>;
  /** Makes the fault. @returns fixes it */
  readonly make: (company: Watch) => () => void;
  /** How long it lasts, in minutes; as long as the alert promises to take, unless given. */
  readonly lasts?: number;
  /** How long after the fix the alert is over, in minutes. */
  readonly overWithin: number;
}

function callFault(
  company: Watch,
  fault: Parameters<Watch["okta"]["faults"]["calls"]["push"]>[0],
): () => void {
  const { calls } = company.okta.faults;
  calls.push(fault);
  return () => void calls.splice(calls.indexOf(fault), 1);
}

/** Holds what `receive` answers, or fails, while there is a fault. */
function receiver(kind: "slow" | "failing"): NonNullable<Fault["options"]> {
  return (clock, isFaulty) => ({
    aroundReceive: (handler) => async (request, response) => {
      if (isFaulty() && kind === "slow") await clock.sleep(4 * SECOND);
      // What the function does not expect: a header that is not a text.
      if (isFaulty() && kind === "failing") Object.assign(request.headers, { "content-type": 7 });
      await handler(request, response);
    },
  });
}

/** Delivers, with the hook secret, the sign-in of somebody who never signed in. */
async function forge({ okta, functions }: Watch): Promise<void> {
  const { id } = okta.createPerson({ login: "victim@acme.example", displayName: "Somebody" });
  const event = signInEvent({ actor: { id, type: "User" } });
  await functions.receive.request({
    method: "POST",
    headers: { authorization: `Bearer ${HOOK_SECRET}`, "content-type": "application/json" },
    body: JSON.stringify(delivery(event)),
  });
}

const down = (company: Watch) => callFault(company, { trouble: { kind: "server-error" }, method: "PUT" });

const faults: Readonly<Record<AlertKey, Fault>> = {
  "sign-ins-late-fast": { make: down, lasts: 15, overWithin: 90 },
  "sign-ins-late-slow": { make: down, lasts: 15, overWithin: 480 },
  "answers-late-fast": { options: receiver("slow"), make: () => () => undefined, overWithin: 90 },
  "answers-late-slow": { options: receiver("slow"), make: () => () => undefined, overWithin: 480 },
  "sign-ins-waiting": { make: down, overWithin: 40 },
  "standing-fault": {
    make(company) {
      company.okta.faults.refuse = (method) => (method === "PUT" ? { status: 403 } : undefined);
      return () => {
        company.okta.faults.refuse = undefined;
      };
    },
    overWithin: 70,
  },
  "tasks-given-up": {
    options: () => {
      const queue = queueSettings(defaultSettings);
      const retryConfig = { ...queue.retryConfig, maxRetryMilliseconds: 24 * HOUR };
      return { queue: { ...queue, retryConfig } };
    },
    make: down,
    overWithin: 70,
  },
  starved: {
    make: (company) => callFault(company, { trouble: { kind: "rate-limit" }, method: "PUT" }),
    overWithin: 70,
  },
  "hook-not-delivering": {
    make({ okta }) {
      const fault = { trouble: { kind: "lost" } } as const;
      okta.faults.deliveries.push(fault);
      return () => void okta.faults.deliveries.splice(okta.faults.deliveries.indexOf(fault), 1);
    },
    overWithin: 40,
  },
  "reconcile-stopped": {
    make: (company) => callFault(company, { trouble: { kind: "server-error" }, path: "/api/v1/logs" }),
    overWithin: 10,
  },
  "reconcile-behind": {
    // Events come into the log 2 hours late, and a run has time for one page. Runs call one another, and the schedule hardly any.
    options: () => ({ pollInterval: 25 * MINUTE }),
    make(company) {
      const { log } = company.okta.faults;
      log.lateness = () => 2 * HOUR;
      const fix = callFault(company, {
        trouble: { kind: "slow", milliseconds: 140_000 },
        path: "/api/v1/logs",
      });
      return () => {
        log.lateness = undefined;
        fix();
      };
    },
    lasts: 200,
    overWithin: 60,
  },
  "deliveries-failing": {
    make({ google }) {
      google.faults.createTask = { answer: 503, foreign: false, takesEffect: false };
      return () => {
        google.faults.createTask = undefined;
      };
    },
    overWithin: 20,
  },
  "receiver-down": {
    make({ front }) {
      front.isBroken = true;
      return () => {
        front.isBroken = false;
      };
    },
    overWithin: 5,
  },
  "queue-stuck": {
    make({ google }) {
      google.queues.grant.setPaused(true);
      return () => google.queues.grant.setPaused(false);
    },
    overWithin: 10,
  },
  "unexpected-grant": {
    make(company) {
      void forge(company);
      return () => undefined;
    },
    overWithin: 75,
  },
  drift: {
    make({ drift, driftChecked }) {
      drift.isChecked = false;
      return () => {
        drift.isChecked = true;
        driftChecked();
      };
    },
    overWithin: 5,
  },
  "audit-export": {
    make({ sink }) {
      sink.isRefused = true;
      return () => {
        sink.isRefused = false;
      };
    },
    overWithin: 20,
  },
  defect: { options: receiver("failing"), make: () => () => undefined, overWithin: 20 },
};

describe("an alert", () => {
  it.each(Object.entries(faults) as [AlertKey, Fault][])(
    "fires within its promised time after its fault, and is over after the fix: %s",
    async (key, { options, make, lasts, overWithin }) => {
      let isFaulty = false;
      const clock = createSimulatedClock();
      const company = await startWatch({ clock, ...options?.(clock, () => isFaulty) });
      const { firesWithin } = alerts[key];
      const minutes = 30 + Math.max(firesWithin, lasts ?? 0) + overWithin;
      const every = minutes > 600 ? 10 : 1;
      company.signIn(minutes / every, every * MINUTE);
      await clock.advance(30 * MINUTE);
      expect(company.alerting.incidents).toEqual([]);

      const began = clock.now();
      isFaulty = true;
      const fix = make(company);
      await clock.advance((lasts ?? firesWithin) * MINUTE);
      isFaulty = false;
      fix();
      const fixed = clock.now();
      await clock.advance(overWithin * MINUTE);

      const [first, ...more] = company.incidentsOf(key, began);
      expect(first?.opened).toBeLessThanOrEqual(Math.max(firesWithin, (lasts ?? 0) + 10));
      expect(more).toEqual([]);
      expect(first?.closed).toBeLessThanOrEqual((fixed - began) / MINUTE + overWithin);
    },
  );
});

describe("no alert fires", () => {
  it("on a normal day", async () => {
    const company = await startWatch();
    company.signIn(480, 3 * MINUTE);
    await company.clock.advance(24 * HOUR);
    expect(company.alerting.incidents).toEqual([]);
  });

  it("on a busy day, on which everybody signs in within two hours", async () => {
    const company = await startWatch();
    company.signIn(1_500, 4.8 * SECOND);
    await company.clock.advance(24 * HOUR);
    expect(company.alerting.incidents).toEqual([]);
  });
});
