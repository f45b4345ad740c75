import type {
  GrantEnvironment,
  ReceiveEnvironment,
  ReceiveSecrets,
  ReconcileEnvironment,
  Rule,
} from "../../function/shared/contract.ts";
import { PORT } from "../../sandbox/google/run/template.ts";

/** The event that the rules want. */
export const SIGN_IN = "user.session.start";

export const HOOK_SECRET = "a-secret-that-only-okta-and-the-hook-know";

export const GROUP = "00gBench1c3d5e7f9h1";

export const QUEUE = "projects/acme/locations/europe-west1/queues/memberships";

/** The one rule of the mission. */
const RULES: readonly Rule[] = [{ groupId: GROUP, on: [SIGN_IN] }];

/** What Cloud Run and Cloud Run functions set. @param stubPort where Google and Okta are stood in for */
export function platformVariables(target: string, stubPort: number): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    PORT: String(PORT),
    NODE_ENV: "production",
    K_SERVICE: target,
    K_REVISION: `${target}-00001`,
    K_CONFIGURATION: target,
    FUNCTION_TARGET: target,
    FUNCTION_SIGNATURE_TYPE: "http",
    GCE_METADATA_HOST: `127.0.0.1:${stubPort}`,
    CLOUD_TASKS_ENDPOINT: `http://127.0.0.1:${stubPort}`,
    CLOUD_KMS_ENDPOINT: `http://127.0.0.1:${stubPort}`,
    CLOUD_STORAGE_ENDPOINT: `http://127.0.0.1:${stubPort}`,
  };
}

/** What the program sets for `receive`. */
export function receiveVariables(
  rules: readonly Rule[] = RULES,
): Record<string, string> & ReceiveEnvironment & ReceiveSecrets {
  return {
    RULES: JSON.stringify(rules),
    QUEUE,
    GRANT_URL: "https://grant-abcdefghij-ew.a.run.app",
    PROJECT: "acme",
    HOOK_SECRET,
  };
}

const oktaVariables = (stubPort: number) => ({
  OKTA_ORG_URL: `http://127.0.0.1:${stubPort}`,
  OKTA_CLIENT_ID: "0oaBench",
  OKTA_KEY_ID: "key-1",
  SIGNING_KEY_VERSION: "projects/acme/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
  RATE_LIMIT_RESERVE_PERCENT: "10",
  PROJECT: "acme",
});

/** What the program sets for `grant`. */
export function grantVariables(stubPort: number): Record<string, string> & GrantEnvironment {
  return {
    ...oktaVariables(stubPort),
    GROUP_IDS: GROUP,
    TASK_SECONDS: "115",
    MEMBER_SNAPSHOT_SECONDS: "3600",
    QUEUE_RETRY_SECONDS: "604800",
  };
}

/** What the program sets for `reconcile`. */
export function reconcileVariables(
  stubPort: number,
  rules: readonly Rule[] = RULES,
): Record<string, string> & ReconcileEnvironment {
  return {
    ...oktaVariables(stubPort),
    RULES: JSON.stringify(rules),
    QUEUE,
    GRANT_URL: "https://grant-abcdefghij-ew.a.run.app",
    STATE_BUCKET: "state",
    STACK_SINCE: "2026-01-01T00:00:00.000Z",
    STACK: "prod",
    BACKFILL_DAYS: "0",
    GRANT_CLIENT_IDS: "0oaBench",
    RUN_SECONDS: "510",
  };
}

/** The configuration of a hand-made hook: one group, one event. */
export function ownHookVariables(stubPort: number): Record<string, string> {
  return {
    HOOK_SECRET,
    QUEUE,
    GRANT_URL: "https://grant-abcdefghij-ew.a.run.app",
    GROUP_ID: GROUP,
    EVENT_TYPE: SIGN_IN,
    OKTA_ORG_URL: `http://127.0.0.1:${stubPort}`,
    OKTA_API_TOKEN: "00api-token",
  };
}
