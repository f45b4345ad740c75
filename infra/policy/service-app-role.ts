import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { known } from "./known.ts";

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

/**
 * The policies on a custom role and a resource set see only those of the program. An assignment that names others, by an id
 * that somebody wrote down, could give any right.
 */
export const customRoleIsOfThisProgram: StackValidationPolicy = {
  name: "custom-role-is-of-this-program",
  description: "A service app's custom role and resource set must be declared in the same program.",
  validateStack({ resources }, report) {
    for (const { type, name, urn, props, propertyDependencies } of resources) {
      if (!assignments.test(type) || known(() => props["type"]) !== "CUSTOM") continue;
      for (const [property, declaredType] of parts) {
        const sources = propertyDependencies[property] ?? [];
        if (sources.length > 0 && sources.every((source) => source.type === declaredType)) continue;
        report(
          `${name} names a ${property} that this program does not declare, so nobody can see here what it allows. ` +
            "Declare it in this program and use its id.",
          urn,
        );
      }
    }
  },
};

/** What gives a service app a custom role, and where it says which role, on which resources. */
const assignments = /^okta:(?:app\/oauthRoleAssignment|index\/oauth2V1ClientsRoleCustom):/;
const parts = [
  ["role", "okta:index/adminRoleCustom:AdminRoleCustom"],
  ["resourceSet", "okta:index/resourceSet:ResourceSet"],
] as const;
