import { LOG_RETENTION_DAYS } from "../function/contract.ts";
import { createChecks } from "./checks.ts";
import { ConfigurationError, type Fault, type ReportFault } from "./faults.ts";
import { checkRules, type GroupRule } from "./rules.ts";

/** All that can be chosen about an integration besides where it lives. */
export interface Settings {
  /** Who gets into which group, on what event. */
  readonly rules: readonly GroupRule[];
  /** Take groups by their ids where there are no credentials to look up whether they hold admin roles. */
  readonly trustGroupIds: boolean;
  /** Take a region where, by Google's list as this program knows it, a service is missing. */
  readonly trustRegion: boolean;
  /** Refuse to delete the groups that the stack made, and the state bucket. */
  readonly protectGroups: boolean;
  /** Number of the hook secret, from 1. The one before it is accepted too. */
  readonly hookSecretRotation: number;
  /** Number of the hook secret up to which none is accepted any more; 0 for none. */
  readonly hookSecretRevoked: number;
  /** Number of the signing keys and of their service apps, from 1. Those before them are kept. */
  readonly signingKeyRotation: number;
  /** Number of the signing keys up to which none is kept; 0 for none. */
  readonly signingKeyRevoked: number;
  readonly signingKeyProtection: "SOFTWARE" | "HSM";
  /** Such as `512Mi` or `1Gi`. */
  readonly receiveMemory: string;
  /** Such as `1` or `2`; below 1 only without concurrency. */
  readonly receiveCpu: string;
  readonly receiveConcurrency: number;
  readonly receiveTimeoutSeconds: number;
  readonly receiveMinInstances: number;
  readonly receiveMaxInstances: number;
  readonly grantMemory: string;
  readonly grantCpu: string;
  readonly grantConcurrency: number;
  readonly grantTimeoutSeconds: number;
  readonly grantMinInstances: number;
  /** How old `grant`'s list of a group's members may become, in seconds with the unit, such as `600s`. */
  readonly memberSnapshotInterval: string;
  /** The part of each of Okta's rate limits that is left to others. */
  readonly rateLimitReservePercent: number;
  readonly queueDispatchesPerSecond: number;
  readonly queueConcurrentDispatches: number;
  /** In seconds with the unit, such as `5s`; so are the next two. */
  readonly queueMinBackoff: string;
  readonly queueMaxBackoff: string;
  readonly queueRetryDuration: string;
  /** Five cron fields, in UTC. */
  readonly reconcileSchedule: string;
  readonly reconcileMemory: string;
  readonly reconcileCpu: string;
  readonly reconcileTimeoutSeconds: number;
  /** How far before the deployment the first poll begins, in days with the unit, such as `30d`. */
  readonly backfill: string;
  /** Address of a load balancer in front of `receive`, to which Okta delivers; empty where Okta calls the function itself. */
  readonly hookUrl: string;
  readonly receiverWaitSeconds: number;
  /** How long what needs a new right at once waits until Google Cloud follows it. */
  readonly rightsWaitSeconds: number;
  readonly imagesToKeep: number;
  /** Labels of Google Cloud resources. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Requests that the one instance of `reconcile` takes at once: the schedule's, and those of its queue. */
export const RECONCILE_CONCURRENCY = 4;

/** What suits a company of 5,000. Pulumi.yaml states the same for people to read. */
export const defaultSettings: Settings = {
  rules: [{ group: "App Users", on: ["user.session.start"] }],
  trustGroupIds: false,
  trustRegion: false,
  protectGroups: true,
  hookSecretRotation: 1,
  hookSecretRevoked: 0,
  signingKeyRotation: 1,
  signingKeyRevoked: 0,
  signingKeyProtection: "SOFTWARE",
  receiveMemory: "512Mi",
  receiveCpu: "1",
  receiveConcurrency: 80,
  receiveTimeoutSeconds: 10,
  receiveMinInstances: 1,
  receiveMaxInstances: 10,
  grantMemory: "512Mi",
  grantCpu: "1",
  grantConcurrency: 40,
  grantTimeoutSeconds: 120,
  grantMinInstances: 0,
  memberSnapshotInterval: "600s",
  rateLimitReservePercent: 10,
  queueDispatchesPerSecond: 100,
  queueConcurrentDispatches: 20,
  queueMinBackoff: "5s",
  queueMaxBackoff: "600s",
  queueRetryDuration: "604800s",
  reconcileSchedule: "*/5 * * * *",
  reconcileMemory: "1Gi",
  reconcileCpu: "1",
  reconcileTimeoutSeconds: 300,
  backfill: "0d",
  hookUrl: "",
  receiverWaitSeconds: 300,
  rightsWaitSeconds: 120,
  imagesToKeep: 5,
  labels: {},
};

/**
 * Checks settings in one go. No provider plugin checks memory, CPU, durations, labels, rates or numbers of instances:
 * what is wrong there would fail in the middle of an update, or not at all.
 *
 * @param given what was set; the defaults fill in the rest
 * @throws ConfigurationError with every mistake
 */
export function checkSettings(given: Readonly<Record<string, unknown>>): Settings {
  const faults: Fault[] = [];
  const values: Readonly<Record<string, unknown>> = { ...defaultSettings, ...withoutUndefined(given) };
  const fault: ReportFault = (setting, value, remedy) => void faults.push({ setting, value, remedy });

  for (const setting of Object.keys(given)) {
    if (!Object.hasOwn(defaultSettings, setting)) {
      fault(
        setting,
        given[setting],
        `there is no such setting. There are ${Object.keys(defaultSettings).join(", ")}.`,
      );
    }
  }

  const check = createChecks(values, fault);
  const receiveConcurrency = check.integer("receiveConcurrency", 1, 1000);
  const grantConcurrency = check.integer("grantConcurrency", 1, 1000);
  const receiveCpu = check.cpu("receiveCpu", receiveConcurrency);
  const grantCpu = check.cpu("grantCpu", grantConcurrency);
  const reconcileCpu = check.cpu("reconcileCpu", RECONCILE_CONCURRENCY);
  const settings: Settings = {
    rules: checkRules(values["rules"], fault),
    trustGroupIds: check.boolean("trustGroupIds"),
    trustRegion: check.boolean("trustRegion"),
    protectGroups: check.boolean("protectGroups"),
    hookSecretRotation: check.integer("hookSecretRotation", 1, 1_000_000),
    hookSecretRevoked: check.integer("hookSecretRevoked", 0, 1_000_000),
    signingKeyRotation: check.integer("signingKeyRotation", 1, 1_000_000),
    signingKeyRevoked: check.integer("signingKeyRevoked", 0, 1_000_000),
    signingKeyProtection: check.word("signingKeyProtection", ["SOFTWARE", "HSM"]),
    receiveMemory: check.memory("receiveMemory", receiveCpu),
    receiveCpu,
    receiveConcurrency,
    receiveTimeoutSeconds: check.integer("receiveTimeoutSeconds", 3, 3600),
    receiveMinInstances: check.integer("receiveMinInstances", 0, 100),
    receiveMaxInstances: check.integer("receiveMaxInstances", 1, 100),
    grantMemory: check.memory("grantMemory", grantCpu),
    grantCpu,
    grantConcurrency,
    // One of Okta's rate-limit windows, 60 s, must fit in. Cloud Tasks waits 10 minutes for a task's answer.
    grantTimeoutSeconds: check.integer("grantTimeoutSeconds", 75, 600),
    grantMinInstances: check.integer("grantMinInstances", 0, 1),
    memberSnapshotInterval: check.wholeSeconds("memberSnapshotInterval", 1, 86_400),
    rateLimitReservePercent: check.integer("rateLimitReservePercent", 0, 90),
    // Cloud Tasks dispatches 500 a second at most.
    queueDispatchesPerSecond: check.integer("queueDispatchesPerSecond", 1, 500),
    queueConcurrentDispatches: check.integer("queueConcurrentDispatches", 1, 1000),
    queueMinBackoff: check.seconds("queueMinBackoff", 0.1, 3600),
    queueMaxBackoff: check.seconds("queueMaxBackoff", 1, 86_400),
    queueRetryDuration: check.seconds("queueRetryDuration", 3 * 86_400, 30 * 86_400),
    reconcileSchedule: check.schedule("reconcileSchedule"),
    reconcileMemory: check.memory("reconcileMemory", reconcileCpu),
    reconcileCpu,
    // Cloud Scheduler waits 30 minutes at most.
    reconcileTimeoutSeconds: check.integer("reconcileTimeoutSeconds", 60, 1800),
    backfill: check.days("backfill", 0, LOG_RETENTION_DAYS),
    hookUrl: check.address("hookUrl"),
    receiverWaitSeconds: check.integer("receiverWaitSeconds", 10, 3600),
    rightsWaitSeconds: check.integer("rightsWaitSeconds", 0, 900),
    imagesToKeep: check.integer("imagesToKeep", 1, 100),
    labels: check.labels("labels"),
  };

  for (const [revoked, rotation] of [
    ["hookSecretRevoked", "hookSecretRotation"],
    ["signingKeyRevoked", "signingKeyRotation"],
  ] as const) {
    if (settings[revoked] < settings[rotation]) continue;
    const remedy = `the one in use has the number ${settings[rotation]} (${rotation}). Write less, or rotate first.`;
    fault(revoked, settings[revoked], remedy);
  }
  if (settings.receiveMinInstances > settings.receiveMaxInstances) {
    fault(
      "receiveMinInstances",
      settings.receiveMinInstances,
      "it is more than receiveMaxInstances. Lower it.",
    );
  }
  if (settings.queueConcurrentDispatches > settings.grantConcurrency) {
    fault(
      "queueConcurrentDispatches",
      settings.queueConcurrentDispatches,
      `grant's one instance takes ${settings.grantConcurrency} at once (grantConcurrency). Lower it.`,
    );
  }
  if (numberOf(settings.queueMinBackoff) > numberOf(settings.queueMaxBackoff)) {
    fault("queueMinBackoff", settings.queueMinBackoff, "it is more than queueMaxBackoff. Lower it.");
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return settings;
}

/** The number of a setting that has its unit with it, such as `600s` or `30d`. */
export function numberOf(amount: string): number {
  return Number.parseFloat(amount);
}

function withoutUndefined(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
