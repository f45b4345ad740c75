import type { STANDARD_ROLES } from "./assignments.ts";

type StandardRole = (typeof STANDARD_ROLES)[number];

/**
 * What Okta calls a standard role.
 *
 * @decision An assignment's label is the role's name, such as "Application Administrator" for APP_ADMIN.
 * @evidence recorded: okta/terraform-provider-okta v6.12.0 test/fixtures/vcr/idaas/TestAccResourceOktaGroupRole_admin_crud,
 * TestAccResourceOktaAppOAuthRoleAssignment_basic and TestAccResourceOktaUserAdminRoles_crud (six of the nine)
 * @matters sandbox only: the provider keeps the label as an output; nothing decides by it.
 */
export const ROLE_LABELS: Readonly<Record<StandardRole, string>> = {
  SUPER_ADMIN: "Super Administrator",
  ORG_ADMIN: "Organization Administrator",
  APP_ADMIN: "Application Administrator",
  USER_ADMIN: "Group Administrator",
  GROUP_MEMBERSHIP_ADMIN: "Group Membership Administrator",
  HELP_DESK_ADMIN: "Help Desk Administrator",
  API_ACCESS_MANAGEMENT_ADMIN: "API Access Management Administrator",
  READ_ONLY_ADMIN: "Read-only Administrator",
  REPORT_ADMIN: "Report Administrator",
};
