import { findAdministration } from "./administration.ts";

/** What Okta answers to a look-up before an update. */
export type LookedUp =
  | { readonly kind: "found"; readonly body: unknown }
  | { readonly kind: "absent" }
  /** Okta was not asked, not reached, or did not say. */
  | { readonly kind: "unknown"; readonly reason: string };

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
  try {
    const { status, body } = await administration.get(path);
    if (status === 200) return { kind: "found", body };
    if (status === 404) return { kind: "absent" };
    if (status === 401) {
      return { kind: "unknown", reason: "Okta refuses the credentials of the configuration with 401" };
    }
    if (status !== 403) return { kind: "unknown", reason: `Okta answers ${status}` };
    return {
      kind: "unknown",
      reason: `Okta refuses it; as an app, Pulumi needs the scope okta.${area}.read or okta.${area}.manage`,
    };
  } catch (error) {
    return { kind: "unknown", reason: error instanceof Error ? error.message : String(error) };
  }
}
