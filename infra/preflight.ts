import * as pulumi from "@pulumi/pulumi";
import { ConfigurationError, type Fault, type ReportFault } from "./faults.ts";
import { checkDeletedGroups } from "./okta/deleted-groups.ts";
import { checkExistingGroups } from "./okta/existing-groups.ts";
import { checkPublicClientAdmins } from "./okta/public-client-admins.ts";
import { checkNames } from "./okta/taken-names.ts";
import type { Settings } from "./settings.ts";
import { readStackResources, type StackResource } from "./stack-resources.ts";

/** What every check before an update knows, and how it reports. */
export interface Preflight {
  /** Name of the component. */
  readonly name: string;
  readonly stack: string;
  readonly orgUrl: string;
  readonly settings: Settings;
  /** What the stack has; what else is declared will be created. */
  readonly resources: readonly StackResource[];
  /** The component, whose provider answers look-ups. */
  readonly component: pulumi.Resource;
  readonly fault: ReportFault;
  readonly warn: (message: string) => void;
}

/** Of these, all but the first need to know what the stack has already. */
const checks = [checkExistingGroups, checkNames, checkPublicClientAdmins, checkDeletedGroups] as const;

/**
 * Looks into Okta before a preview or an update touches anything, for what would stop the update half way, or would do what
 * nobody wants. An org that does not answer stops nobody: what could not be looked up is a warning. Only groups by their ids
 * must be looked up.
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
      `What the stack has already could not be read (${reason}). So nothing was looked up of names that are taken in Okta, ` +
        "of groups that the update deletes, nor of the setting Public client app admins.",
      component,
    );
    return undefined;
  });
  // All at once, since an org that does not answer costs each of them a time-out.
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
