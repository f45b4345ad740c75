import { administrator } from "../auth/access-control.ts";
import { invalidField } from "../http/errors.ts";
import { readObject } from "../http/fields.ts";
import type { Routes } from "../http/routes.ts";
import { idOfType } from "../model/ids.ts";
import { type Org, roleAssignmentKey, roleAssignmentsOf } from "../model/org.ts";

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
      pipeline: org.settings.pipeline,
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

/** Org Admin Settings API: the default role of new public client apps; Org Settings and Features APIs. */
export function addOrgSettingRoutes(routes: Routes, org: Org): void {
  const path = "/api/v1/org/settings/clientPrivilegesSetting";
  /**
   * @decision The setting "Public client app admins" is read by GET as `{"clientPrivilegesSetting": true|false}`, for which an
   * app needs the scope okta.orgs.read or okta.orgs.manage; it is changed by PUT.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, getClientPrivilegesSetting and
   * assignClientPrivilegesSetting.
   * @matters wrong access: a preview refuses to make apps in an org that makes them super administrators.
   */
  routes.get(path, administrator(org, "okta.orgs.read"), () => Response.json(privileges(org)));
  /**
   * @decision A value that is neither true nor false is refused with 400 E0000001.
   * @evidence assumed: Okta's word for a field of a wrong type elsewhere; nothing is known of this one.
   * @show Nothing: only tests change the setting.
   * @matters sandbox only: the program reads the setting and never changes it.
   */
  routes.put(path, administrator(org, "okta.orgs.manage"), async (context) => {
    const { clientPrivilegesSetting } = await readObject(context.req);
    if (typeof clientPrivilegesSetting !== "boolean") {
      throw invalidField("clientPrivilegesSetting", "The field must be true or false");
    }
    org.settings.clientPrivilegesSetting = clientPrivilegesSetting;
    return Response.json(privileges(org));
  });

  /**
   * @decision The org's general settings are read by GET /api/v1/org, with its status and, for an org that ends, expiresAt, for which an
   * app needs the scope okta.orgs.read.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, getOrgSettings and OrgSetting (status, ACTIVE or INACTIVE;
   * expiresAt, "Expiration of org", nullable).
   * @matters misleading: `npm run doctor` says when a trial ends.
   */
  routes.get("/api/v1/org", administrator(org, "okta.orgs.read"), () =>
    Response.json({
      id: org.id,
      companyName: "Sandbox",
      subdomain: "sandbox",
      status: "ACTIVE",
      expiresAt: org.settings.expiresAt,
      _links: { preferences: { href: `${org.url}/v1/org/preferences` } },
    }),
  );

  /**
   * @decision The org's self-service features are listed with name, stage and status, for which an app needs the scope
   * okta.features.read.
   * @evidence documentation: Okta, "Features API", list all features and Feature (https://developer.okta.com/docs/api/openapi/okta-management/management/tags/feature).
   * That event hook filters are among them, and under this name, is assumed in this row.
   * @matters sandbox only: `npm run doctor` reports them, and nothing depends on it.
   */
  routes.get("/api/v1/features", administrator(org, "okta.features.read"), () =>
    Response.json(
      [...org.settings.features].map(([name, isEnabled], index) => ({
        id: `ftr${String(index).padStart(17, "0")}`,
        name,
        description: name,
        type: "self-service",
        stage: { value: "EA" },
        status: isEnabled ? "ENABLED" : "DISABLED",
      })),
    ),
  );
}

function privileges({ settings }: Org): object {
  return { clientPrivilegesSetting: settings.clientPrivilegesSetting };
}

/**
 * Gives an app that was granted a scope what the org gives every such app.
 *
 * @decision With "Public client app admins" on, a service app gets the role SUPER_ADMIN once a scope is granted to it, besides
 * what is assigned to it later.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/implement-oauth-for-okta-serviceapp: "This
 * automatically assigns the super admin role (SUPER_ADMIN) after scopes are granted to service apps".
 * @matters wrong access: the integration's apps could change anything in the org.
 */
export function assignDefaultRole(org: Org, clientId: string): void {
  if (!org.settings.clientPrivilegesSetting) return;
  const type = "SUPER_ADMIN";
  if (roleAssignmentsOf(org, clientId).some((assignment) => assignment.type === type)) return;
  const assignment = { type, id: idOfType(type), clientId, created: org.now() } as const;
  org.roleAssignments.set(roleAssignmentKey(assignment), assignment);
}
