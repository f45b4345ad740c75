import { LOG_RETENTION_DAYS } from "../function/shared/contract.ts";
import { own } from "../function/shared/json.ts";
import { channelList } from "./alert-channels.ts";
import {
  amount,
  boolean,
  cpu,
  cpuFault,
  hookAddress,
  integer,
  type Kind,
  labels,
  memory,
  memoryFault,
  numberOf,
  orEmpty,
  schedule,
  word,
} from "./checks.ts";
import { ConfigurationError, type Fault, type ReportFault } from "./errors.ts";
import { ruleList, signInEventTypes } from "./rules.ts";

/** One setting. Its name is its key in the tables below. */
export interface Setting<Value> {
  readonly kind: Kind<Value>;
  /** What suits a company of 5,000 people. */
  readonly initial: Value;
  /** What it does, in Markdown: for Pulumi.yaml, for the component's arguments and for docs/configuration.md. */
  readonly description: string;
  /** More about it, in docs/configuration.md only. */
  readonly details?: string;
}

function setting<Value>(
  kind: Kind<Value>,
  initial: Value,
  description: string,
  details?: string,
): Setting<Value> {
  return { kind, initial, description, ...(details === undefined ? {} : { details }) };
}

/** Where Cloud KMS keeps a key. */
export const SigningKeyProtection = { SOFTWARE: "SOFTWARE", HSM: "HSM" } as const;
/** Where Cloud KMS keeps a key. */
export type SigningKeyProtection = (typeof SigningKeyProtection)[keyof typeof SigningKeyProtection];

/** What runs the functions. */
export const Hosting = { functions: "functions", service: "service" } as const;
/** What runs the functions. */
export type Hosting = (typeof Hosting)[keyof typeof Hosting];

/** Where the audit records are exported to. */
export const AuditExport = { none: "none", bigquery: "bigquery", pubsub: "pubsub" } as const;
/** Where the audit records are exported to. */
export type AuditExport = (typeof AuditExport)[keyof typeof AuditExport];

/**
 * How long audit records are kept unless `auditRetention` is set, in days. Pub/Sub keeps a message for 31 days at most (Google Cloud,
 * "Cloud Pub/Sub API": Topic.message_retention_duration).
 */
export const auditRetentionDays = { bigquery: 400, pubsub: 31 } as const;

/** Requests that the one instance of `reconcile` takes at once: the schedule's, and those of its queue. */
export const RECONCILE_CONCURRENCY = 4;

const groups = {
  rules: setting(
    ruleList,
    [{ group: "App Users", on: ["user.session.start"] }],
    `Which sign-ins lead to which group. Each rule has \`group\` (the stack creates it; \`renamedFrom\` is its former name) or \`groupId\` (an existing group), \`on\` (event types: ${signInEventTypes.map((type) => `\`${type}\``).join(", ")}) and optionally \`when\` (a CEL condition over \`event\`).`,
    "[rules.md](rules.md) describes rules and conditions. Write rules in `Pulumi.<stack>.yaml`: `pulumi config set` without `--path` stores text, which Pulumi refuses.",
  ),
  trustGroupIds: setting(
    boolean,
    false,
    "Accept each `groupId` without a look-up where the configuration has no credentials for Okta, for example with an explicit provider. By default the preview refuses a group that it cannot look up.",
    "The look-up makes sure that the group holds no admin role. Set this only after you have checked that yourself.",
  ),
  protectGroups: setting(
    boolean,
    true,
    "Refuse to delete the groups that the stack created, with all their memberships, the state bucket, and exported audit records.",
    "Set it to false and run `pulumi up` before a `pulumi destroy` or a move to another region.",
  ),
  backfill: setting(
    amount("days", 0, LOG_RETENTION_DAYS),
    "0d",
    "How many days before the first deployment `reconcile` starts to read Okta's System Log.",
    `Okta keeps its System Log for ${LOG_RETENTION_DAYS} days. The setting has no effect after the first read; [a replay](replay.md) does the same later.`,
  ),
};

