import * as pulumi from "@pulumi/pulumi";
import { isPrivateWay } from "../addresses.ts";
import type { ReportFault } from "../errors.ts";

/** A value, and the key or variable that it comes from. */
export interface Found {
  readonly value: string | undefined;
  /** Such as `okta:baseUrl` or `OKTA_BASE_URL`; the key when neither is set. */
  readonly from: string;
}

/** What Okta's provider is configured with. */
export interface ProviderSettings {
  readonly orgName: Found;
  readonly baseUrl: Found;
  readonly httpProxy: Found;
  readonly accessToken: Found;
  readonly apiToken: Found;
  readonly clientId: Found;
  readonly privateKey: Found;
  readonly privateKeyId: Found;
  readonly scopes: readonly string[];
}

/**
 * Reads what Okta's provider reads: the stack's configuration, else the environment. An empty value counts as none. There
 * are no defaults (terraform-provider-okta, okta/config/config.go, NewConfig).
 */
export function readProviderSettings(): ProviderSettings {
  const config = new pulumi.Config("okta");
  const find = (key: string, variable: string): Found => {
    const configured = config.get(key);
    if (configured) return { value: configured, from: `okta:${key}` };
    const inEnvironment = process.env[variable];
    return inEnvironment
      ? { value: inEnvironment, from: variable }
      : { value: undefined, from: `okta:${key}` };
  };
  return {
    orgName: find("orgName", "OKTA_ORG_NAME"),
    baseUrl: find("baseUrl", "OKTA_BASE_URL"),
    httpProxy: find("httpProxy", "OKTA_HTTP_PROXY"),
    accessToken: find("accessToken", "OKTA_ACCESS_TOKEN"),
    apiToken: find("apiToken", "OKTA_API_TOKEN"),
    clientId: find("clientId", "OKTA_API_CLIENT_ID"),
    privateKey: find("privateKey", "OKTA_API_PRIVATE_KEY"),
    privateKeyId: find("privateKeyId", "OKTA_API_PRIVATE_KEY_ID"),
    scopes: readScopes(config.getObject<readonly string[]>("scopes")),
  };
}

function readScopes(configured: readonly string[] = []): readonly string[] {
  if (configured.length > 0) return configured;
  return process.env["OKTA_API_SCOPES"]?.split(",") ?? [];
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

/** The org that Okta's provider uses with the stack's configuration, even if that has mistakes. */
export function configuredOrgUrl(): string {
  return readOrgUrl(() => {});
}

/** The org's own address, of which Okta makes every link; never a custom domain. */
export function readOrgUrl(fault: ReportFault): string {
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
  // The provider uses this instead of the org's address, so the functions must do the same.
  return httpProxy.value.replace(/\/$/, "");
}

/**
 * Okta's provider needs one of three kinds of credentials, and the first of them counts (terraform-provider-okta,
 * okta/api/idaas.go).
 */
export function checkCredentials(fault: ReportFault): void {
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
