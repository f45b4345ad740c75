import type { AccessToken, App, Grant } from "./app.ts";
import type { EventHook } from "./event-hook.ts";
import { createFaults, type Faults } from "./faults.ts";
import { createEveryone, type Group } from "./group.ts";
import { newId, newSecret } from "./ids.ts";
import type { Limits } from "./limits.ts";
import type { SystemLog } from "./log-event.ts";
import type { OktaNotice } from "./notices.ts";
import { createAdministrator, type Person } from "./person.ts";
import type { CustomRole, GroupRole, ResourceSet, RoleAssignment, StandardRole } from "./roles.ts";

/** Everything an org holds. Maps are keyed by id, in the order of creation. */
export interface Org {
  readonly id: string;
  /** Without a slash at the end. */
  readonly url: string;
  /** Of a super administrator. */
  readonly apiToken: string;
  readonly administratorId: string;
  /** The access policy that every app has. */
  readonly defaultPolicyId: string;
  /** The profile enrollment policy that every app has. */
  readonly profileEnrollmentPolicyId: string;
  /** Of the key that signs the ID tokens of every app. */
  readonly signingKeyId: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Waits so many milliseconds, or until the org closes. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly notify: (notice: OktaNotice) => void;
  readonly limits: Limits;
  readonly faults: Faults;
  readonly settings: OrgSettings;
  readonly people: Map<string, Person>;
  /** Ids by login in lower case. */
  readonly logins: Map<string, string>;
  /** By the user's id; who has none signs in at the sandbox's own door only. */
  readonly passwords: Map<string, string>;
  /** The group that all are in. */
  readonly everyone: Group;
  readonly groups: Map<string, Group>;
  /** Keyed by group and id. */
  readonly groupRoles: Map<string, GroupRole>;
  readonly apps: Map<string, App>;
  readonly grants: Map<string, Grant>;
  readonly roles: Map<string, CustomRole>;
  readonly resourceSets: Map<string, ResourceSet>;
  /** Keyed by client and id. */
  readonly roleAssignments: Map<string, RoleAssignment>;
  readonly eventHooks: Map<string, EventHook>;
  /** Keyed by the token. */
  readonly accessTokens: Map<string, AccessToken>;
  /** The end of each client assertion's validity in seconds, by client and `jti`. */
  readonly usedAssertions: Map<string, number>;
  readonly log: SystemLog;
}

/** A new org, with nothing in it but the group Everyone, one policy and the administrator who owns the API token. */
export function createOrg(settings: Pick<Org, "url" | "now" | "sleep" | "notify" | "limits">): Org {
  const administrator = createAdministrator(settings.now());
  const everyone = createEveryone(settings.now);
  everyone.members.add(administrator.id);
  return {
    ...settings,
    id: newId("00o"),
    apiToken: `00${newSecret().slice(0, 40)}`,
    administratorId: administrator.id,
    defaultPolicyId: newId("rst"),
    profileEnrollmentPolicyId: newId("rst"),
    signingKeyId: newSecret(),
    faults: createFaults(),
    settings: {
      clientPrivilegesSetting: false,
      pipeline: "idx",
      expiresAt: null,
      requiresDpop: false,
      features: new Map([["Event Hook Filtering", false]]),
      administratorRole: "SUPER_ADMIN",
    },
    people: new Map([[administrator.id, administrator]]),
    passwords: new Map(),
    logins: new Map([[administrator.login, administrator.id]]),
    everyone,
    groups: new Map([[everyone.id, everyone]]),
    groupRoles: new Map(),
    apps: new Map(),
    grants: new Map(),
    roles: new Map(),
    resourceSets: new Map(),
    roleAssignments: new Map(),
    eventHooks: new Map(),
    accessTokens: new Map(),
    usedAssertions: new Map(),
    log: { entries: [], late: [] },
  };
}

/** The time of the org's clock, as Okta writes times. */
export function timestamp(org: Org): string {
  return new Date(org.now()).toISOString();
}

/** What an org's administrators switch on and off. */
export interface OrgSettings {
  /** Whether each app that is granted a scope gets the role of a super administrator ("Public client app admins"). */
  clientPrivilegesSetting: boolean;
  /** The engine: Identity Engine, or Classic. */
  pipeline: "idx" | "v1";
  /** When a trial ends, in ISO 8601; null for an org that stays. */
  expiresAt: string | null;
  /** Whether service apps get tokens only with DPoP. */
  requiresDpop: boolean;
  /** What may be switched on in the org, by name; whether it is. */
  readonly features: Map<string, boolean>;
  /** The role of the API token's owner. */
  administratorRole: StandardRole;
}

/** By what an org keeps an assignment: the ids of standard ones are the same for every client. */
export function roleAssignmentKey({ clientId, id }: Pick<RoleAssignment, "clientId" | "id">): string {
  return `${clientId}/${id}`;
}

/** The roles of an app. */
export function roleAssignmentsOf(org: Org, clientId: string): readonly RoleAssignment[] {
  return [...org.roleAssignments.values()].filter((assignment) => assignment.clientId === clientId);
}

/** By what an org keeps a group's role: the ids of some are the same for every group. */
export function groupRoleKey({ groupId, id }: Pick<GroupRole, "groupId" | "id">): string {
  return `${groupId}/${id}`;
}

/** The roles that a group holds. */
export function groupRolesOf(org: Org, groupId: string): readonly GroupRole[] {
  return [...org.groupRoles.values()].filter((role) => role.groupId === groupId);
}

/** The scopes that were granted to an app. */
export function grantedScopes(org: Org, clientId: string): ReadonlySet<string> {
  return new Set(grantsOf(org, clientId).map(({ scopeId }) => scopeId));
}

/** What an app was granted. */
export function grantsOf(org: Org, clientId: string): readonly Grant[] {
  return [...org.grants.values()].filter((grant) => grant.clientId === clientId);
}

/** By id, or by login in whatever case. */
export function findPerson(org: Org, idOrLogin: string): Person | undefined {
  return org.people.get(idOrLogin) ?? org.people.get(org.logins.get(idOrLogin.toLowerCase()) ?? "");
}
