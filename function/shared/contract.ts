import {
  type ConfigOf,
  type EnvironmentOf,
  type Form,
  percent,
  type SecretsOf,
  seconds,
  text,
  time,
  type Variables,
  wholeNumber,
} from "./config.ts";
import { isObject, parseJson } from "./json.ts";

/*
 * What the program that declares the functions and the functions themselves agree on: the shapes of a rule and of a task,
 * and the environment variables.
 */

/** Which event adds its user to which group. `groupId` is Okta's id, known once the group exists. */
export interface Rule {
  readonly groupId: string;
  /** System Log event types, such as `user.session.start`. */
  readonly on: readonly string[];
  /** A CEL condition over `event`; without one, every event of these types matches. */
  readonly when?: string;
}

/** The body of one task: add this user to this group, because of this event. */
export interface MembershipTask {
  readonly groupId: string;
  readonly userId: string;
  readonly eventUuid: string;
  readonly eventType: string;
  readonly published: string;
  /** The first rule that the event matches and that leads to the group: its position in the rules, from 0. */
  readonly rule: number;
  /** Okta's id of the delivery that had the event; absent when the event was found in the System Log. */
  readonly deliveryId?: string;
}

/** Who queued a task: `receive` after a delivery of the hook, `reconcile` after a poll of the System Log, or a replay. */
export type TaskSource = "hook" | "reconcile" | "replay";

/** A task in the queue. */
export interface QueuedMembershipTask extends MembershipTask {
  readonly source: TaskSource;
  /** When it was queued, in ISO 8601. Incidents report since when the oldest task waits. */
  readonly queuedAt: string;
}

/** What `reconcile` is asked to do: by Cloud Scheduler, by itself when there is more to read, or by `npm run replay`. */
export type ReconcileTask = PollTask | CheckTask | ReplayTask | ReplayContinuation;

/** Continue to read the System Log from where the last poll ended. */
export interface PollTask {
  readonly kind: "poll";
  /** Full name of the queue that leads back to `reconcile`. It stands in the task because queue and function cannot each name the other at creation. */
  readonly continuationQueue: string;
}

/** Compare the memberships that `grant` made with the sign-ins in the System Log. */
export interface CheckTask {
  readonly kind: "check";
  readonly continuationQueue: string;
}

/** Match a past window of the System Log against the rules again. */
export interface ReplayTask {
  readonly kind: "replay";
  readonly continuationQueue: string;
  /** A UUID; it names the progress object and separates the tasks of one replay from all others. */
  readonly id: string;
  /** ISO 8601. */
  readonly since: string;
  readonly until: string;
  /** Count only, queue nothing. */
  readonly dryRun: boolean;
}

/**
 * Continue a replay. The task says only which one: window, position and counts are those that `reconcile` itself wrote into the
 * state bucket, so a forged task cannot make it read anything else.
 */
export interface ReplayContinuation {
  readonly kind: "replay-continuation";
  readonly continuationQueue: string;
  readonly id: string;
  /** The chunk to read, from 1: the number of chunks that ended before it. The replay's own task is for chunk 0. */
  readonly chunk: number;
}

/** What a replay has found. */
export interface ReplayCounts {
  readonly events: number;
  /** Memberships that these events lead to by the rules. */
  readonly wanted: number;
  readonly queued: number;
}

/** How far a replay is: the part of its object in the state bucket that `npm run replay` reads. */
export interface ReplayProgress {
  readonly state: "running" | "done" | "failed";
  readonly since: string;
  readonly until: string;
  readonly dryRun: boolean;
  /** The `published` of the last event that was read; `since` before the first. */
  readonly reached: string;
  readonly counts: ReplayCounts;
  /** Why it failed. */
  readonly fault?: string;
}

/** The name of a replay's progress object in the state bucket. */
export function replayProgressName(id: string): string {
  return `replays/${id}.json`;
}

/** How far back Okta keeps its System Log, in days (Okta, "System Log API": retention). */
export const LOG_RETENTION_DAYS = 90;

/** The header in which Okta sends the hook secret, as `Bearer <secret>`. */
export const HOOK_AUTHENTICATION_HEADER = "Authorization";

/** The entry points of the archive; each is deployed as a function of its own. */
export type FunctionName = "receive" | "grant" | "reconcile";

/** Rules, as JSON of `Rule[]`. */
const rules: Form<readonly Rule[]> = {
  must: "a JSON list of {groupId, on, when?}",
  parse: (json) => {
    const value = parseJson(json);
    return Array.isArray(value) && value.every(isRule) ? value : undefined;
  },
};

const ids: Form<ReadonlySet<string>> = {
  must: "ids separated by commas",
  parse: (list) => new Set(list.split(",")),
};

/*
 * The environment variables of each function. The program's types, what is required and how it is read come from here.
 * The program does not set variables with `otherwise`; they name a private endpoint or another machine.
 */