const receive = {
  receiveMemory: setting(memory, "512Mi", "Memory of each instance of `receive`."),
  receiveCpu: setting(
    cpu,
    "1",
    "CPUs of each instance of `receive`.",
    "Below 1, `receiveConcurrency` must be 1.",
  ),
  receiveConcurrency: setting(integer(1, 1000), 80, "Requests that one instance of `receive` takes at once."),
  receiveTimeoutSeconds: setting(
    integer(3, 3600),
    10,
    "Timeout of a request to `receive`. Okta itself waits 3 seconds.",
  ),
  receiveMinInstances: setting(
    integer(0, 100),
    1,
    "Instances of `receive` that are always warm. With 0, a cold start takes part of Okta's 3 seconds.",
  ),
  receiveMaxInstances: setting(integer(1, 100), 10, "Maximum number of instances of `receive`."),
  hookUrl: setting(
    hookAddress,
    "",
    "Address of your load balancer in front of `receive`, for example `https://sign-ins.acme.com`. Okta delivers there, and `receive` can be reached from outside only through load balancers.",
    "[A load balancer with an IP allow-list](security.md#an-ip-allow-list) describes the setup.",
  ),
  receiverWaitSeconds: setting(
    integer(10, 3600),
    300,
    "How long `pulumi up` waits for `receive` to answer before Okta verifies the event hook.",
  ),
};

const queue = {
  queueDispatchesPerSecond: setting(
    // Cloud Tasks dispatches at most 500 a second.
    integer(1, 500),
    100,
    "Tasks that the queue dispatches per second. `grant` itself follows Okta's rate limits.",
  ),
  queueConcurrentDispatches: setting(
    integer(1, 1000),
    20,
    "Tasks that are in progress at once, at most `grantConcurrency`.",
  ),
  queueMinBackoff: setting(
    amount("seconds", 0.1, 3600),
    "5s",
    "Wait before the queue retries a failed task. It doubles with each attempt.",
  ),
  queueMaxBackoff: setting(
    amount("seconds", 1, 86_400),
    "600s",
    "Longest wait between two attempts of a task.",
  ),
  queueRetryDuration: setting(
    amount("seconds", 3 * 86_400, 30 * 86_400),
    "604800s",
    "How long the queue retries a failing task before it gives the task up.",
  ),
};

const grant = {
  grantMemory: setting(memory, "512Mi", "Memory of the instance of `grant`."),
  grantCpu: setting(cpu, "1", "CPUs of the instance of `grant`.", "Below 1, `grantConcurrency` must be 1."),
  grantConcurrency: setting(integer(1, 1000), 40, "Tasks that the instance of `grant` takes at once."),
  grantTimeoutSeconds: setting(
    // One of Okta's rate-limit windows, 60 s, must fit in. Cloud Tasks waits 10 minutes for a task's answer.
    integer(75, 600),
    120,
    "Timeout of one task in `grant`, long enough for one Okta rate-limit window.",
  ),
  grantMinInstances: setting(
    integer(0, 1),
    0,
    "1 keeps `grant` warm, 0 lets it scale to zero. There is never more than one instance.",
  ),
  memberSnapshotInterval: setting(
    amount("wholeSeconds", 1, 86_400),
    "600s",
    "How long `grant` uses its cached list of a group's members. A person who was removed by hand is added again at the next sign-in after that time.",
  ),
  rateLimitReservePercent: setting(
    integer(0, 90),
    10,
    "Percentage of each Okta rate limit that `grant` and `reconcile` leave to other clients.",
  ),
};

const reconcile = {
  reconcileSchedule: setting(
    schedule,
    "*/5 * * * *",
    "When `reconcile` reads Okta's System Log, as five cron fields in UTC; every 5 minutes by default.",
  ),
  reconcileMemory: setting(memory, "1Gi", "Memory of the instance of `reconcile`."),
  reconcileCpu: setting(
    cpu,
    "1",
    "CPUs of the instance of `reconcile`.",
    `It must be 1 or more, because the instance takes ${RECONCILE_CONCURRENCY} requests at once.`,
  ),
  reconcileTimeoutSeconds: setting(
    // Cloud Scheduler waits 30 minutes at most.
    integer(60, 1800),
    300,
    "Timeout of one run of `reconcile`. If there is more to read, another run follows immediately.",
  ),
};

