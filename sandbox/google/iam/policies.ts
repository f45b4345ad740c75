import { randomBytes } from "node:crypto";
import { GoogleError, invalidField } from "../errors.ts";
import type { Fields } from "../fields.ts";
import { type Condition, requireEvaluable } from "./conditions.ts";
import { permissionsOf } from "./roles.ts";

/** Members that hold a role, perhaps under a condition. */
export interface Binding {
  readonly role: string;
  readonly members: readonly string[];
  readonly condition?: Condition;
}

/** A resource's allow policy (IAM, Policy). `etag` changes with every set. */
export interface Policy {
  readonly version: number;
  readonly etag: string;
  readonly bindings: readonly Binding[];
}

/** The allow policies of a project's resources, by the resource's full name. */
export interface Policies {
  /** The policy of a resource; an empty one when none was set. */
  get(resource: string): Policy;
  /**
   * Replaces a policy by the one in a request.
   * @param permissionPrefix a role must hold a permission that begins so, or it can't be granted there
   * @throws GoogleError 400 for what is not a policy, 409 when the etag is not the latest
   */
  set(resource: string, policy: Fields, permissionPrefix: string): Policy;
  /** Forgets the policies of a resource that was deleted and of all below it. */
  drop(resource: string): void;
  /** Marks a member as deleted wherever it is bound, as IAM does with a deleted service account. */
  rename(member: string, deleted: string): void;
  /** Every role that is granted now, one entry for each member. */
  grants(): readonly { readonly resource: string; readonly role: string; readonly member: string }[];
}

const MEMBER =
  /^(?:allUsers|allAuthenticatedUsers|(?:user|group|domain|serviceAccount|principal|principalSet|deleted):.+)$/;

/** @param accountExists whether a service account's email is one that can be granted a role */
export function createPolicies(accountExists: (email: string) => boolean): Policies {
  const policies = new Map<string, Policy>();

  function checkMember(member: string, field: string): void {
    if (!MEMBER.test(member)) throw invalidField(field, `"${member}" is not a principal`);
    const email = member.startsWith("serviceAccount:") ? member.slice("serviceAccount:".length) : undefined;
    if (email !== undefined && !accountExists(email)) {
      throw new GoogleError("INVALID_ARGUMENT", `Service account ${email} does not exist.`);
    }
  }

  function readBinding(from: Fields, permissionPrefix: string): Binding {
    const role = from.string("role");
    const permissions = permissionsOf(role);
    if (!permissions?.some((permission) => permission.startsWith(permissionPrefix))) {
      throw new GoogleError("INVALID_ARGUMENT", `Role ${role} is not supported for this resource.`);
    }
    const members = [...new Set(from.stringList("members"))];
    for (const [index, member] of members.entries()) checkMember(member, `${from.path}.members[${index}]`);
    const condition = from.optionalObject("condition");
    if (!condition) return { role, members };
    const read = {
      title: condition.string("title"),
      expression: condition.string("expression"),
      ...(condition.has("description") ? { description: condition.string("description") } : {}),
    };
    requireEvaluable(read);
    return { role, members, condition: read };
  }

  function get(resource: string): Policy {
    return policies.get(resource) ?? { version: 1, etag: "ACAB", bindings: [] };
  }

  return {
    get,
    set(resource, policy, permissionPrefix) {
      const etag = policy.optionalString("etag");
      if (etag !== undefined && etag !== get(resource).etag) {
        throw new GoogleError(
          "ABORTED",
          "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
        );
      }
      const bindings = policy.objects("bindings").map((binding) => readBinding(binding, permissionPrefix));
      const version = policy.optionalInteger("version") ?? 1;
      const conditional = bindings.some((binding) => binding.condition !== undefined);
      if (conditional && version !== 3) throw invalidField("policy.version", "conditions need version 3");
      const next: Policy = {
        version: conditional ? 3 : 1,
        etag: randomBytes(9).toString("base64"),
        bindings: bindings.filter((binding) => binding.members.length > 0),
      };
      policies.set(resource, next);
      return next;
    },
    drop(resource) {
      for (const name of policies.keys()) {
        if (name === resource || name.startsWith(`${resource}/`)) policies.delete(name);
      }
    },
    rename(member, deleted) {
      for (const [resource, policy] of policies) {
        const bindings = policy.bindings.map((binding) => ({
          ...binding,
          members: binding.members.map((bound) => (bound === member ? deleted : bound)),
        }));
        policies.set(resource, { ...policy, bindings });
      }
    },
    grants() {
      return [...policies].flatMap(([resource, policy]) =>
        policy.bindings.flatMap(({ role, members }) => members.map((member) => ({ resource, role, member }))),
      );
    },
  };
}
