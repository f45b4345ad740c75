/**
 * What the program that declares the functions and the functions themselves agree on: the names of the settings
 * (environment variables), the shape of a rule and of a task. Both sides import this file and nothing else of each
 * other's world.
 */

/** Who gets into which group, on what event. `groupId` is Okta's id, known once the group exists. */
export interface Rule {
  readonly groupId: string;
  /** System Log event types, such as `user.session.start`. */
  readonly on: readonly string[];
  /** A CEL condition over `event`; without one every wanted event matches. */
  readonly when?: string;
}

/** The body of one task: make this user a member of this group, because of this event. */
export interface MembershipTask {
  readonly groupId: string;
  readonly userId: string;
  readonly eventUuid: string;
  readonly eventType: string;
  readonly published: string;
}

/** A task as it stands in the queue. */
export interface QueuedMembershipTask extends MembershipTask {
  /** When it was put there, in ISO 8601: for so long a sign-in waits at most for a fault to be fixed. */
  readonly queuedAt: string;
}

/** What `reconcile` is asked to do: by Cloud Scheduler, by itself when there is more, or by who replays the past. */
export type ReconcileTask = PollTask | ReplayTask | ReplayContinuation;

/** Read on in the System Log from where the last poll ended. */
export interface PollTask {
  readonly kind: "poll";
  /** Full name of the queue that leads back to `reconcile`. It is told here because neither can name the other first. */
  readonly continuationQueue: string;
}

/** Put a window of the past through the rules once more. */
export interface ReplayTask {
  readonly kind: "replay";
  readonly continuationQueue: string;
  /** A UUID; it names the progress object and keeps the tasks of one replay apart from all others. */
  readonly id: string;
  /** ISO 8601. */
  readonly since: string;
  readonly until: string;
  /** Count only, queue nothing. */
  readonly dryRun: boolean;
}

/**
 * Go on with a replay. It says only which: window, place and counts are those that `reconcile` itself has written into the
 * state bucket, so that a task of somebody else's making can't have anything else read.
 */
export interface ReplayContinuation {
  readonly kind: "replay-continuation";
  readonly continuationQueue: string;
  readonly id: string;
  /** The chunk to read: how many have ended before it, from 1. The replay's own task is for the first. */
  readonly chunk: number;
}

/** What a replay has found. */
export interface ReplayCounts {
  readonly events: number;
  /** Memberships that the rules want of them. */
  readonly wanted: number;
  readonly queued: number;
}

/** How far a replay is, as it stands in the state bucket, next to what only `reconcile` reads. */
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

/** The name under which Okta sends the hook's secret. Its value is `Bearer <secret>`. */
export const HOOK_AUTHENTICATION_HEADER = "Authorization";

/** The entry points of the archive; each is deployed as a function of its own. */
export type FunctionName = "receive" | "grant" | "reconcile";

/** Environment of `receive`. The secrets come from Secret Manager, the rest is plain. */
export type ReceiveEnvironment = {
  /** JSON of `Rule[]`. */
  readonly RULES: string;
  /** Full name of the Cloud Tasks queue: `projects/P/locations/L/queues/Q`. */
  readonly QUEUE: string;
  /** Where the tasks go: the address of `grant`. */
  readonly GRANT_URL: string;
  /** Google Cloud project id, for the trace field of log entries. */
  readonly PROJECT: string;
};

/** Secret environment of `receive`. */
export type ReceiveSecrets = {
  readonly HOOK_SECRET: string;
  /** The secret before the last rotation, still accepted; absent before the first rotation. */
  readonly HOOK_SECRET_PREVIOUS?: string;
};

/** How a function is known to Okta, and how much of Okta's rate limits it leaves to others. */
export type OktaEnvironment = {
  /** Such as `https://acme.okta.com`, without a trailing slash. */
  readonly OKTA_ORG_URL: string;
  readonly OKTA_CLIENT_ID: string;
  /** `kid` of the service app's key whose private half is `SIGNING_KEY_VERSION`. */
  readonly OKTA_KEY_ID: string;
  /** Full name of the Cloud KMS key version that signs client assertions. */
  readonly SIGNING_KEY_VERSION: string;
  /** The part of each of Okta's rate limits that is left to others, 0 to 90. */
  readonly RATE_LIMIT_RESERVE_PERCENT: string;
};

/** Environment of `grant`. */
export type GrantEnvironment = OktaEnvironment & {
  /** Comma-separated ids of the groups that the rules name; no other group is ever written to. */
  readonly GROUP_IDS: string;
  /** How long one task may take. */
  readonly TASK_SECONDS: string;
  /** How old the list of a group's members may become. */
  readonly MEMBER_SNAPSHOT_SECONDS: string;
  /** How long the queue tries a task again before it gives the task up. */
  readonly QUEUE_RETRY_SECONDS: string;
  readonly PROJECT: string;
};

/** Environment of `reconcile`. */
export type ReconcileEnvironment = OktaEnvironment & {
  /** JSON of `Rule[]`. */
  readonly RULES: string;
  readonly QUEUE: string;
  readonly GRANT_URL: string;
  /** The bucket of the cursor and of the progress of replays. */
  readonly STATE_BUCKET: string;
  /** Since when the stack exists, in ISO 8601: since then the log is to be read. It does not change with the bucket. */
  readonly STACK_SINCE: string;
  /** Name of the Pulumi stack, for the commands in errors. */
  readonly STACK: string;
  /** How many days before that the first poll begins, 0 to 90. */
  readonly BACKFILL_DAYS: string;
  /** How long one run may take. */
  readonly RUN_SECONDS: string;
  readonly PROJECT: string;
};