/** The variables of `receive`. */
export const receiveVariables = {
  rules: { name: "RULES", as: rules },
  /** Full name of the Cloud Tasks queue: `projects/P/locations/L/queues/Q`. */
  queue: { name: "QUEUE", as: text },
  /** The address of `grant`, to which the queue sends the tasks. */
  grantUrl: { name: "GRANT_URL", as: text },
  /** Google Cloud project id, for the trace field of log entries. */
  project: { name: "PROJECT", as: text },
  hookSecret: { name: "HOOK_SECRET", as: text, secret: true },
  /** The secret before the last rotation, still accepted; empty before the first rotation. */
  previousHookSecret: { name: "HOOK_SECRET_PREVIOUS", as: text, secret: true, otherwise: "" },
  tasksEndpoint: { name: "CLOUD_TASKS_ENDPOINT", as: text, otherwise: "https://cloudtasks.googleapis.com" },
} as const satisfies Variables;

/** How a function is known to Okta, and how much of Okta's rate limits it leaves to other clients. */
const oktaVariables = {
  /** For example `https://acme.okta.com`, without a trailing slash. */
  orgUrl: { name: "OKTA_ORG_URL", as: text },
  clientId: { name: "OKTA_CLIENT_ID", as: text },
  /** `kid` of the service app's key whose private half is `SIGNING_KEY_VERSION`. */
  keyId: { name: "OKTA_KEY_ID", as: text },
  /** Full name of the Cloud KMS key version that signs client assertions. */
  keyVersion: { name: "SIGNING_KEY_VERSION", as: text },
  /** The part of each of Okta's rate limits that is left to other clients, 0 to 90 %. */
  rateLimitReserve: { name: "RATE_LIMIT_RESERVE_PERCENT", as: percent },
  kmsEndpoint: { name: "CLOUD_KMS_ENDPOINT", as: text, otherwise: "https://cloudkms.googleapis.com" },
} as const satisfies Variables;

function withOkta<const Own extends Variables>(own: Own): typeof oktaVariables & Own {
  return { ...oktaVariables, ...own };
}

// The calls are marked as pure for the bundler, as in config.ts.

/** The variables of `grant`. */
export const grantVariables = /* @__PURE__ */ withOkta({
  /** The groups that the rules name; `grant` adds nobody to any other group. */
  groupIds: { name: "GROUP_IDS", as: ids },
  /** How long one task may take. */
  taskTimeoutMs: { name: "TASK_SECONDS", as: seconds },
  /** How old the list of a group's members may become. */
  memberSnapshotAgeMs: { name: "MEMBER_SNAPSHOT_SECONDS", as: seconds },
  /** How long the queue retries a task before it gives the task up. */
  queueRetryDurationMs: { name: "QUEUE_RETRY_SECONDS", as: seconds },
  project: { name: "PROJECT", as: text },
});

/** The variables of `reconcile`. */
export const reconcileVariables = /* @__PURE__ */ withOkta({
  rules: { name: "RULES", as: rules },
  queue: { name: "QUEUE", as: text },
  grantUrl: { name: "GRANT_URL", as: text },
  /** The bucket of the cursor and of the progress of replays. */
  stateBucket: { name: "STATE_BUCKET", as: text },
  /** When the stack was created: the System Log is read from then on. It does not change with the bucket. */
  stackSince: { name: "STACK_SINCE", as: time },
  /** Name of the Pulumi stack, for the commands in errors. */
  stack: { name: "STACK", as: text },
  /** How many days before that the first poll starts, 0 to 90. */
  backfillDays: { name: "BACKFILL_DAYS", as: wholeNumber },
  /** Client ids of the apps as which `grant` acts, one for each of its keys. */
  grantClientIds: { name: "GRANT_CLIENT_IDS", as: ids },
  /** How long one run may take. */
  runTimeoutMs: { name: "RUN_SECONDS", as: seconds },
  project: { name: "PROJECT", as: text },
  tasksEndpoint: { name: "CLOUD_TASKS_ENDPOINT", as: text, otherwise: "https://cloudtasks.googleapis.com" },
  storageEndpoint: { name: "CLOUD_STORAGE_ENDPOINT", as: text, otherwise: "https://storage.googleapis.com" },
});

/** How to call Okta as a service app. */
export type OktaConfig = ConfigOf<typeof oktaVariables>;

/** What the program sets for `receive`, apart from secrets. */
export type ReceiveEnvironment = EnvironmentOf<typeof receiveVariables>;
/** What `receive` gets from Secret Manager. */
export type ReceiveSecrets = SecretsOf<typeof receiveVariables>;
/** What the program sets for each function that calls Okta. */
export type OktaEnvironment = EnvironmentOf<typeof oktaVariables>;
/** What the program sets for `grant`. */
export type GrantEnvironment = EnvironmentOf<typeof grantVariables>;
/** What the program sets for `reconcile`. */
export type ReconcileEnvironment = EnvironmentOf<typeof reconcileVariables>;

function isRule(value: unknown): value is Rule {
  return (
    isObject(value) &&
    typeof value["groupId"] === "string" &&
    Array.isArray(value["on"]) &&
    value["on"].every((eventType) => typeof eventType === "string") &&
    (value["when"] === undefined || typeof value["when"] === "string")
  );
}
