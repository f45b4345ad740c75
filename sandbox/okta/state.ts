import type { App } from "./apps.ts";
import type { RoleAssignment } from "./assignments.ts";
import type { EventHook } from "./event-hooks.ts";
import type { LogEvent } from "./events.ts";
import type { Grant } from "./grants.ts";
import { createEveryone, type Group } from "./groups.ts";
import { newId, newSecret } from "./ids.ts";
import type { OktaNotice } from "./notices.ts";
import { createAdministrator, type Person } from "./people.ts";
import type { ResourceSet } from "./resource-sets.ts";
import type { CustomRole } from "./roles.ts";
import type { AccessToken } from "./token-endpoint.ts";

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
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly notify: (notice: OktaNotice) => void;
  readonly people: Map<string, Person>;
  readonly groups: Map<string, Group>;
  readonly apps: Map<string, App>;
  readonly grants: Map<string, Grant>;
  readonly roles: Map<string, CustomRole>;
  readonly resourceSets: Map<string, ResourceSet>;
  readonly roleAssignments: Map<string, RoleAssignment>;
  readonly eventHooks: Map<string, EventHook>;
  /** Keyed by the token. */
  readonly accessTokens: Map<string, AccessToken>;
  /** The end of each client assertion's validity in seconds, by client and `jti`. */
  readonly usedAssertions: Map<string, number>;
  /** The System Log, oldest first. */
  readonly log: LogEvent[];
}

/** A new org, with nothing in it but the group Everyone, one policy and the administrator who owns the API token. */
export function createOrg(settings: Pick<Org, "url" | "now" | "notify">): Org {
  const administrator = createAdministrator(settings.now());
  const everyone = createEveryone(settings.now());
  everyone.members.add(administrator.id);
  return {
    ...settings,
    id: newId("00o"),
    apiToken: `00${newSecret().slice(0, 40)}`,
    administratorId: administrator.id,
    defaultPolicyId: newId("rst"),
    people: new Map([[administrator.id, administrator]]),
    groups: new Map([[everyone.id, everyone]]),
    apps: new Map(),
    grants: new Map(),
    roles: new Map(),
    resourceSets: new Map(),
    roleAssignments: new Map(),
    eventHooks: new Map(),
    accessTokens: new Map(),
    usedAssertions: new Map(),
    log: [],
  };
}

/** The time of the org's clock, as Okta writes times. */
export function timestamp(org: Org): string {
  return new Date(org.now()).toISOString();
}
