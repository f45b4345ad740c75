import * as pulumi from "@pulumi/pulumi";
import { own } from "../function/json.ts";
import { isPrivateWay } from "./addresses.ts";
import { ConfigurationError, type Fault, type ReportFault } from "./faults.ts";
import { regionFault } from "./regions.ts";
import { checkSettings, defaultSettings, type Settings } from "./settings.ts";

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

/** Okta's own domains (Okta, "Okta domain"). */
const oktaDomains = [
  "okta.com",
  "oktapreview.com",
  "okta-emea.com",
  "okta-gov.com",
  "okta.mil",
  "okta-miltest.com",
];

/**
 * Reads and checks the stack's configuration.
 *
 * @throws ConfigurationError with every mistake at once, each with its key, its value and what to write instead
 */
export function readConfiguration(): Configuration {
  const faults: Fault[] = [];
  const fault: ReportFault = (setting, value, remedy) => void faults.push({ setting, value, remedy });

  const google = new pulumi.Config("gcp");
  const project = google.get("project");
  if (project === undefined || !/^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(project)) {
    fault(
      "gcp:project",
      project,
      'set the project id, such as "pulumi config set gcp:project acme-identity".',
    );
  }
  const orgUrl = readOrgUrl(fault);
  const settings = readSettings(faults);
  const region = google.get("region");
  const wrongRegion = regionFault(region, settings?.trustRegion ?? true);
  if (wrongRegion !== undefined) fault("gcp:region", region, wrongRegion);
  if (faults.length > 0 || project === undefined || region === undefined || settings === undefined) {
    throw new ConfigurationError(faults);
  }
  return { project, region, orgUrl, settings };
}

/** The org that Okta's provider goes to by the stack's configuration, however well that is written. */
export function configuredOrgUrl(): string {
  return readOrgUrl(() => {});
}

/** The org's own address, of which Okta makes every link; never a custom domain. */
function readOrgUrl(fault: ReportFault): string {
  const okta = new pulumi.Config("okta");
  const httpProxy = okta.get("httpProxy");
  // The provider takes this in place of the org's address, so the functions must do the same.
  if (httpProxy !== undefined) {
    if (!isPrivateWay(httpProxy)) {
      fault(
        "okta:httpProxy",
        httpProxy,
        "it stands for the org's address, so it must be https, or http on this machine.",
      );
    }
    return httpProxy.replace(/\/$/, "");
  }
  const orgName = okta.get("orgName");
  const baseUrl = okta.get("baseUrl") ?? "okta.com";
  if (orgName === undefined || !/^[a-z0-9][a-z0-9-]*$/i.test(orgName) || orgName.endsWith("-admin")) {
    fault(
      "okta:orgName",
      orgName,
      'set the first part of the org\'s address: "acme" of acme.okta.com, without -admin.',
    );
  }
  if (!oktaDomains.includes(baseUrl)) {
    fault(
      "okta:baseUrl",
      baseUrl,
      `write the rest of the org's own address, one of ${oktaDomains.join(", ")}.`,
    );
  }
  return `https://${orgName}.${baseUrl}`;
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

/** Configuration arrives as text; what is text by its default stays text. */
function parse(text: string, setting: string): unknown {
  const byDefault: unknown = own<unknown>({ ...defaultSettings }, setting);
  if (typeof byDefault === "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
