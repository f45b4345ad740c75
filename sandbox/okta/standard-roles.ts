import { STANDARD_ROLES } from "./assignments.ts";

type StandardRole = (typeof STANDARD_ROLES)[number];

/** What a standard role can allow, for the whole org, of what is asked for here. */
export type StandardRight = "administer" | "manage memberships" | "see members" | "see the System Log";

/**
 * What each allows (Okta, "Standard administrator roles and permissions"). Of the roles with nothing here some may see the
 * System Log on a real org, beside what they manage.
 *
 * @decision Memberships are managed by super, org, group (USER_ADMIN) and group membership administrators; the System
 *   Log is seen by super, org, read-only and report administrators.
 * @evidence documentation: help.okta.com, "Standard administrator roles and permissions".
 * @matters wrong access: the reader of the System Log gets REPORT_ADMIN, which sees no member and changes nothing.
 */
const RIGHTS: Readonly<Record<StandardRole, readonly StandardRight[]>> = {
  SUPER_ADMIN: ["administer", "manage memberships", "see members", "see the System Log"],
  ORG_ADMIN: ["manage memberships", "see members", "see the System Log"],
  APP_ADMIN: [],
  USER_ADMIN: ["manage memberships", "see members"],
  GROUP_MEMBERSHIP_ADMIN: ["manage memberships", "see members"],
  HELP_DESK_ADMIN: [],
  API_ACCESS_MANAGEMENT_ADMIN: [],
  READ_ONLY_ADMIN: ["see members", "see the System Log"],
  REPORT_ADMIN: ["see the System Log"],
};

/** Whether a standard role has a right. */
export function roleAllows(role: StandardRole, right: StandardRight): boolean {
  return RIGHTS[role].includes(right);
}

/** The standard roles that have some of the rights of another, or none, and no others. */
export function narrowerStandardRoles(role: string): readonly StandardRole[] {
  const held = STANDARD_ROLES.filter((other) => other === role).flatMap((other) => RIGHTS[other]);
  return STANDARD_ROLES.filter((other) => {
    const some = RIGHTS[other];
    return some.length < held.length && some.every((right) => held.includes(right));
  });
}
