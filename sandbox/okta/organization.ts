import type { Routes } from "./routes.ts";
import type { Org } from "./state.ts";

/** Okta organization metadata, open to anybody: the org's id, and that it runs on Identity Engine. */
export function addOrganizationRoute(routes: Routes, org: Org): void {
  /**
   * @decision It answers without a credential, with the org's id and `pipeline`, "idx" on Identity Engine.
   * @evidence recorded: okta/terraform-provider-okta v6.12.0
   * test/fixtures/vcr/idaas/TestAccResourceOktaAppOAuthRoleAssignment_basic
   * @matters deployment fails: the provider asks it whether an app needs an authentication policy.
   */
  routes.get("/.well-known/okta-organization", () =>
    Response.json({
      id: org.id,
      cell: "local",
      _links: { organization: { href: org.url } },
      pipeline: "idx",
      settings: {
        analyticsCollectionEnabled: false,
        bugReportingEnabled: false,
        omEnabled: false,
        pssoEnabled: false,
        desktopMFAEnabled: false,
        itpEnabled: false,
      },
    }),
  );
}
