import { randomBytes } from "node:crypto";
import { GoogleError, invalidField, notFound } from "../errors.ts";
import type { Fields } from "../fields.ts";
import type { Call, Route } from "../routes.ts";
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
  /** The policy of a resource as it was last set; an empty one when none was set. */
  get(resource: string): Policy;
  /**
   * The policy that decisions follow now.
   *
   * @decision A changed allow policy is read back at once, and decides a while later.
   * @evidence recorded: a build was refused logging.logEntries.create seconds after the provider had set, and read back, the
   * binding; the same build passed later without a change (a public deployment log of gcp-wordpress-blueprint-v2, 2026-10-07);
   * hashicorp/terraform-provider-google#20571, half of the runs. documentation: Google Cloud, IAM, "Access change
   * propagation": typically 2 minutes, potentially 7 minutes or longer (https://cloud.google.com/iam/docs/access-change-propagation)
   * @matters deployment fails: The program waits after each right that a deployment needs at once (infra/google/accounts.ts).
   */
  inForce(resource: string): Policy;
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

/** A policy that decides from some time on. */
interface Dated {
  readonly policy: Policy;
  /** Milliseconds since the epoch. */
  readonly from: number;
}

const NONE: Policy = { version: 1, etag: "ACAB", bindings: [] };

/**
 * @param accountExists whether a service account's email is one that can be granted a role
 * @param requireMembers throws what the organization answers where it forbids one of the members of a resource's policy
 * @param propagation the time, and how long a change takes until decisions follow it, both in milliseconds
 */
