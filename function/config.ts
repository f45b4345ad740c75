import type {
  FunctionName,
  GrantEnvironment,
  OktaEnvironment,
  ReceiveEnvironment,
  ReceiveSecrets,
  ReconcileEnvironment,
  Rule,
} from "./contract.ts";

/** A function was started without settings that it needs; the message names each of them. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** What `receive` works with, parsed from its environment. */
export interface ReceiveSettings {
  readonly rules: readonly Rule[];
  readonly queue: string;
  readonly grantUrl: string;
  readonly project: string;
  /** The current secret first. */
  readonly secrets: readonly string[];
  /** `CLOUD_TASKS_ENDPOINT`, for a private endpoint or another machine; Google's own by default. */
  readonly tasksEndpoint: string;
}

/** How to speak to Okta as a service app. */
export interface OktaSettings {
  readonly orgUrl: string;
  readonly clientId: string;
  readonly keyId: string;
  readonly keyVersion: string;
  /** 0 to 0.9. */
  readonly rateLimitReserve: number;
  /** `CLOUD_KMS_ENDPOINT`, likewise. */
  readonly kmsEndpoint: string;
}

/** What `grant` works with, parsed from its environment. */
export interface GrantSettings {
  readonly okta: OktaSettings;
  readonly groupIds: ReadonlySet<string>;
  /** In milliseconds. */
  readonly taskTimeout: number;
  /** In milliseconds. */
  readonly memberSnapshotAge: number;
  /** How long the queue tries a task again, in milliseconds. */
  readonly queueRetryDuration: number;
  readonly project: string;
}