const rotation = {
  hookSecretRotation: setting(
    integer(1, 1_000_000),
    1,
    "Number of the event hook's secret. Add one to rotate it; the previous secret is accepted until the next rotation.",
  ),
  hookSecretRevoked: setting(
    integer(0, 1_000_000),
    0,
    "Hook secrets up to this number are refused, for a secret that leaked. Must be below `hookSecretRotation`; 0 revokes none.",
  ),
  signingKeyRotation: setting(
    integer(1, 1_000_000),
    1,
    "Number of the signing keys of the service apps. Add one to rotate them; each key has its own app, and the previous ones are kept until the next rotation.",
  ),
  signingKeyRevoked: setting(
    integer(0, 1_000_000),
    0,
    "Signing keys up to this number are removed with their apps. Must be below `signingKeyRotation`; 0 removes none.",
  ),
  signingKeyProtection: setting(
    word(Object.values(SigningKeyProtection), "SigningKeyProtection"),
    "SOFTWARE",
    "Where Cloud KMS keeps the signing keys.",
  ),
};

const deployment = {
  hosting: setting(
    word(Object.values(Hosting), "Hosting"),
    "functions",
    "What runs `receive`, `grant` and `reconcile`: `functions` is Cloud Functions; `service` is Cloud Run services that run the archive's files without a build, also where the organization forbids `allUsers`.",
    "[deployment.md](deployment.md#hosting) compares the two, and describes how to move a stack.",
  ),
  labels: setting(labels, {}, "Labels for every Google Cloud resource that takes labels."),
  trustRegion: setting(
    boolean,
    false,
    "Accept a region where, by this program's list, Google Cloud lacks a required service.",
    "Set it if Google offers the service there now.",
  ),
  rightsWaitSeconds: setting(
    integer(0, 900),
    120,
    "How long the first build and the first start wait after the accounts received their permissions, and the first alerts after their metrics were created. Google Cloud typically applies a new permission within 2 minutes.",
  ),
  imagesToKeep: setting(
    integer(1, 100),
    5,
    "Container images of the functions that are kept for a rollback, with `hosting: functions`.",
  ),
};

const operations = {
  operations: setting(
    boolean,
    true,
    "Declare what watches the integration: log-based metrics, objectives, alerts, an uptime check and a dashboard.",
    "[operations.md](operations.md) describes them, and what they cost.",
  ),
  driftAlert: setting(
    boolean,
    false,
    "Alert when the drift check has not found the stack as declared for a day.",
    "The workflow has to write to Cloud Logging: [pull-requests.md](pull-requests.md#an-alert-for-the-drift-check) says how.",
  ),
  alertChannels: setting(
    channelList,
    [],
    "Where alerts are sent: `{type: email, address}`, `{type: slack, channel, token}`, `{type: pagerduty, serviceKey}`, `{type: webhook, url}`, `{type: pubsub, topic}`, or `{type: existing, name}` for a channel that exists. Without one, alerts are only incidents in the Google Cloud console.",
    "Store a list with a token as a secret: `pulumi config set --secret signin-groups:alertChannels < channels.json`.",
  ),
  auditExport: setting(
    word(Object.values(AuditExport), "AuditExport"),
    "none",
    "Where the audit records are exported to: `bigquery` is a dataset for SQL, `pubsub` a topic from which a SIEM reads.",
    "[operations.md](operations.md#the-export-of-the-audit-records) describes both.",
  ),
  auditRetention: setting(
    orEmpty(amount("days", 1, 3650)),
    "",
    `How long exported audit records are kept: ${auditRetentionDays.bigquery} days in BigQuery and ${auditRetentionDays.pubsub} in Pub/Sub unless set; Pub/Sub takes at most 31d.`,
    "[operations.md](operations.md#the-export-of-the-audit-records) says how to change it for a BigQuery table that exists.",
  ),
};

/** How long one task in `grant` may take, in seconds: the function's timeout without the time for its answer. */
export function taskSeconds({ grantTimeoutSeconds }: Pick<Settings, "grantTimeoutSeconds">): number {
  return grantTimeoutSeconds - 5;
}

/** How long one run of `reconcile` may take, in seconds: the function's timeout without the time for its end and a cold start. */
export function runSeconds({ reconcileTimeoutSeconds }: Pick<Settings, "reconcileTimeoutSeconds">): number {
  return reconcileTimeoutSeconds - 30;
}

/** All settings, by the sections of the documentation. */
export const sections: Readonly<Record<string, Readonly<Record<string, Setting<unknown>>>>> = {
  "Rules and groups": groups,
  "The function `receive`": receive,
  "The queue": queue,
  "The function `grant`": grant,
  "The function `reconcile`": reconcile,
  Rotation: rotation,
  Operations: operations,
  Deployment: deployment,
};

