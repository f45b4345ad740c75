import type { MembershipTask, TaskSource } from "./contract.ts";

/*
 * Every log entry that a machine reads: a metric, an alert, the dashboard, `npm run explain`, `npm run report`. Each has the field
 * `event`, whose value stays the same when the message changes, and the fields below. They hold ids, codes, counts and times, and
 * nothing that a person typed.
 */

/** The severities of Cloud Logging that the functions use. */
export type Severity = "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL";

/** Which membership an entry is about, and because of which event. */
export interface TaskFields {
  readonly groupId: string;
  readonly userId: string;
  /** Okta's uuid of the sign-in; empty when the task does not name it. */
  readonly eventUuid: string;
}

/** From the sign-in until now, in seconds, to the millisecond; absent when the task does not say when the user signed in. */
interface Delay {
  readonly delaySeconds?: number;
}

/**
 * The audit record of one membership. `rule` and what follows are absent for a task that a version without them has queued;
 * `deliveries` and `attempts` are absent for a request that is not from Cloud Tasks.
 */
export interface MembershipRecord
  extends TaskFields,
    Delay,
    Partial<Pick<MembershipTask, "eventType" | "rule" | "deliveryId">> {
  readonly outcome: "member";
  /** Whether the user was known to be a member already: then nobody was added, and Okta was not called. */
  readonly known: boolean;
  /** When the user signed in, in ISO 8601. */
  readonly published?: string;
  readonly source?: TaskSource;
  /** When the task was put into the queue, in ISO 8601. */
  readonly queuedAt?: string;
  /** How often the queue has sent the task. */
  readonly deliveries?: number;
  /** How often `grant` has answered it, this time included; an answer of 5xx does not count (Google Cloud, "Create HTTP target tasks"). */
  readonly attempts?: number;
}

/** Calls that Okta counts together. */
export type RateLimitBucket = "memberships" | "member-lists" | "system-log";

/** What became of a delivery of Okta. */
export interface DeliverySummary {
  /** Okta's id of the delivery, the same in both attempts; empty when it has none. */
  readonly deliveryId: string;
  readonly events: number;
  /** Events that can never be processed. */
  readonly skipped: number;
  readonly queued: number;
  readonly alreadyQueued: number;
  readonly failed: number;
  readonly reasons?: readonly string[];
  /** From the request to its answer. */
  readonly milliseconds: number;
}

/** What a run of `reconcile` has counted. */
interface RunSummary {
  readonly outcome: string;
  readonly pages: number;
  readonly events: number;
  /** Memberships that these events lead to. */
  readonly wanted: number;
  /** Those that the hook had not delivered. */
  readonly queued: number;
  readonly alreadyQueued: number;
  /** Id of the replay; absent for a poll. */
  readonly replay?: string;
  /** How far behind the end of Okta's System Log the run ended, in seconds; of polls only. */
  readonly behindSeconds?: number;
}

