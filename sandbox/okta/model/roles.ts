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

/** One of them. */
export type StandardRole = (typeof STANDARD_ROLES)[number];

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

/** A role that an app has: a standard one for the whole org, or a custom one for a resource set. */
export type RoleAssignment = {
  readonly id: string;
  readonly clientId: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
} & Assignable;

/** What can be assigned. */
export type Assignable =
  | { readonly type: StandardRole }
  | { readonly type: "CUSTOM"; readonly role: string; readonly resourceSet: string };

/** A standard admin role that everybody in a group has. */
export interface GroupRole {
  readonly id: string;
  readonly groupId: string;
  readonly type: StandardRole;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** A role with permissions of one's own choice. */
export interface CustomRole {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly permissions: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly lastUpdated: number;
}

/** What a role reaches. */
export interface ResourceSet {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly resources: readonly Resource[];
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly lastUpdated: number;
}

/** What a resource set can hold: a kind of things as a whole, one thing, or the users in one group. */
export type Scope =
  | { readonly kind: "all-users" }
  | { readonly kind: "user"; readonly id: string }
  | { readonly kind: "all-groups" }
  | { readonly kind: "group"; readonly id: string }
  | { readonly kind: "users-of-group"; readonly id: string };

/** One entry of a resource set. */
export interface Resource {
  readonly id: string;
  readonly scope: Scope;
  /** Milliseconds since the epoch. */
  readonly created: number;
}