const settings = {
  ...groups,
  ...receive,
  ...queue,
  ...grant,
  ...reconcile,
  ...rotation,
  ...operations,
  ...deployment,
};

/** The settings of an integration, checked and complete. */
export type Settings = {
  readonly [Name in keyof typeof settings]: (typeof settings)[Name] extends Setting<infer Value>
    ? Value
    : never;
};

/** What each setting is unless it is set. */
// Each default has the type of its setting.
export const defaultSettings = Object.fromEntries(
  Object.entries(settings).map(([name, { initial }]) => [name, initial]),
) as Settings;

/** The type of a setting in Pulumi.yaml; undefined where there is no such setting. */
export function typeOf(name: string): Kind<unknown>["type"] | undefined {
  return own<Setting<unknown>>(settings, name)?.kind.type;
}

/**
 * Checks settings in one go. No provider plugin checks memory, CPU, durations, labels, rates or numbers of instances:
 * what is wrong there would fail in the middle of an update, or not at all.
 *
 * @param given what was set; the defaults fill in the rest
 * @throws ConfigurationError with every mistake
 */
export function checkSettings(given: Readonly<Record<string, unknown>>): Settings {
  const faults: Fault[] = [];
  const fault: ReportFault = (setting, value, remedy) => void faults.push({ setting, value, remedy });
  for (const name of Object.keys(given)) {
    if (typeOf(name) !== undefined) continue;
    const names = Object.keys(settings).join(", ");
    fault(name, given[name], `there is no such setting. The settings are ${names}.`);
  }
  const checked = Object.fromEntries(
    Object.entries<Setting<unknown>>(settings).map(([name, { kind, initial }]) => [
      name,
      kind.check(own(given, name) ?? initial, name, fault),
    ]),
  );
  // Each value was checked by its kind; what is wrong is reported, and mostly undefined.
  checkTogether(checked as Partial<Settings>, fault);
  if (faults.length > 0) throw new ConfigurationError(faults);
  return checked as Settings;
}

/** Checks how settings depend on each other, for those that are valid on their own. */
function checkTogether(given: Partial<Settings>, fault: ReportFault): void {
  for (const name of ["receive", "grant", "reconcile"] as const) {
    const [cpuName, memoryName] = [`${name}Cpu`, `${name}Memory`] as const;
    const { [cpuName]: cpus, [memoryName]: size } = given;
    const concurrency = name === "reconcile" ? RECONCILE_CONCURRENCY : given[`${name}Concurrency`];
    if (cpus === undefined) continue;
    const wrongCpu = concurrency === undefined ? undefined : cpuFault(cpus, concurrency);
    if (wrongCpu !== undefined) fault(cpuName, cpus, wrongCpu);
    const wrongMemory = size === undefined ? undefined : memoryFault(size, cpus);
    if (wrongMemory !== undefined) fault(memoryName, size, wrongMemory);
  }
  for (const name of ["hookSecret", "signingKey"] as const) {
    const [revoked, number] = [given[`${name}Revoked`], given[`${name}Rotation`]];
    if (revoked === undefined || number === undefined || revoked < number) continue;
    const remedy = `it must be below ${name}Rotation, which is ${number}: that one is in use. Lower it, or rotate first.`;
    fault(`${name}Revoked`, revoked, remedy);
  }
  const { auditExport, auditRetention } = given;
  if (
    auditExport === "pubsub" &&
    auditRetention !== undefined &&
    numberOf(auditRetention) > auditRetentionDays.pubsub
  ) {
    const remedy = `it must be at most ${auditRetentionDays.pubsub}d with auditExport pubsub: Pub/Sub keeps no message longer. Lower it, or use bigquery.`;
    fault("auditRetention", auditRetention, remedy);
  }
  for (const [lower, upper] of [
    ["receiveMinInstances", "receiveMaxInstances"],
    ["queueConcurrentDispatches", "grantConcurrency"],
    ["queueMinBackoff", "queueMaxBackoff"],
  ] as const) {
    const [low, high] = [given[lower], given[upper]];
    if (low === undefined || high === undefined || numberOf(String(low)) <= numberOf(String(high))) continue;
    fault(lower, low, `it must be at most ${upper}, which is ${high}. Change one of them.`);
  }
}
