import { hash } from "node:crypto";

/**
 * What an uptime check sends in place of the hook secret. It can only have a challenge answered, since everybody who may read
 * the configuration of uptime checks sees it, and the hook secret cannot be computed from it.
 */
export function challengeSecretOf(hookSecret: string): string {
  return hash("sha256", `uptime check ${hookSecret}`, "hex");
}
