import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import { administrator } from "../auth/access-control.ts";
import { notFound, OktaError } from "../http/errors.ts";
import { readObject } from "../http/fields.ts";
import { noContent, type Routes } from "../http/routes.ts";
import type { App } from "../model/app.ts";
import { newId } from "../model/ids.ts";
import { type Org, roleAssignmentKey, roleAssignmentsOf } from "../model/org.ts";
import { readAppSettings } from "./app-settings.ts";

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
