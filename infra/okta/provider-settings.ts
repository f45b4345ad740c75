import * as pulumi from "@pulumi/pulumi";

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
