import { makeApp, makeAssertion, newKey, type TestOkta } from "./local.ts";
import { requestProviderToken } from "./provider-client.ts";

/** The key of the apps. */
export const key = newKey();

/** The scopes of all that the provider calls for these resources. */
export const SCOPES = ["groups", "apps", "appGrants", "policies", "roles", "eventHooks"].flatMap((area) => [
  `okta.${area}.read`,
  `okta.${area}.manage`,
]);

/** Makes a service app that may do everything, and answers its client id. */
export async function superAdministrator(okta: TestOkta): Promise<string> {
  const clientId = await makeApp(okta, key, SCOPES);
  await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, { type: "SUPER_ADMIN" });
  return clientId;
}

/** The app's token as an Authorization header. */
export async function tokenOf(okta: TestOkta, clientId: string): Promise<string> {
  const assertion = await makeAssertion(okta, clientId, key, Date.now());
  const parameters = { client_assertion: assertion, scope: SCOPES.join(" ") };
  const { body } = await requestProviderToken(okta, okta.url, "form", parameters);
  return `Bearer ${body.access_token}`;
}

/** The body by which the provider makes or replaces a service app. */
export function serviceApp(label: string, credential: Readonly<Record<string, string>> = {}) {
  return {
    accessibility: {},
    label,
    name: "oidc_client",
    signOnMode: "OPENID_CONNECT",
    visibility: { hide: { iOS: true, web: true } },
    credentials: {
      oauthClient: {
        autoKeyRotation: true,
        pkce_required: false,
        token_endpoint_auth_method: "private_key_jwt",
        ...credential,
      },
      userNameTemplate: { template: "$" + "{source.login}", type: "BUILT_IN" },
    },
    settings: {
      notes: {},
      oauthClient: {
        application_type: "service",
        grant_types: ["client_credentials"],
        response_types: ["token"],
        consent_method: "TRUSTED",
        issuer_mode: "ORG_URL",
        wildcard_redirect: "DISABLED",
        dpop_bound_access_tokens: false,
        idp_initiated_login: { mode: "DISABLED", default_scope: [] },
        jwks: { keys: [{ ...key.publicJwk, status: "ACTIVE" }] },
      },
    },
  };
}

/** The body by which the provider makes or replaces a hook. */
export function eventHook(uri: string) {
  return {
    name: "Sign-ins",
    status: "ACTIVE",
    events: { type: "EVENT_TYPE", items: ["user.session.start"] },
    channel: {
      type: "HTTP",
      version: "1.0.0",
      config: { uri, authScheme: { type: "HEADER", key: "Authorization", value: "Bearer hook-secret" } },
    },
  };
}
