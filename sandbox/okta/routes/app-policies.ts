import { administrator, apiTokenOnly } from "../auth/access-control.ts";
import { invalidField, notFound } from "../http/errors.ts";
import { noContent, type Routes } from "../http/routes.ts";
import type { Org } from "../model/org.ts";
import { getApp } from "./apps.ts";

/**
 * What an app has in addition to its own document: its authentication policy (Okta, "Application Policies API"), and the
 * settings of its ID tokens, an internal call that Okta's infrastructure-as-code provider makes.
 */
export function addAppPolicyRoutes(routes: Routes, org: Org): void {
  const idTokenPath = "/api/v1/internal/apps/:id/settings/oauth/idToken";
  /**
   * @decision The settings of an app's ID tokens name the issuer and the audience when they are read, and neither when they
   * are set. Those of an app that is gone: 404 E0000007 (OAuth2AppInstance).
   * @evidence recorded: okta/terraform-provider-okta v6.12.0
   * test/fixtures/vcr/idaas/TestAccResourceOktaAppOAuthRoleAssignment_basic, TestAccResourceOktaAppOauth_preconfigured
   * @matters deployment fails: the provider reads them with an API token, and tolerates a 404.
   */
  const idTokenDocument = (id: string, issuer: string | null) => {
    if (!org.apps.has(id)) throw notFound(id, "OAuth2AppInstance");
    const audience = issuer === null ? null : id;
    return Response.json({ issuer, orgUrl: null, customUrl: null, audience, issuerMode: "ORG_URL" });
  };

  routes.get(idTokenPath, apiTokenOnly, (context) => idTokenDocument(context.req.param("id"), org.url));
  routes.post(idTokenPath, apiTokenOnly, (context) => idTokenDocument(context.req.param("id"), null));

  const manageApps = administrator(org, "okta.apps.manage");
  /**
   * @decision An app is given its authentication policy with 204 and no body.
   * @evidence recorded: okta/terraform-provider-okta v6.12.0,
   *   test/fixtures/vcr/idaas/TestAccDataSourceOktaAppFederatedClaim_read/classic-00.yaml.
   * @matters deployment fails: the provider does so at each update unless `skipAuthenticationPolicy` is set.
   *
   * @decision A policy that is not there is answered with 404 E0000007 and the kind (Policy).
   * @evidence assumed: the code is recorded for other kinds; no answer for a missing policy was found.
   * @show nothing that the product needs.
   * @matters sandbox only: the program sets no policy.
   */
  routes.put("/api/v1/apps/:id/policies/:policyId", manageApps, (context) => {
    getApp(org, context.req.param("id"));
    const policyId = context.req.param("policyId");
    if (policyId !== org.defaultPolicyId) throw notFound(policyId, "Policy");
    return noContent();
  });

  /**
   * @decision Policies are listed by their type; the default access policy has `system` true.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_application_policies_it/…test_assign_application_policy.
   * @matters deployment fails: the provider finds the default policy by it.
   *
   * @decision A list of policies without a type is refused with 400 E0000001.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listPolicies, type (required).
   * @matters sandbox only: the provider always names the type.
   */
  routes.get("/api/v1/policies", administrator(org, "okta.policies.read"), (context) => {
    const type = context.req.query("type") ?? "";
    if (type === "") throw invalidField("type", "The field cannot be left blank");
    const { defaultPolicyId: id } = org;
    const policy = { id, type: "ACCESS_POLICY", name: "Default Policy", status: "ACTIVE", system: true };
    return Response.json(type === policy.type ? [policy] : []);
  });
}
