import * as pulumi from "@pulumi/pulumi";
import { isObject } from "../../function/shared/json.ts";
import { ConfigurationError, type Fault } from "../errors.ts";
import { lookUp } from "../okta/management-client.ts";
import { appsNamed } from "../okta/names.ts";
import { checkDeletedGroups, checkExistingGroups } from "./groups.ts";
import { has, type Preflight, readStackResources } from "./stack.ts";
import { checkNames } from "./taken-names.ts";

/** All of these except the first need the resources that the stack already has. */
const checks = [checkExistingGroups, checkNames, checkPublicClientAdmins, checkDeletedGroups] as const;

/**
 * Checks Okta before a preview or an update changes anything: for conflicts that would stop the update part-way, and for
 * effects that nobody wants. If the org does not answer, a warning lists what was not checked; only groups by id must be looked
 * up.
 *
 * @throws ConfigurationError with every fault that was found
 */
export async function checkBeforehand(
  known: Pick<Preflight, "name" | "stack" | "orgUrl" | "settings" | "component">,
): Promise<void> {
  const { component } = known;
  const resources = await readStackResources().catch(async (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    await pulumi.log.warn(
      `The resources that the stack already has could not be read (${reason}). So these were not checked: names that are in use in Okta, ` +
        "groups that the update deletes, and the setting Public client app admins.",
      component,
    );
    return undefined;
  });
  // In parallel, because each of them waits for a timeout when the org does not answer.
  const found = await Promise.all(
    (resources === undefined ? checks.slice(0, 1) : checks).map(async (check) => {
      const faults: Fault[] = [];
      const warnings: string[] = [];
      await check({
        ...known,
        resources: resources ?? [],
        fault: (setting, value, remedy) => void faults.push({ setting, value, remedy }),
        warn: (message) => void warnings.push(message),
      });
      return { faults, warnings };
    }),
  );
  for (const warning of found.flatMap(({ warnings }) => warnings)) {
    await pulumi.log.warn(warning, component);
  }
  const faults = found.flatMap((one) => one.faults);
  if (faults.length > 0) throw new ConfigurationError(faults);
}

const PLACE = "Settings › Account › Public client app admins";

/**
 * Refuses to create apps in an org whose setting makes every app a super administrator when it gets its scopes (Okta, "Implement
 * OAuth for Okta with a service app"; "Org Admin Settings API": retrieve the default public client app role setting). The setting
 * does not affect the apps that the stack already has: they keep their scopes.
 */
async function checkPublicClientAdmins(preflight: Preflight): Promise<void> {
  const { name, orgUrl, settings, resources, fault, warn } = preflight;
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
    warn(
      `Whether Okta makes every new app a super administrator could not be looked up (${reason}). Check that ${PLACE} is off.`,
    );
  }
}
