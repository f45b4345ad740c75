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

/** The name under which Okta sends the hook's secret. Its value is `Bearer <secret>`. */
export const HOOK_AUTHENTICATION_HEADER = "Authorization";

/** The entry points of the archive; each is deployed as a function of its own. */
export type FunctionName = "receive" | "grant";

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

/** Environment of `grant`. */
export type GrantEnvironment = {
  /** Such as `https://acme.okta.com`, without a trailing slash. */
  readonly OKTA_ORG_URL: string;
  readonly OKTA_CLIENT_ID: string;
  /** `kid` of the service app's key whose private half is `SIGNING_KEY_VERSION`. */
  readonly OKTA_KEY_ID: string;
  /** Full name of the Cloud KMS key version that signs client assertions. */
  readonly SIGNING_KEY_VERSION: string;
  /** Comma-separated ids of the groups that the rules name; no other group is ever written to. */
  readonly GROUP_IDS: string;
  readonly PROJECT: string;
};

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

/** What `grant` works with, parsed from its environment. */
export interface GrantSettings {
  readonly orgUrl: string;
  readonly clientId: string;
  readonly keyId: string;
  readonly keyVersion: string;
  readonly groupIds: ReadonlySet<string>;
  readonly project: string;
  /** `CLOUD_KMS_ENDPOINT`, likewise. */
  readonly kmsEndpoint: string;
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
    tasksEndpoint: environment["CLOUD_TASKS_ENDPOINT"] ?? "https://cloudtasks.googleapis.com",
  };
}

/** @throws SettingsError naming every setting that is missing */
export function readGrantSettings(environment: Environment): GrantSettings {
  const required: readonly (keyof GrantEnvironment)[] = [
    "OKTA_ORG_URL",
    "OKTA_CLIENT_ID",
    "OKTA_KEY_ID",
    "SIGNING_KEY_VERSION",
    "GROUP_IDS",
    "PROJECT",
  ];
  const value = requireSettings("grant", environment, required);
  return {
    orgUrl: value("OKTA_ORG_URL"),
    clientId: value("OKTA_CLIENT_ID"),
    keyId: value("OKTA_KEY_ID"),
    keyVersion: value("SIGNING_KEY_VERSION"),
    groupIds: new Set(value("GROUP_IDS").split(",")),
    project: value("PROJECT"),
    kmsEndpoint: environment["CLOUD_KMS_ENDPOINT"] ?? "https://cloudkms.googleapis.com",
  };
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
    throw new SettingsError('RULES is not JSON. The program sets it; run "pulumi up".');
  }
  if (!Array.isArray(value) || !value.every(isRule)) {
    throw new SettingsError(
      'RULES is not a list of {groupId, on, when?}. The program sets it; run "pulumi up".',
    );
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
