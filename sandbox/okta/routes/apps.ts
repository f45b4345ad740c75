import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import { administrator } from "../auth/access-control.ts";
import { invalidField, notFound, OktaError } from "../http/errors.ts";
import { choice, object, objects, optionalText, readObject, text, texts } from "../http/fields.ts";
import { noContent, type Routes } from "../http/routes.ts";
import type { App, AppKey, AppSettings } from "../model/app.ts";
import { newId } from "../model/ids.ts";
import { type Org, roleAssignmentKey, roleAssignmentsOf } from "../model/org.ts";

/**
 * @throws OktaError E0000007 when there is none
 *
 * @decision An app that is not there is answered with 404 E0000007 and the kind (AppInstance).
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_application_features_it/…test_error_handling_invalid_app_id.
 * @matters deployment fails: the provider does not take the 404 as gone: a refresh, an update or a destroy stops at
 *   it.
 */
export function getApp(org: Org, id: string): App {
  const app = org.apps.get(id);
  if (app === undefined) throw notFound(id, "AppInstance");
  return app;
}

/** Applications API: create, show, replace, activate, deactivate, delete. */
export function addAppRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.apps.read");
  const manage = administrator(org, "okta.apps.manage");
  const setStatus = (id: string, status: App["status"]): Response => {
    org.apps.set(id, { ...getApp(org, id), status, lastUpdated: org.now() });
    return Response.json({});
  };

  /**
   * @decision An app is made with 200, active unless `activate=false`, with an id that is its client id.
   * @evidence recorded: okta/terraform-provider-okta v6.12.0,
   *   test/fixtures/vcr/idaas/TestAccResourceOktaAppOAuthRoleAssignment_basic.
   * @matters deployment fails: the program gives the client id to functions, grants and roles.
   */
  routes.post("/api/v1/apps", manage, async (context) => {
    const settings = readAppSettings(await readObject(context.req));
    const status = context.req.query("activate") === "false" ? "INACTIVE" : "ACTIVE";
    const app: App = { id: newId("0oa"), status, settings, created: org.now(), lastUpdated: org.now() };
    org.apps.set(app.id, app);
    return Response.json(appDocument(org, app));
  });

  /**
   * @decision An app is read with 200 in the form in which it was answered when it was made.
   * @evidence recorded: okta/terraform-provider-okta v6.12.0,
   *   test/fixtures/vcr/idaas/TestAccResourceOktaAppOauth_serviceWithJWKS.
   * @matters deployment fails: another form shows as drift.
   */
  routes.get("/api/v1/apps/:id", read, (context) =>
    Response.json(appDocument(org, getApp(org, context.req.param("id")))),
  );

  /**
   * @decision A PUT replaces all settings of an app, its keys among them, and keeps the id.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, replaceApplication.
   * @matters sign-in lost: the program makes a new app for a new key instead.
   */
  routes.put("/api/v1/apps/:id", manage, async (context) => {
    const app = getApp(org, context.req.param("id"));
    const settings = readAppSettings(await readObject(context.req));
    const changed = { ...app, settings, lastUpdated: org.now() };
    org.apps.set(app.id, changed);
    return Response.json(appDocument(org, changed));
  });

  /**
   * @decision An app is activated with 200 and {}.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, activateApplication.
   * @matters deployment fails: the provider calls it for a change of the status.
   */
  routes.post("/api/v1/apps/:id/lifecycle/activate", manage, (context) =>
    setStatus(context.req.param("id"), "ACTIVE"),
  );

  /**
   * @decision An app is deactivated with 200 and {}, also when it is inactive already.
   * @evidence recorded: Shopify/oktakit 8aa89c6, spec/cassettes/deactivate_application.yml (twice).
   * @matters deployment fails: the provider calls it before each deletion.
   */
  routes.post("/api/v1/apps/:id/lifecycle/deactivate", manage, (context) =>
    setStatus(context.req.param("id"), "INACTIVE"),
  );

  /**
   * @decision An inactive app is deleted with 204.
   * @evidence recorded: okta/terraform-provider-okta v6.12.0,
   *   test/fixtures/vcr/idaas/TestAccResourceOktaAppOAuthRoleAssignment_basic.
   * @matters deployment fails: a destroy ends with it.
   *
   * @decision The grants and role assignments of an app go with it.
   * @evidence assumed: neither documentation nor a recording was found.
   * @show that no role assignment and no grant of a deleted app is listed any more.
   * @matters wrong access: a revoked key's app leaves no right behind.
   */
  routes.delete("/api/v1/apps/:id", manage, (context) => {
    const app = getApp(org, context.req.param("id"));
    /**
     * @decision An active app can't be deleted: 403 E0000056.
     * @evidence recorded: okta/okta-sdk-python v3.4.4
     * tests/integration/cassettes/test_application_features_it/…test_error_handling_app_without_provisioning
     * @matters deployment fails: the provider deactivates an app before it deletes it.
     */
    if (app.status === "ACTIVE") {
      throw new OktaError(403, "E0000056", "Delete application forbidden.", {
        causes: ["The application must be deactivated before deletion."],
      });
    }
    org.apps.delete(app.id);
    for (const { id, clientId } of org.grants.values()) if (clientId === app.id) org.grants.delete(id);
    for (const assignment of roleAssignmentsOf(org, app.id))
      org.roleAssignments.delete(roleAssignmentKey(assignment));
    return noContent();
  });
}

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
function appDocument(org: Org, app: App): unknown {
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

/** How many keys an app can have (Okta, "Application SSO Public Keys API"). */
const MAXIMUM_KEYS = 50;

/**
 * The body of an app's creation or replacement (Okta, "Applications API": OpenID Connect app).
 *
 * The one kind of app here is the service app with inline keys and private_key_jwt: it is all that may get tokens for
 * Okta's own API (Okta, "Implement OAuth for Okta with a service app").
 *
 * @decision Of apps the sandbox makes service apps with inline keys and private_key_jwt only, and refuses others with
 *   400 E0000001.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/implement-oauth-for-okta-serviceapp ("the only
 *   supported method for OAuth service apps that want to get access tokens with Okta scopes"). Okta makes other apps
 *   too.
 * @matters sandbox only: the program makes no others.
 *
 * @decision A service app uses client_credentials.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/app_oauth.go (conditional validation
 *   of grant_types for service).
 * @matters deployment fails: the program declares it so.
 *
 * @throws OktaError E0000001 naming the field that is wrong
 */
function readAppSettings(body: JsonObject): AppSettings {
  choice(body, "name", ["oidc_client"]);
  choice(body, "signOnMode", ["OPENID_CONNECT"]);
  const label = text(body, "label", 100);

  const credentials = object(object(body, "credentials"), "credentials.oauthClient");
  choice(credentials, "credentials.oauthClient.token_endpoint_auth_method", ["private_key_jwt"]);

  const path = "settings.oauthClient";
  const client = object(object(body, "settings"), path);
  choice(client, `${path}.application_type`, ["service"]);
  const grantTypes = texts(client, `${path}.grant_types`);
  if (grantTypes.some((grantType) => grantType !== "client_credentials")) {
    throw invalidField(`${path}.grant_types`, "A service app can only use client_credentials");
  }
  if (client["dpop_bound_access_tokens"] === true) {
    throw invalidField(`${path}.dpop_bound_access_tokens`, "This org does not speak DPoP");
  }
  if (client["jwks_uri"] !== undefined && client["jwks_uri"] !== null) {
    throw invalidField(`${path}.jwks_uri`, "This org does not fetch keys; give them in jwks");
  }
  if (!isObject(client["jwks"])) {
    throw invalidField(`${path}.jwks`, "private_key_jwt needs at least one key");
  }
  return { label, keys: readKeys(client["jwks"], `${path}.jwks.keys`), body };
}

/**
 * @decision An app with private_key_jwt needs 1 to 50 keys, each with a kid of its own.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, Application SSO Public Keys;
 *   okta/okta-developer-docs 468de9c, docs/guides/implement-oauth-for-okta-serviceapp ("all keys in the JWKS must have
 *   a unique ID").
 * @matters deployment fails: the program declares one key for each app.
 */
function readKeys(jwks: JsonObject, path: string): readonly AppKey[] {
  const keys = objects(jwks, path).map((key) => readKey(key, path));
  if (keys.length === 0) throw invalidField(path, "private_key_jwt needs at least one key");
  if (keys.length > MAXIMUM_KEYS) throw invalidField(path, `An app can have at most ${MAXIMUM_KEYS} keys`);
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) {
    throw invalidField(path, "Every key needs a kid of its own");
  }
  return keys;
}

/**
 * @decision A key of an app is public, RSA or EC; one with private fields is refused.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, OAuth2ClientJsonWebKeyRsaRequest,
 *   OAuth2ClientJsonWebKeyECRequest (public fields only). What Okta does with private fields is not said.
 * @matters wrong access: the private key never leaves Cloud KMS, so there is none to send.
 */
function readKey(key: JsonObject, path: string): AppKey {
  if (["d", "p", "q", "k"].some((field) => field in key)) {
    throw invalidField(path, "The key must be public; this one has private fields");
  }
  const kty = choice(key, `${path}.kty`, ["RSA", "EC"]);
  const names = kty === "RSA" ? ["e", "n"] : ["x", "y"];
  return {
    id: newId("pks"),
    kid: text(key, `${path}.kid`, 255),
    kty,
    status: optionalText(key, `${path}.status`) === "INACTIVE" ? "INACTIVE" : "ACTIVE",
    material: Object.fromEntries(names.map((name) => [name, text(key, `${path}.${name}`, 2048)])),
  };
}