/** The fields of each event. */
export interface Signals {
  "challenge-answered": Readonly<Record<never, never>>;
  "delivery-taken": DeliverySummary;
  /** Not every task is in the queue, so Okta is asked to deliver again. */
  "delivery-failed": DeliverySummary;
  "request-refused": { readonly status: number; readonly reason: string };
  /** An error of ours. */
  "request-failed": { readonly reason: string; readonly stack: string | undefined };
  "start-failed": { readonly reason: string };
  /** The process ends with it. */
  "process-failed": { readonly reason: string; readonly stack: string | undefined };
  "event-skipped": { readonly deliveryId?: string; readonly index: number; readonly fault: string };
  "condition-failed": { readonly groupId: string; readonly eventType: string; readonly reason: unknown };
  /** Something that an administrator has to fix: `fault` says what, in a word. Repeated every hour while it lasts. */
  fault: {
    readonly fault: string;
    readonly remedy: string;
    /** Since when the oldest work waits for it, in ISO 8601. */
    readonly since?: string;
    /** How much work has met it in this instance. */
    readonly tasks?: number;
    readonly groupId?: string;
  };
  "fault-resolved": {
    readonly fault: string;
    readonly groupId?: unknown;
    readonly since: string;
    readonly tasks: number;
  };
  membership: MembershipRecord;
  /** The task ended without a membership. */
  "membership-refused": TaskFields & Delay & { readonly outcome: "dropped"; readonly reason: string };
  /** The queue tries the task again. */
  "membership-waits": TaskFields & Delay & { readonly outcome: "retry"; readonly reason?: string };
  /** The queue gives up the task within a day. */
  "membership-given-up": TaskFields & { readonly givenUpAt: string; readonly published?: string };
  "task-invalid": Partial<TaskFields> & { readonly outcome: "dropped" };
  /** All clients together have used half of one of Okta's rate limits or more, in one of its windows of about a minute. */
  "okta-limit-used": { readonly bucket: RateLimitBucket; readonly usedPercent: number };
  "members-not-listed": { readonly groupId: string; readonly reason: string; readonly remedy: string };
  polled: RunSummary;
  replayed: RunSummary;
  /** The memberships of a time were compared with the sign-ins in Okta's System Log. Times in ISO 8601. */
  "grants-checked": {
    readonly outcome: string;
    readonly grants: number;
    readonly unexpected: number;
    readonly since: string;
    readonly until: string;
  };
  /** `grant` made a membership to which no sign-in in Okta's System Log leads. `at` is when, in ISO 8601. */
  "grant-unexpected": {
    readonly userId: string;
    readonly groupId: string;
    readonly at: string;
    readonly reason: "no-sign-in" | "no-rule";
  };
  /** An event of Okta's System Log about the event hook or a rate limit. */
  "okta-reported": { readonly eventType: string; readonly eventUuid: string; readonly at: string };
  /** What is deployed was compared with the program; written by the workflow, not by a function. */
  "drift-checked": { readonly stack: string; readonly outcome: "same" };
  /** Scheduler or queue call again. */
  "run-failed": RunSummary;
  "replay-failed": { readonly replay: string; readonly fault: string; readonly remedy?: string };
}

/** The name of an event. */
export type SignalName = keyof Signals;

/** How an event is logged unless the code that logs it says otherwise. */
export const signals: {
  readonly [Name in SignalName]: { readonly severity: Severity; readonly message: string };
} = {
  "challenge-answered": { severity: "INFO", message: "Answered a verification challenge." },
  "delivery-taken": { severity: "INFO", message: "Took a delivery." },
  "delivery-failed": {
    severity: "ERROR",
    message: "Could not queue every task of a delivery; Okta is asked to deliver it again.",
  },
  "request-refused": { severity: "WARNING", message: "Refused a request." },
  "request-failed": { severity: "CRITICAL", message: "A request failed unexpectedly." },
  "start-failed": { severity: "CRITICAL", message: "The function cannot start." },
  "process-failed": { severity: "CRITICAL", message: "The process ends after an unexpected error." },
  "event-skipped": { severity: "ERROR", message: "Skipped an event that can never be processed." },
  "condition-failed": {
    severity: "WARNING",
    message: "A rule's condition failed on an event, so the event does not match the rule.",
  },
  fault: { severity: "ERROR", message: "Something does not work until an administrator fixes it." },
  "fault-resolved": { severity: "INFO", message: "A fault is resolved." },
  membership: { severity: "INFO", message: "The user is a member." },
  "membership-refused": {
    severity: "ERROR",
    message: "Okta will not make this user a member; the task ends.",
  },
  "membership-waits": {
    severity: "WARNING",
    message: "Okta did not make the user a member; the queue retries.",
  },
  "membership-given-up": { severity: "WARNING", message: "The queue gives up this task soon." },
  "task-invalid": {
    severity: "ERROR",
    message: "Dropped a task that can never be valid: it names no user and group.",
  },
  "okta-limit-used": { severity: "INFO", message: "Much of one of Okta's rate limits is used." },
  "members-not-listed": {
    severity: "WARNING",
    message:
      "Okta does not return the members of a group; until it does, each sign-in of a member costs a call to Okta.",
  },
  polled: { severity: "INFO", message: "Polled the System Log." },
  replayed: { severity: "INFO", message: "Replayed a part of the System Log." },
  "grants-checked": {
    severity: "INFO",
    message: "Compared the memberships with the sign-ins in the System Log.",
  },
  "grant-unexpected": {
    severity: "CRITICAL",
    message: "A membership was made to which no sign-in in Okta's System Log leads.",
  },
  "okta-reported": { severity: "INFO", message: "Okta reported something about the hook or a rate limit." },
  "drift-checked": { severity: "INFO", message: "What is deployed is what the program says." },
  "run-failed": { severity: "WARNING", message: "A run failed; the next one retries." },
  "replay-failed": { severity: "ERROR", message: "A replay has failed." },
};
