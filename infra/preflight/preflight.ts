import * as pulumi from "@pulumi/pulumi";
import { ConfigurationError, type Fault } from "../errors.ts";
import { findGroupByProvider } from "../okta/groups.ts";
import { checkDeletedGroups, checkExistingGroups } from "./groups.ts";
import { checkHosting } from "./hosting.ts";
import { checkPublicClientAdmins } from "./public-client-admins.ts";
import { type Preflight, readStackResources } from "./stack.ts";
import { checkNames } from "./taken-names.ts";

/** All of these except the first need the resources that the stack already has. */
const checks = [
  checkExistingGroups,
  checkNames,
  checkPublicClientAdmins,
  checkDeletedGroups,
  checkHosting,
] as const;

/**
 * Checks Okta, and Google Cloud's organization policies, before a preview or an update changes anything: for conflicts that would
 * stop the update part-way, and for effects that nobody wants. If one of them does not answer, a warning lists what was not checked;
 * only groups by id must be looked up.
 *
 * @throws ConfigurationError with every fault that was found
 */
export async function checkBeforehand(
  known: Pick<Preflight, "name" | "stack" | "orgUrl" | "settings"> & {
    /** Google Cloud project id. */
    readonly project: string;
    /** Whose provider answers look-ups, and which warnings are about. */
    readonly component: pulumi.Resource;
  },
): Promise<void> {
  const { component } = known;
  const resources = await readStackResources().catch(async (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    await pulumi.log.warn(
      `The resources that the stack already has could not be read (${reason}). So these were not checked: names that are in use in Okta, ` +
        "groups that the update deletes, the setting Public client app admins, and organization policies that forbid the hosting.",
      component,
    );
    return undefined;
  });
  // In parallel, because each of them waits for a timeout when the org does not answer.
  const found = await Promise.all(
    (resources === undefined ? checks.slice(0, 1) : checks).map(async (check) => {
      const faults: Fault[] = [];
      const warnings: string[] = [];
      const notes: string[] = [];
      const warn = (message: string) => void warnings.push(message);
      await check({
        ...known,
        resources: resources ?? [],
        findGroup: (id) => findGroupByProvider(id, component),
        fault: (setting, value, remedy) => void faults.push({ setting, value, remedy }),
        warn,
        unknown: warn,
        inform: (message) => void notes.push(message),
      });
      return { faults, warnings, notes };
    }),
  );
  for (const warning of found.flatMap(({ warnings }) => warnings)) {
    await pulumi.log.warn(warning, component);
  }
  for (const note of found.flatMap(({ notes }) => notes)) await pulumi.log.info(note, component);
  const faults = found.flatMap((one) => one.faults);
  if (faults.length > 0) throw new ConfigurationError(faults);
}
