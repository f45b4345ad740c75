import { isObject } from "../../function/shared/json.ts";
import { lookUp } from "../okta/management-client.ts";
import { appsNamed } from "../okta/names.ts";
import { has, type Preflight } from "./stack.ts";

const PLACE = "Settings › Account › Public client app admins";

/**
 * Refuses to create apps in an org whose setting makes every app a super administrator when it gets its scopes (Okta, "Implement
 * OAuth for Okta with a service app"; "Org Admin Settings API": retrieve the default public client app role setting). The setting
 * does not affect the apps that the stack already has: they keep their scopes.
 */
export async function checkPublicClientAdmins(preflight: Preflight): Promise<void> {
  const { name, orgUrl, settings, resources, fault, warn, unknown } = preflight;
  const makesApps = appsNamed(name, settings.signingKeyRotation).some((app) => !has(resources, app));
  const answer = await lookUp(orgUrl, "orgs", "/api/v1/org/settings/clientPrivilegesSetting");
  const isOn =
    answer.kind === "found" && isObject(answer.body) && answer.body["clientPrivilegesSetting"] === true;
  if (isOn && makesApps) {
    fault(
      `"Public client app admins" of ${orgUrl}`,
      true,
      `with it, Okta would make the integration's new apps super administrators. Turn it off in Okta's admin console (${PLACE}), then try again.`,
    );
  } else if (isOn) {
    warn(
      `Okta makes every new app a super administrator. Turn that off (${PLACE}) before the next rotation of the signing keys.`,
    );
  } else if (answer.kind !== "found" && makesApps) {
    const reason = answer.kind === "absent" ? "Okta does not know the setting" : answer.reason;
    unknown(
      `Whether Okta makes every new app a super administrator could not be looked up (${reason}). Check that ${PLACE} is off.`,
    );
  }
}
