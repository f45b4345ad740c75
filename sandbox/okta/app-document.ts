import type { App } from "./apps.ts";
import { isObject, type JsonObject } from "./fields.ts";
import type { Org } from "./state.ts";

/**
 * An app as the API shows it: what was given for it, over what Okta fills in.
 *
 * @decision An app is answered with every setting, given or not: a key has an `id` and `use`, null; a service app that has a
 * key shows no client secret.
 * @evidence recorded: okta/terraform-provider-okta v6.12.0
 * test/fixtures/vcr/idaas/TestAccResourceOktaAppOauth_serviceWithJWKS
 * @matters deployment fails: the provider compares what it reads with what was declared: a setting that is missing
 *   shows as drift.
 */
export function appDocument(org: Org, app: App): unknown {
  const { body, keys, label } = app.settings;
  const href = `${org.url}/api/v1/apps/${app.id}`;
  const credentials = part(body, "credentials");
  const settings = part(body, "settings");
  const visibility = part(body, "visibility");
  const opposite = app.status === "ACTIVE" ? "deactivate" : "activate";
  const { client_secret: _, ...oauthClient } = part(credentials, "oauthClient");
  return {
    id: app.id,
    orn: `orn:okta:idp:${org.id}:apps:oidc_client:${app.id}`,
    name: "oidc_client",
    label,
    status: app.status,
    lastUpdated: new Date(app.lastUpdated).toISOString(),
    created: new Date(app.created).toISOString(),
    accessibility: {
      selfService: false,
      errorRedirectUrl: null,
      loginRedirectUrl: null,
      ...part(body, "accessibility"),
    },
    visibility: {
      autoLaunch: false,
      autoSubmitToolbar: false,
      hide: { iOS: true, web: true },
      appLinks: { oidc_client_link: true },
      ...visibility,
    },
    features: [],
    signOnMode: "OPENID_CONNECT",
    credentials: {
      userNameTemplate: { template: "$" + "{source.login}", type: "BUILT_IN" },
      signing: { kid: org.signingKeyId },
      ...credentials,
      oauthClient: { autoKeyRotation: true, pkce_required: false, ...oauthClient, client_id: app.id },
    },
    universalLogout: null,
    settings: {
      app: {},
      notifications: { vpn: { network: { connection: "DISABLED" }, message: null, helpUrl: null } },
      manualProvisioning: false,
      implicitAssignment: false,
      emOptInStatus: "NONE",
      ...settings,
      notes: { admin: null, enduser: null, ...part(settings, "notes") },
      oauthClient: {
        client_uri: null,
        logo_uri: null,
        redirect_uris: [],
        consent_method: "TRUSTED",
        issuer_mode: "ORG_URL",
        idp_initiated_login: { mode: "DISABLED", default_scope: [] },
        wildcard_redirect: "DISABLED",
        dpop_bound_access_tokens: false,
        participate_slo: false,
        ...part(settings, "oauthClient"),
        jwks: {
          keys: keys.map(({ id, kid, kty, status, material }) => ({
            kty,
            id,
            status,
            kid,
            use: null,
            ...material,
            ...(kty === "EC" ? { crv: null } : {}),
          })),
        },
      },
    },
    _links: linksOf(org, app, href, opposite),
  };
}

function linksOf(org: Org, { id }: App, href: string, opposite: string): unknown {
  return {
    uploadLogo: { href: `${href}/logo`, hints: { allow: ["POST"] } },
    appLinks: [{ name: "oidc_client_link", href: `${org.url}/home/oidc_client/${id}`, type: "text/html" }],
    profileEnrollment: { href: `${org.url}/api/v1/policies/${org.profileEnrollmentPolicyId}` },
    policies: { href: `${href}/policies`, hints: { allow: ["PUT"] } },
    groups: { href: `${href}/groups` },
    logo: [{ name: "medium", href: `${org.url}/assets/img/logos/default.png`, type: "image/png" }],
    clientCredentials: [{ name: "jwks", href: `${href}/credentials/jwks` }],
    accessPolicy: { href: `${org.url}/api/v1/policies/${org.defaultPolicyId}` },
    users: { href: `${href}/users` },
    [opposite]: { href: `${href}/lifecycle/${opposite}` },
  };
}

/** An object that was given; empty when it was not. */
function part(parent: JsonObject, name: string): JsonObject {
  const given = parent[name];
  return isObject(given) ? given : {};
}