/** What `reconcile` works with, parsed from its environment. */
export interface ReconcileSettings {
  readonly okta: OktaSettings;
  readonly rules: readonly Rule[];
  readonly queue: string;
  readonly grantUrl: string;
  readonly stateBucket: string;
  /** In milliseconds since the epoch. */
  readonly stackSince: number;
  /** Name of the Pulumi stack. */
  readonly stack: string;
  readonly backfillDays: number;
  /** In milliseconds. */
  readonly runTimeout: number;
  readonly project: string;
  readonly tasksEndpoint: string;
  /** `CLOUD_STORAGE_ENDPOINT`, likewise. */
  readonly storageEndpoint: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws SettingsError naming every setting that is missing or malformed */
export function readReceiveSettings(environment: Environment): ReceiveSettings {
  const required: readonly (keyof ReceiveEnvironment | keyof ReceiveSecrets)[] = [
    "RULES",
    "QUEUE",
    "GRANT_URL",
    "PROJECT",
    "HOOK_SECRET",
  ];
  const value = requireSettings("receive", environment, required);
  const previous = environment["HOOK_SECRET_PREVIOUS"];
  return {
    rules: parseRules(value("RULES")),
    queue: value("QUEUE"),
    grantUrl: value("GRANT_URL"),
    project: value("PROJECT"),
    secrets: previous ? [value("HOOK_SECRET"), previous] : [value("HOOK_SECRET")],
    tasksEndpoint: tasksEndpoint(environment),
  };
}

const oktaNames: readonly (keyof OktaEnvironment)[] = [
  "OKTA_ORG_URL",
  "OKTA_CLIENT_ID",
  "OKTA_KEY_ID",
  "SIGNING_KEY_VERSION",
  "RATE_LIMIT_RESERVE_PERCENT",
];

/** @throws SettingsError naming every setting that is missing or malformed */
export function readGrantSettings(environment: Environment): GrantSettings {
  const required: readonly (keyof GrantEnvironment)[] = [
    ...oktaNames,
    "GROUP_IDS",
    "TASK_SECONDS",
    "MEMBER_SNAPSHOT_SECONDS",
    "QUEUE_RETRY_SECONDS",
    "PROJECT",
  ];
  const value = requireSettings("grant", environment, required);
  return {
    okta: readOktaSettings(value, environment),
    groupIds: new Set(value("GROUP_IDS").split(",")),
    taskTimeout: parseNumber("TASK_SECONDS", value("TASK_SECONDS")) * 1000,
    memberSnapshotAge: parseNumber("MEMBER_SNAPSHOT_SECONDS", value("MEMBER_SNAPSHOT_SECONDS")) * 1000,
    queueRetryDuration: parseNumber("QUEUE_RETRY_SECONDS", value("QUEUE_RETRY_SECONDS")) * 1000,
    project: value("PROJECT"),
  };
}

/** @throws SettingsError naming every setting that is missing or malformed */
export function readReconcileSettings(environment: Environment): ReconcileSettings {
  const required: readonly (keyof ReconcileEnvironment)[] = [
    ...oktaNames,
    "RULES",
    "QUEUE",
    "GRANT_URL",
    "STATE_BUCKET",
    "STACK_SINCE",
    "STACK",
    "BACKFILL_DAYS",
    "RUN_SECONDS",
    "PROJECT",
  ];
  const value = requireSettings("reconcile", environment, required);
  const stackSince = Date.parse(value("STACK_SINCE"));
  if (Number.isNaN(stackSince)) throw malformed("STACK_SINCE", "no time in ISO 8601");
  return {
    okta: readOktaSettings(value, environment),
    rules: parseRules(value("RULES")),
    queue: value("QUEUE"),
    grantUrl: value("GRANT_URL"),
    stateBucket: value("STATE_BUCKET"),
    stackSince,
    stack: value("STACK"),
    backfillDays: parseNumber("BACKFILL_DAYS", value("BACKFILL_DAYS")),
    runTimeout: parseNumber("RUN_SECONDS", value("RUN_SECONDS")) * 1000,
    project: value("PROJECT"),
    tasksEndpoint: tasksEndpoint(environment),
    storageEndpoint: environment["CLOUD_STORAGE_ENDPOINT"] ?? "https://storage.googleapis.com",
  };
}

function readOktaSettings(value: (name: string) => string, environment: Environment): OktaSettings {
  const reserve = value("RATE_LIMIT_RESERVE_PERCENT");
  return {
    orgUrl: value("OKTA_ORG_URL"),
    clientId: value("OKTA_CLIENT_ID"),
    keyId: value("OKTA_KEY_ID"),
    keyVersion: value("SIGNING_KEY_VERSION"),
    rateLimitReserve: parseNumber("RATE_LIMIT_RESERVE_PERCENT", reserve) / 100,
    kmsEndpoint: environment["CLOUD_KMS_ENDPOINT"] ?? "https://cloudkms.googleapis.com",
  };
}

function tasksEndpoint(environment: Environment): string {
  return environment["CLOUD_TASKS_ENDPOINT"] ?? "https://cloudtasks.googleapis.com";
}

function parseNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw malformed(name, "no whole number");
  return Number(text);
}

function malformed(name: string, fault: string): SettingsError {
  return new SettingsError(`${name} is ${fault}. The program sets it; run "pulumi up".`);
}

function requireSettings(
  functionName: FunctionName,
  environment: Environment,
  names: readonly string[],
): (name: string) => string {
  const missing = names.filter((name) => !environment[name]);
  if (missing.length > 0) {
    throw new SettingsError(
      `${functionName} cannot start without ${missing.join(", ")}. The program sets these; run "pulumi up".`,
    );
  }
  return (name) => environment[name] ?? "";
}

function parseRules(json: string): Rule[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw malformed("RULES", "no JSON");
  }
  if (!Array.isArray(value) || !value.every(isRule)) {
    throw malformed("RULES", "no list of {groupId, on, when?}");
  }
  return value;
}

function isRule(value: unknown): value is Rule {
  return (
    typeof value === "object" &&
    value !== null &&
    "groupId" in value &&
    typeof value.groupId === "string" &&
    "on" in value &&
    Array.isArray(value.on) &&
    value.on.every((eventType) => typeof eventType === "string") &&
    (!("when" in value) || value.when === undefined || typeof value.when === "string")
  );
}
