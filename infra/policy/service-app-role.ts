import type { ResourceValidationPolicy } from "@pulumi/policy";

/** A standard role reaches the whole org: a leaked token could then change any group. */
export const noOrganizationWideRole: ResourceValidationPolicy = {
  name: "service-app-has-no-organization-wide-role",
  description: "A service app's admin role must be a custom one, limited by a resource set.",
  validateResource({ type, name, props }, report) {
    const [, , className = ""] = type.split(":");
    const isAssignment = type === "okta:app/oauthRoleAssignment:OauthRoleAssignment";
    // One class for each standard role; the custom one has a resource set like the assignment above.
    const isStandardRole =
      className.startsWith("Oauth2V1ClientsRole") && className !== "Oauth2V1ClientsRoleCustom";
    if (isStandardRole || (isAssignment && props["type"] !== "CUSTOM")) {
      report(
        `${name} gives a service app the org-wide role ${isAssignment ? props["type"] : className}. ` +
          "Use type CUSTOM with a role and a resource set of the rules' groups.",
      );
    }
  },
};
