import { isObject } from "../../function/shared/json.ts";
import type { Preflight } from "../preflight.ts";
import { lookUp } from "./look-up.ts";
import { appsNamed, has } from "./names.ts";

const PLACE = "Settings › Account › Public client app admins";

/**
 * Refuses to make apps in an org whose setting makes every app a super administrator when it gets its scopes (Okta, "Implement
 * OAuth for Okta with a service app"; "Org Admin Settings API": retrieve the default public client app role setting). The apps
 * that the stack has already keep their scopes, so it does not touch them.
 */
export async function checkPublicClientAdmins(preflight: Preflight): Promise<void> {
  const { name, orgUrl, settings, resources, fault, warn } = preflight;
  const makesApps = appsNamed(name, settings.signingKeyRotation).some((app) => !has(resources, app));
  const answer = await lookUp(orgUrl, "orgs", "/api/v1/org/settings/clientPrivilegesSetting");
  const isOn =
    answer.kind === "found" && isObject(answer.body) && answer.body["clientPrivilegesSetting"] === true;
  if (isOn && makesApps) {
    fault(
      `"Public client app admins" of ${orgUrl}`,
      true,
      `with it, Okta would make the integration's new apps super administrators. Switch it off in Okta's admin console (${PLACE}), then try again.`,
    );
  } else if (isOn) {
    warn(
      `Okta makes every new app a super administrator. Switch that off (${PLACE}) before the next rotation of the signing keys.`,
    );
  } else if (answer.kind !== "found" && makesApps) {
    const reason = answer.kind === "absent" ? "Okta does not know the setting" : answer.reason;
    warn(
      `Whether Okta makes every new app a super administrator could not be looked up (${reason}). See that ${PLACE} is off.`,
    );
  }
}
