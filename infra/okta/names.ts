import type { Hosting } from "../settings.ts";

/** A resource whose name must be unique in an Okta org. */
export interface Named {
  /** Its type for Pulumi. */
  readonly type: string;
  /** Its logical name for Pulumi. */
  readonly resource: string;
  /** Its name in Okta. */
  readonly name: string;
}

/** The type of groups for Pulumi. */
export const GROUP_TYPE = "okta:group/group:Group";

/** A group that a rule creates. */
export function groupNamed(name: string, group: string): Named {
  return { type: GROUP_TYPE, resource: `${name}-${group}`, name: group };
}

/** The description of each group that a stack creates. */
export function groupDescription(name: string, stack: string): string {
  return `People get in by signing in (${name}, ${stack}).`;
}

/** An event hook, with the logical name of its verification. */
interface NamedEventHook extends Named {
  readonly verification: string;
}

/** The event hook of a secret, by the secret's number, and of what runs the receiver. */
export function eventHookNamed(
  name: string,
  stack: string,
  { secretNumber, hosting }: { readonly secretNumber: number; readonly hosting: Hosting },
): NamedEventHook {
  const [suffix, receiver] = hosting === "functions" ? ["", ""] : [`-${hosting}`, `, ${hosting}`];
  return {
    type: "okta:index/eventHook:EventHook",
    resource: `${name}-event-hook-${secretNumber}${suffix}`,
    verification: `${name}-event-hook-verification-${secretNumber}${suffix}`,
    name: `${name} (${stack})${receiver}, secret ${secretNumber}`,
  };
}

/** The role by which memberships are written. */
export function roleNamed(name: string, stack: string): Named {
  return {
    type: "okta:index/adminRoleCustom:AdminRoleCustom",
    resource: `${name}-role`,
    name: `${name} (${stack}): manage members`,
  };
}

/** The resource set to which that role is bound. */
export function resourceSetNamed(name: string, stack: string): Named {
  return {
    type: "okta:index/resourceSet:ResourceSet",
    resource: `${name}-resource-set`,
    name: `${name} (${stack}): groups`,
  };
}

/** The two apps of a signing key's rotation. Their labels need not be unique. */
export function appsNamed(name: string, rotation: number): Omit<Named, "name">[] {
  return ["service-app", "log-reader"].map((app) => ({
    type: "okta:app/oAuth:OAuth",
    resource: `${name}-${app}-${rotation}`,
  }));
}
