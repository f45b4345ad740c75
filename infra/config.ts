import * as pulumi from "@pulumi/pulumi";
import { isPrivateWay } from "./addresses.ts";
import { ConfigurationError, type Fault, type ReportFault } from "./faults.ts";
import { readProviderSettings } from "./okta/provider-settings.ts";
import { regionFault } from "./regions.ts";
import { checkSettings, type Settings, typeOf } from "./settings.ts";

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

/** The org that Okta's provider goes to by the stack's configuration, however well that is written. */
export function configuredOrgUrl(): string {
  return readOrgUrl(() => {});
}

/** The org's own address, of which Okta makes every link; never a custom domain. */
function readOrgUrl(fault: ReportFault): string {
  const { orgName, baseUrl, httpProxy } = readProviderSettings();
  const name = orgName.value;
  if (name === undefined || !/^[a-z0-9][a-z0-9-]*$/i.test(name) || name.endsWith("-admin")) {
    fault(
      orgName.from,
      name,
      'it must be the first part of the org\'s address without -admin, for example "acme" of acme.okta.com.',
    );
  }
  if (baseUrl.value === undefined) {
    const remedy =
      "it must be the rest of the org's address, for example \"pulumi config set okta:baseUrl okta.com\". Okta's provider has no default.";
    fault(baseUrl.from, undefined, remedy);
  } else if (!oktaDomains.includes(baseUrl.value)) {
    fault(
      baseUrl.from,
      baseUrl.value,
      `it must be the rest of the org's own address, one of ${oktaDomains.join(", ")}.`,
    );
  }
  if (httpProxy.value === undefined) return `https://${name}.${baseUrl.value}`;
  if (!isPrivateWay(httpProxy.value)) {
    fault(
      httpProxy.from,
      httpProxy.value,
      "it replaces the org's address, so it must be an https address, or http on this machine, for example https://proxy.acme.com.",
    );
  }
  // The provider takes this in place of the org's address, so the functions must do the same.
  return httpProxy.value.replace(/\/$/, "");
}

/**
 * Okta's provider needs one of three kinds of credentials, and the first of them counts (terraform-provider-okta,
 * okta/api/idaas.go).
 */
function checkCredentials(fault: ReportFault): void {
  const { accessToken, apiToken, clientId, privateKey, scopes } = readProviderSettings();
  if (accessToken.value !== undefined || apiToken.value !== undefined) return;
  if (clientId.value === undefined && privateKey.value === undefined) {
    const remedy =
      'set it with "pulumi config set --secret okta:apiToken"; or, for an API service app, set okta:clientId, okta:privateKeyId, okta:privateKey and okta:scopes.';
    fault(apiToken.from, undefined, remedy);
    return;
  }
  if (clientId.value === undefined)
    fault(
      clientId.from,
      undefined,
      'set the client id of the app, for example "pulumi config set okta:clientId 0oa1a2b3c4d5e6f7g8h9".',
    );
  if (privateKey.value === undefined) {
    const remedy =
      'set the key of the app, for example "pulumi config set --secret okta:privateKey < private-key.pem".';
    fault(privateKey.from, undefined, remedy);
  }
  if (scopes.length === 0) {
    const remedy = `set the scopes of the app, for example "pulumi config set --path 'okta:scopes[0]' okta.apps.manage".`;
    fault("okta:scopes", undefined, remedy);
  }
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

/** Configuration arrives as text. What is no JSON stays text, so that the check reports it. */
function parse(text: string, setting: string): unknown {
  if (typeOf(setting) === "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
