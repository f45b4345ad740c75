import { challengeSecretOf } from "../../function/shared/challenge-secret.ts";
import type { Alerting } from "../google/monitoring/alerting.ts";
import { createWatchedStack, REGIONS } from "../google/monitoring/watched.ts";
import { repeat } from "../google/timers.ts";
import { type Company, type CompanyOptions, createCompany, HOOK_SECRET } from "./company.ts";

/** A company that is watched as the program declares it: the same metrics, objectives and alerts. */
export interface MonitoredCompany extends Company {
  readonly alerting: Alerting;
  /** What stands between the internet and the receiver, for uptime checks; nothing unless set. */
  readonly front: { isBroken: boolean };
  /** The log sink of the audit records. */
  readonly sink: { isRefused: boolean };
  /** The drift check finds everything as declared. */
  driftChecked(): void;
}

const MINUTE_MS = 60_000;

/**
 * Makes a company, and evaluates its alerts once a minute over what its functions log, what the receiver answers, how deep the queues
 * are, and what uptime checks see.
 */
export async function createMonitoredCompany(options: CompanyOptions): Promise<MonitoredCompany> {
  const { clock } = options;
  const sink = { isRefused: false };
  const watched = createWatchedStack(() => clock.now(), options.pollInterval / MINUTE_MS);
  const company = await createCompany({
    ...options,
    onEntry(name, entry) {
      watched.takeEntry(name, entry);
      if (entry["event"] === "membership") watched.takeExport(!sink.isRefused);
    },
    onAnswer: watched.takeAnswer,
  });
  const { alerting } = watched;
  const front = { isBroken: false };
  const stop = repeat(clock, MINUTE_MS, () => void watch());
  async function watch(): Promise<void> {
    watched.takeDepth("grant", company.google.queues.grant.list().length);
    watched.takeDepth("reconcile", company.google.queues.reconcile.list().length);
    alerting.evaluate(clock.now());
    await Promise.all(
      REGIONS.map(async (region) => {
        watched.takeUptime(region, !front.isBroken && (await answersChallenge(company)));
      }),
    );
  }
  return {
    ...company,
    alerting,
    front,
    sink,
    driftChecked: watched.driftChecked,
    async close() {
      stop();
      await company.close();
    },
  };
}

/** What the uptime check of the program asks, and expects. */
async function answersChallenge({ functions }: Company): Promise<boolean> {
  const headers = {
    authorization: `Bearer ${challengeSecretOf(HOOK_SECRET)}`,
    "x-okta-verification-challenge": "uptime",
  };
  try {
    const { status, body } = await functions.receive.request({ method: "GET", headers });
    return status === 200 && body === '{"verification":"uptime"}';
  } catch {
    return false;
  }
}
