import { TokenError } from "../../function/shared/okta/access-token.ts";
import { proxyHint } from "../outbound-fetch.ts";
import { findAdministration } from "./administration.ts";

/** What Okta answers to a look-up before an update. */
export type LookedUp =
  | { readonly kind: "found"; readonly body: unknown }
  | { readonly kind: "absent" }
  /** Okta was not asked, not reached, or did not say. */
  | { readonly kind: "unknown"; readonly reason: string };

/** Why Okta did not say, by the status of its answer. */
const reasons: ReadonlyMap<number, string> = new Map([
  [401, "Okta refuses the credentials of the configuration with 401"],
  [429, "Okta's rate limit is used up: try again in a minute"],
]);

/**
 * Looks something up in the org, by the credentials of the configuration.
 *
 * @param area of the scope that an app needs for it, such as `groups`
 * @param path with its query
 */
export async function lookUp(orgUrl: string, area: string, path: string): Promise<LookedUp> {
  const administration = findAdministration(orgUrl, area);
  if (administration === undefined) {
    return { kind: "unknown", reason: `the configuration has no credentials for ${orgUrl}` };
  }
  const remedy = `Pulumi must act as a super administrator, and as an app it needs the scope okta.${area}.read or okta.${area}.manage`;
  try {
    const { status, body } = await administration.get(path);
    if (status === 200) return { kind: "found", body };
    if (status === 404) return { kind: "absent" };
    if (status === 403) return { kind: "unknown", reason: `Okta refuses it: ${remedy}` };
    return { kind: "unknown", reason: reasons.get(status) ?? `Okta answers ${status}` };
  } catch (error) {
    const reason = error instanceof TokenError ? `${error.message}; ${remedy}` : messageOf(error);
    return { kind: "unknown", reason };
  }
}

/** With its cause, since "fetch failed" does not say what failed. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error
    ? `${error.message}: ${error.cause.message}${proxyHint()}`
    : error.message;
}
