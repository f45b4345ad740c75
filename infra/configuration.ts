import * as pulumi from "@pulumi/pulumi";
import { ConfigurationError, type Fault, type ReportFault } from "./errors.ts";
import { checkCredentials, readOrgUrl } from "./okta/provider-settings.ts";
import { readProject, readRegion } from "./places.ts";
import { checkSettings, type Settings, typeOf } from "./settings.ts";

/** Name of the component that the program creates. */
export const COMPONENT = "signin-groups";

/** All that a stack's configuration says, checked. */
export interface Configuration {
  /** Google Cloud project id. */
  readonly project: string;
  /** Google Cloud region of the functions, the queues, the keys and the state. */
  readonly region: string;
  /** Okta org, such as `https://acme.okta.com`. */
  readonly orgUrl: string;
  readonly settings: Settings;
}

/** What a stack's configuration says where it is right, and all that is wrong in it. */
export interface ExaminedConfiguration extends Partial<Configuration> {
  /** Every mistake, each with its key, its value and what to write instead. */
  readonly faults: readonly Fault[];
}

/**
 * Reads and checks the stack's configuration, as Pulumi's runtime has it.
 *
 * @param namespace of the settings: the project's name
 * @throws ConfigurationError with every mistake at once
 */
export function readConfiguration(namespace: string): Configuration {
  const { faults, project, region, orgUrl, settings } = examineConfiguration(namespace);
  if (project === undefined || region === undefined || orgUrl === undefined || settings === undefined) {
    throw new ConfigurationError(faults);
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return { project, region, orgUrl, settings };
}

/**
 * Reads a configuration that may have mistakes.
 *
 * @param namespace of the settings: the project's name
 */
export function examineConfiguration(namespace: string): ExaminedConfiguration {
  const faults: Fault[] = [];
  const fault: ReportFault = (setting, value, remedy) => void faults.push({ setting, value, remedy });

  const project = readProject(fault);
  const orgUrl = readOrgUrl(fault);
  const isOrg = faults.every(({ setting }) => setting === "gcp:project");
  checkCredentials(fault);
  const settings = readSettings(namespace, faults);
  const region = readRegion(settings?.trustRegion ?? true, fault);
  return {
    faults,
    ...(project === undefined ? {} : { project }),
    ...(isOrg ? { orgUrl } : {}),
    ...(region === undefined ? {} : { region }),
    ...(settings === undefined ? {} : { settings }),
  };
}

function readSettings(namespace: string, faults: Fault[]): Settings | undefined {
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
