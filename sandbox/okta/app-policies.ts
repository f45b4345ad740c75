import { getApp } from "./apps.ts";
import { notFound } from "./errors.ts";
import { noContent, type Routes, superAdministrator } from "./routes.ts";
import type { Org } from "./state.ts";

/**
 * What hangs on an app beside its own document: its authentication policy (Okta, "Application Policies API"), and the
 * settings of its ID tokens, an internal call that Okta's infrastructure-as-code provider makes.
 */
export function addAppPolicyRoutes(routes: Routes, org: Org): void {
  const idTokenPath = "/api/v1/internal/apps/:id/settings/oauth/idToken";
  const idTokenDocument = (id: string) => {
    getApp(org, id);
    return Response.json({ issuerMode: "ORG_URL", groupsClaim: { type: "NONE" } });
  };

  routes.get(idTokenPath, superAdministrator, (context) => idTokenDocument(context.req.param("id")));
  routes.post(idTokenPath, superAdministrator, (context) => idTokenDocument(context.req.param("id")));

  routes.put("/api/v1/apps/:id/policies/:policyId", superAdministrator, (context) => {
    getApp(org, context.req.param("id"));
    const policyId = context.req.param("policyId");
    if (policyId !== org.defaultPolicyId) throw notFound(policyId, "Policy");
    return noContent();
  });

  routes.get("/api/v1/policies", superAdministrator, () =>
    Response.json([
      {
        id: org.defaultPolicyId,
        type: "ACCESS_POLICY",
        name: "Default Policy",
        status: "ACTIVE",
        system: true,
      },
    ]),
  );
}
