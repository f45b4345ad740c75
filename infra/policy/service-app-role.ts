import type { ResourceValidationPolicy } from "@pulumi/policy";

/**
 * The one standard role that is allowed. No permission of a custom role lets an app read the System Log, and of the
 * standard roles that do, this has the least: it reads, and can change nothing.
 */
const READ_ONLY_ROLE = { type: "REPORT_ADMIN", className: "Oauth2V1ClientsRoleReportAdmin" };

/** A standard role reaches the whole org: a leaked token could then change any group. */
export const noOrganizationWideRole: ResourceValidationPolicy = {
  name: "service-app-has-no-organization-wide-role",
  description:
    "A service app's admin role must be a custom one, limited by a resource set, or REPORT_ADMIN, which only reads.",
  validateResource({ type, name, props }, report) {
    const role = standardRole(type, props);
    if (role === undefined || role === READ_ONLY_ROLE.type || role === READ_ONLY_ROLE.className) return;
    report(
      `${name} gives a service app the org-wide role ${role}. ` +
        "Use type CUSTOM with a role and a resource set of the rules' groups, " +
        `or ${READ_ONLY_ROLE.type} for an app that reads the System Log and must change nothing.`,
    );
  },
};

/** The standard role that a resource gives to an app, by its type or its class; undefined when it gives none. */
function standardRole(type: string, props: Readonly<Record<string, unknown>>): string | undefined {
  if (type === "okta:app/oauthRoleAssignment:OauthRoleAssignment") {
    return props["type"] === "CUSTOM" ? undefined : String(props["type"]);
  }
  // One class for each standard role; the custom one has a resource set like the assignment above.
  const [, , className = ""] = type.split(":");
  return className.startsWith("Oauth2V1ClientsRole") && className !== "Oauth2V1ClientsRoleCustom"
    ? className
    : undefined;
}
