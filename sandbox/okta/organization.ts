import type { Routes } from "./routes.ts";
import type { Org } from "./state.ts";

/** Okta organization metadata, open to anybody: the org's id, and that it runs on Identity Engine. */
export function addOrganizationRoute(routes: Routes, org: Org): void {
  routes.get("/.well-known/okta-organization", () =>
    Response.json({
      id: org.id,
      _links: { organization: { href: org.url } },
      pipeline: "idx",
      settings: { analyticsCollectionEnabled: false, bugReportingEnabled: false, omEnabled: false },
    }),
  );
}
