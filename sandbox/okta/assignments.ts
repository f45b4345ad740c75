import type { Org } from "./state.ts";

/** The standard roles that an app can have (Okta, "Client role assignments API"). */
export const STANDARD_ROLES = [
  "SUPER_ADMIN",
  "ORG_ADMIN",
  "APP_ADMIN",
  "USER_ADMIN",
  "GROUP_MEMBERSHIP_ADMIN",
  "HELP_DESK_ADMIN",
  "API_ACCESS_MANAGEMENT_ADMIN",
  "READ_ONLY_ADMIN",
  "REPORT_ADMIN",
] as const;

/** A role that an app has: a standard one for the whole org, or a custom one for a resource set. */
export type RoleAssignment = {
  readonly id: string;
  readonly clientId: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
} & Assignable;

/** What can be assigned. */
export type Assignable =
  | { readonly type: (typeof STANDARD_ROLES)[number] }
  | { readonly type: "CUSTOM"; readonly role: string; readonly resourceSet: string };

/** By what an org keeps an assignment: the ids of standard ones are the same for every client. */
export function keyOf({ clientId, id }: Pick<RoleAssignment, "clientId" | "id">): string {
  return `${clientId}/${id}`;
}

/** The roles of an app. */
export function roleAssignmentsOf(org: Org, clientId: string): readonly RoleAssignment[] {
  return [...org.roleAssignments.values()].filter((assignment) => assignment.clientId === clientId);
}
