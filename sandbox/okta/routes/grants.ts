import { administrator } from "../auth/access-control.ts";
import { isScope } from "../auth/rights.ts";
import { invalidField, notFound } from "../http/errors.ts";
import { readObject, text } from "../http/fields.ts";
import { noContent, type Routes } from "../http/routes.ts";
import type { Grant } from "../model/app.ts";
import { newId } from "../model/ids.ts";
import { grantedScopes, grantsOf, type Org } from "../model/org.ts";
import { getApp } from "./apps.ts";
import { assignDefaultRole } from "./org.ts";

/** Application Grants API: list, grant, revoke. */
export function addGrantRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.appGrants.read");
  const manage = administrator(org, "okta.appGrants.manage");
  /**
   * @decision The scopes that were granted to an app are listed with id, scopeId and issuer, in one answer.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_applications_it/…test_get_consent_grant.
   * @matters wrong access: the provider takes away what it finds and was not declared.
   */
  routes.get("/api/v1/apps/:id/grants", read, (context) => {
    const app = getApp(org, context.req.param("id"));
    return Response.json(grantsOf(org, app.id).map((grant) => grantDocument(org, grant)));
  });

  /**
   * @decision An app that holds okta.appGrants.manage and SUPER_ADMIN can grant scopes to another app.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, grantConsentToScope, security. Before that
   *   scope existed the answer was 403 "Invalid session" (okta/terraform-provider-okta issue 1080, 2022).
   * @matters deployment fails: docs/deployment.md offers a service app's key instead of an API token.
   *
   * @decision A scope that does not exist, or another issuer than the org, is refused with 400 E0000001.
   * @evidence assumed: okta/okta-management-openapi-spec 2026.06.3, grantConsentToScope lists 400 without its cases.
   * @show nothing beyond the first update: the issuer must be exactly the org's URL.
   * @matters deployment fails: the program's scopes and its issuer are fixed, and the org's URL is the one from the
   *   configuration.
   *
   * @decision A scope that is granted already is refused with 400 E0000001.
   * @evidence assumed: the provider has no branch for it (okta/terraform-provider-okta v6.12.0,
   *   okta/services/idaas/resource_okta_app_oauth_api_scope.go), and no public answer was found.
   * @show what a second grant of the same scope is answered with.
   * @matters deployment fails: an update that was interrupted after the grant fails once more, until a refresh.
   */
  routes.post("/api/v1/apps/:id/grants", manage, async (context) => {
    const app = getApp(org, context.req.param("id"));
    const body = await readObject(context.req);
    const scopeId = text(body, "scopeId");
    if (!isScope(scopeId)) throw invalidField("scopeId", `There is no scope '${scopeId}'`);
    if (text(body, "issuer") !== org.url) throw invalidField("issuer", `The issuer must be ${org.url}`);
    if (grantedScopes(org, app.id).has(scopeId)) {
      throw invalidField("scopeId", `The scope '${scopeId}' is granted to this app already`);
    }
    const grant: Grant = { id: newId("oag"), clientId: app.id, scopeId, created: org.now() };
    org.grants.set(grant.id, grant);
    assignDefaultRole(org, app.id);
    /**
     * @decision A scope that is granted is answered with 200.
     * @evidence recorded: okta/okta-sdk-python v3.4.4
     * tests/integration/cassettes/test_applications_it/…test_grant_consent_to_scope (2020)
     * @matters deployment fails: the provider takes any 2xx.
     */
    const _embedded = { scope: { id: scopeId } };
    return Response.json({ ...grantDocument(org, grant), _embedded });
  });

  /**
   * @decision A grant is taken away with 204.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_applications_it/…test_revoke_consent_grant.
   * @matters wrong access: a destroy takes the scopes away.
   *
   * @decision A grant that is not there is answered with 404 E0000007.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, revokeScopeConsentGrant, 404.
   * @matters deployment fails: the provider takes the 404 as gone.
   */
  routes.delete("/api/v1/apps/:id/grants/:grantId", manage, (context) => {
    const app = getApp(org, context.req.param("id"));
    const grantId = context.req.param("grantId");
    if (org.grants.get(grantId)?.clientId !== app.id) throw notFound(grantId, "OAuth2ScopeConsentGrant");
    org.grants.delete(grantId);
    return noContent();
  });
}

function grantDocument(org: Org, grant: Grant): object {
  const created = new Date(grant.created).toISOString();
  const app = `${org.url}/api/v1/apps/${grant.clientId}`;
  const title = getApp(org, grant.clientId).settings.label;
  return {
    id: grant.id,
    status: "ACTIVE",
    created,
    createdBy: { id: org.administratorId, type: "User" },
    lastUpdated: created,
    issuer: org.url,
    clientId: grant.clientId,
    scopeId: grant.scopeId,
    source: "ADMIN",
    _links: {
      app: { href: app, title },
      self: { href: `${app}/grants/${grant.id}`, hints: { allow: ["GET", "DELETE"] } },
      client: { href: `${org.url}/oauth2/v1/clients/${grant.clientId}`, title },
    },
  };
}
