import * as pulumi from "@pulumi/pulumi";
import { consoleLinks } from "./console-links.ts";
import { ConfigurationError, type Fault, type ReportFault } from "./errors.ts";
import { checkCredentials, readOrgUrl } from "./okta/provider-settings.ts";
import { regionFault } from "./regions.ts";
import { checkSettings, type Settings, typeOf } from "./settings.ts";
import { SignInGroups } from "./sign-in-groups.ts";

const { project, region, orgUrl, settings } = readConfiguration();
const integration = new SignInGroups("signin-groups", { project, region, orgUrl, ...settings });

/** The address that Okta delivers events to. */
export const hookUrl = integration.hookUrl;
/** Ids of the groups by name; existing groups are listed by their id. */
export const groupIds = integration.groupIds;
/** Client id of the API service app in Okta that writes memberships. */
export const serviceAppClientId = integration.clientId;
/** Full name of the Cloud Tasks queue of memberships. */
export const queue = integration.queue;
/** Full name of the Cloud Tasks queue that leads back to `reconcile`; a replay is started by a task in it. */
export const continuationQueue = integration.continuationQueue;
/** Name of the Cloud Storage bucket that has the place in Okta's System Log, and how far each replay is. */
export const stateBucket = integration.stateBucket;
/** Pages in the consoles of Okta and Google Cloud. */
export const links = pulumi
  .all([
    integration.appId,
    integration.logReaderAppId,
    integration.groupIds,
    integration.queue,
    integration.services,
  ])
  .apply(([appId, logReaderAppId, groupIds, queue, services]) =>
    consoleLinks({ orgUrl, project, appId, logReaderAppId, groupIds, queue, services }),
  );

/** All that a stack's configuration says, checked. */
interface Configuration {
  /** Google Cloud project id. */
  readonly project: string;
  /** Google Cloud region of the functions, the queues, the keys and the state. */
  readonly region: string;
  /** Okta org, such as `https://acme.okta.com`. */
  readonly orgUrl: string;
  readonly settings: Settings;
}

/**
 * Reads and checks the stack's configuration.
 *
 * @throws ConfigurationError with every mistake at once, each with its key, its value and what to write instead
 */
function readConfiguration(): Configuration {
  const faults: Fault[] = [];
  const fault: ReportFault = (setting, value, remedy) => void faults.push({ setting, value, remedy });

  const google = new pulumi.Config("gcp");
  const project = google.get("project");
  if (project === undefined || !/^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(project)) {
    fault(
      "gcp:project",
      project,
      'it must be a project id, for example "pulumi config set gcp:project acme-identity".',
    );
  }
  const orgUrl = readOrgUrl(fault);
  checkCredentials(fault);
  const settings = readSettings(faults);
  const region = google.get("region");
  const wrongRegion = regionFault(region, settings?.trustRegion ?? true);
  if (wrongRegion !== undefined) fault("gcp:region", region, wrongRegion);
  if (faults.length > 0 || project === undefined || region === undefined || settings === undefined) {
    throw new ConfigurationError(faults);
  }
  return { project, region, orgUrl, settings };
}

function readSettings(faults: Fault[]): Settings | undefined {
  const namespace = pulumi.getProject();
  const given = Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(`${namespace}:`))
      .map(([key, text]) => [key.slice(namespace.length + 1), text] as const)
      .map(([setting, text]) => [setting, parse(text, setting)]),
  );
  try {
    return checkSettings(given);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    faults.push(...error.faults.map((found) => ({ ...found, setting: `${namespace}:${found.setting}` })));
    return undefined;
  }
}

/** Configuration arrives as text. Text that is not JSON stays text, so that the check reports it. */
function parse(text: string, setting: string): unknown {
  if (typeOf(setting) === "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