export function createPolicies(
  accountExists: (email: string) => boolean,
  requireMembers: (resource: string, members: readonly string[]) => void = () => undefined,
  propagation: { now(): number; delay(): number } = { now: Date.now, delay: () => 0 },
): Policies {
  const policies = new Map<string, Policy>();
  /** What decides, or will: the oldest first. Without a delay there is nothing here. */
  const pending = new Map<string, readonly Dated[]>();

  function checkMember(member: string, field: string): void {
    /**
     * @decision A member that is not a principal is refused with 400.
     * @evidence documentation: googleapis/googleapis f8291d2, google/iam/v1/policy.proto, Binding.members, the forms
     * that there are.
     * @matters sandbox only: the program's members have these forms.
     */
    if (!MEMBER.test(member)) throw invalidField(field, `"${member}" is not a principal`);
    const email = member.startsWith("serviceAccount:") ? member.slice("serviceAccount:".length) : undefined;
    /**
     * @decision A service account that does not exist can't be given a role: 400 INVALID_ARGUMENT.
     * @evidence recorded: GoogleCloudPlatform/generative-ai#944, "Service account … does not exist.";
     * googleapis/google-cloud-go#11482, for an account that was just made.
     * @matters deployment fails: each binding waits for its account.
     */
    if (email !== undefined && !accountExists(email)) {
      throw new GoogleError("INVALID_ARGUMENT", `Service account ${email} does not exist.`);
    }
  }

  function readBinding(from: Fields, permissionPrefix: string): Binding {
    const role = from.string("role");
    const permissions = permissionsOf(role);
    /**
     * @decision A project's policy takes none of Cloud Storage's legacy roles.
     * @evidence assumed: they stand for ACL entries of a bucket or an object (Cloud Storage, JSON API, Policy: "equivalent to an ACL
     * entry"), which a project does not have.
     * @show Whether a project's policy takes roles/storage.legacyObjectReader, which would be the narrower role.
     * @matters wrong access: The build account's right on the project is roles/storage.objectViewer: there is no narrower predefined role.
     */
    const isLegacy = permissionPrefix === "" && role.startsWith("roles/storage.legacy");
    /**
     * @decision A role that has no permission for a kind of resource can't be granted there: 400 INVALID_ARGUMENT.
     * @evidence recorded: hashicorp/terraform#25623, on a service account, and
     * terraform-google-modules/terraform-google-iam#219: "Role … is not supported for this resource."
     * @matters deployment fails: each role of the program is granted where it applies.
     */
    if (isLegacy || !permissions?.some((permission) => permission.startsWith(permissionPrefix))) {
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
    return policies.get(resource) ?? NONE;
  }

  function change(resource: string, next: Policy): void {
    const delay = propagation.delay();
    if (delay > 0 || pending.has(resource)) {
      const before = pending.get(resource) ?? [{ policy: get(resource), from: 0 }];
      pending.set(resource, [...before, { policy: next, from: propagation.now() + delay }]);
    }
    policies.set(resource, next);
  }

  return {
    get,
    inForce(resource) {
      const now = propagation.now();
      return pending.get(resource)?.findLast(({ from }) => from <= now)?.policy ?? get(resource);
    },
    set(resource, policy, permissionPrefix) {
      const etag = policy.optionalString("etag");
      /**
       * @decision A policy that another call has changed since it was read is refused with 409 ABORTED.
       * @evidence recorded: DataBiosphere/leonardo pull request 737, and vmware-archive/terraforming-gcp#132, the
       * whole text.
       * @matters deployment fails: the provider reads and sets again.
       */
      if (etag !== undefined && etag !== get(resource).etag) {
        throw new GoogleError(
          "ABORTED",
          "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
        );
      }
      const bindings = policy.objects("bindings").map((binding) => readBinding(binding, permissionPrefix));
      requireMembers(
        resource,
        bindings.flatMap(({ members }) => members),
      );
      const version = policy.optionalInteger("version") ?? 1;
      /**
       * @decision A policy of another version than 0, 1 and 3 is refused with 400.
       * @evidence documentation: googleapis/googleapis f8291d2, google/iam/v1/policy.proto, Policy.version: "Valid values are 0, 1,
       * and 3. Requests that specify an invalid value are rejected".
       * @matters sandbox only: the provider always sends 3.
       */
      if (![0, 1, 3].includes(version)) throw invalidField("policy.version", "must be 0, 1 or 3");
      const conditional = bindings.some((binding) => binding.condition !== undefined);
      /**
       * @decision A policy with conditions must have version 3; else it is refused with 400.
       * @evidence documentation: googleapis/googleapis f8291d2, google/iam/v1/policy.proto, Policy.version: "Any
       * operation that affects conditional role bindings must specify version 3"; the refusal of a lower one is
       * recorded: hashicorp/vault-plugin-secrets-gcp#88.
       * @matters deployment fails: the build account's right on the project is conditional.
       */
      if (conditional && version !== 3) throw invalidField("policy.version", "conditions need version 3");
      const next: Policy = {
        version: conditional ? 3 : 1,
        etag: randomBytes(9).toString("base64"),
        bindings: bindings.filter((binding) => binding.members.length > 0),
      };
      change(resource, next);
      return next;
    },
    drop(resource) {
      for (const name of policies.keys()) {
        if (name !== resource && !name.startsWith(`${resource}/`)) continue;
        policies.delete(name);
        pending.delete(name);
      }
    },
    rename(member, deleted) {
      for (const [resource, policy] of policies) {
        const bindings = policy.bindings.map((binding) => ({
          ...binding,
          members: binding.members.map((bound) => (bound === member ? deleted : bound)),
        }));
        change(resource, { ...policy, bindings });
      }
    },
    grants() {
      return [...policies].flatMap(([resource, policy]) =>
        policy.bindings.flatMap(({ role, members }) => members.map((member) => ({ resource, role, member }))),
      );
    },
  };
}

/** When a binding holds: an expression over the resource (IAM, Overview of IAM Conditions). */
interface Condition {
  readonly title: string;
  readonly description?: string;
  readonly expression: string;
}

const FORM = /^resource\.name(?:\.startsWith\("([^"]*)"\)| == "([^"]*)")$/;

/**
 * Checks that a condition can be evaluated: resource.name by equality or prefix. @throws GoogleError when not
 *
 * @own Conditions on anything but the resource's name are refused here, so that none is taken for held; the real
 * service evaluates the whole language.
 */
function requireEvaluable(condition: Condition): void {
  if (!condition.expression.split(" || ").every((part) => FORM.test(part))) {
    throw new GoogleError(
      "INVALID_ARGUMENT",
      `Condition "${condition.title}": only resource.name == "…" and resource.name.startsWith("…") can be evaluated`,
    );
  }
}

/** Whether a checked condition holds for a resource. */
export function holds(condition: Condition, resource: string): boolean {
  return condition.expression.split(" || ").some((part) => {
    const match = FORM.exec(part);
    if (!match) return false;
    return match[1] !== undefined ? resource.startsWith(match[1]) : resource === match[2];
  });
}

/** How one kind of resource lets its policy be read and set. */
export interface PolicyRoutesOptions {
  readonly service: string;
  /** The path of the resource, such as `/v2/projects/{project}/queues/{queue}`. */
  readonly path: string;
  /** Google's APIs differ: some read a policy by GET, some by POST. */
  readonly readMethod: "GET" | "POST";
  /** The permissions are `<permission>.getIamPolicy` and `<permission>.setIamPolicy`. */
  readonly permission: string;
  resource(call: Call): string;
  exists(resource: string): boolean;
  /** How permissions of roles that can be granted here begin; "" lets every role pass. */
  readonly grantable: string;
}

/** The methods `:getIamPolicy` and `:setIamPolicy` of one kind of resource. */
export function policyRoutes(policies: Policies, options: PolicyRoutesOptions): readonly Route[] {
  /**
   * @decision The policy of a resource that is not there is refused with 404.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/tpgiamresource/resource_iam_member.go, Read: HandleNotFoundError drops the membership.
   * @matters deployment fails: a refresh after a deletion by hand goes on.
   */
  function existing(call: Call): string {
    const resource = options.resource(call);
    if (!options.exists(resource)) throw notFound(resource);
    return resource;
  }
  return [
    /**
     * @decision A policy is read by :getIamPolicy, by GET or POST as the service has it, and answered with its etag.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2, google-beta/tpgiamresource/iam.go,
     * iamPolicyReadModifyWrite; each service's iam_*.go has the method. Here the requested version is not read:
     * conditions are always answered.
     * @matters deployment fails: the provider changes what it read.
     */
    {
      method: options.readMethod,
      path: `${options.path}:getIamPolicy`,
      service: options.service,
      permission: `${options.permission}.getIamPolicy`,
      resource: options.resource,
      handle: (call) => policies.get(existing(call)),
    },
    /**
     * @decision A policy is set as a whole by a POST to :setIamPolicy, and answered.
     * @evidence documentation: googleapis/googleapis f8291d2, google/iam/v1/iam_policy.proto, SetIamPolicy: "Replaces
     * any existing policy".
     * @matters wrong access: memberships of other programs stay since the provider puts them back.
     */
    {
      method: "POST",
      path: `${options.path}:setIamPolicy`,
      service: options.service,
      permission: `${options.permission}.setIamPolicy`,
      resource: options.resource,
      handle: (call) => policies.set(existing(call), call.fields().object("policy"), options.grantable),
    },
  ];
}
