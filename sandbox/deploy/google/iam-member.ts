import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import type { InputFailure, InputSchema, Properties, ResourceHandler, ResourceState } from "../handler.ts";
import { textOf } from "./answers.ts";
import { type Client, GoogleRefusal } from "./client.ts";
import { formed } from "./constraints.ts";
import { objectIn, stringIn } from "./inputs.ts";
import type { Context } from "./resource.ts";
import { block, replacing, required, text } from "./schema.ts";

/** How the members of one kind of resource are told to Google. */
export interface IamMemberKind {
  /** The inputs that name the resource. */
  readonly target: Readonly<Record<string, InputSchema>>;
  /** What of these is filled in by the provider. */
  readonly defaults?: Properties;
  /** Whether `name` is made up when the program forgets it, and then names nothing. */
  readonly autoNamed?: boolean;
  readonly deleteBeforeReplace?: boolean;
  validate?(inputs: Properties): readonly InputFailure[];
  /** The path of the resource. */
  path(target: Properties): string;
  readonly read: { readonly method: string; readonly suffix: string; readonly body?: object };
  readonly write: { readonly method: string; readonly suffix: string; body(policy: object): object };
}

const MAXIMUM_CONFLICTS = 10;
const MEMBER = /:|^allUsers$|^allAuthenticatedUsers$/;
const CONDITION = block({
  title: required(replacing(text)),
  expression: required(replacing(text)),
  description: replacing(text),
});

/**
 * Makes the handler of one kind of IAM member: the policy is read, changed and set with its etag, one change at a
 * time, again on a conflict, and read once more to see the change (IAM, Allow policies: read-modify-write).
 *
 * @decision A membership is made by reading the policy, adding the member and setting it with its etag, one change of
 * a resource at a time; a 409 or 412 has it read and set again.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2, google-beta/tpgiamresource/iam.go,
 * iamPolicyReadModifyWrite, with the mutex of the resource; tpgresource/utils.go, IsConflictError. The real one waits
 * longer each time, up to 30 s; here it tries ten times at once.
 * @matters deployment fails: the memberships of one resource are made side by side.
 *
 * @decision A member without a prefix is refused in the preview, unless it is allUsers or allAuthenticatedUsers.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/tpgiamresource/resource_iam_member.go, schema: ValidateFunc of member.
 * @matters sandbox only: the program's members have prefixes.
 */
export function iamMemberHandler(kind: IamMemberKind, { client }: Context, lock: Lock): ResourceHandler {
  async function change(
    path: string,
    edit: (bindings: readonly Binding[]) => readonly Binding[],
  ): Promise<string> {
    for (let conflicts = 0; ; conflicts++) {
      const policy = await readPolicy(client, kind, path);
      const bindings = edit(policy.bindings);
      const body = { version: 3, etag: policy.etag, ...(bindings.length > 0 ? { bindings } : {}) };
      try {
        await client.call(kind.write.method, `${path}${kind.write.suffix}`, kind.write.body(body));
        return (await readPolicy(client, kind, path)).etag;
      } catch (error) {
        const conflict = error instanceof GoogleRefusal && (error.status === 409 || error.status === 412);
        if (!conflict || conflicts === MAXIMUM_CONFLICTS) throw error;
      }
    }
  }

  return {
    schema: {
      inputs: {
        ...kind.target,
        role: required(replacing(text)),
        member: required(replacing(text)),
        condition: replacing(CONDITION),
      },
      ...(kind.autoNamed ? { autoName: { input: "name", maximum: 255 } } : {}),
      ...(kind.deleteBeforeReplace ? { deleteBeforeReplace: true } : {}),
    },
    validate: (inputs) => [
      ...formed(
        "member",
        inputs["member"],
        MEMBER,
        "must have a prefix such as serviceAccount:, or be allUsers",
      ),
      ...(kind.validate?.(inputs) ?? []),
    ],
    async create(inputs) {
      const outputs = { ...kind.defaults, ...inputs };
      const path = kind.path(outputs);
      const { role, member, condition } = grantIn(outputs);
      const etag = await lock(path, () =>
        change(path, (bindings) => withMember(bindings, role, member, condition)),
      );
      return { id: `${resourceName(path)} ${role} ${member}`, outputs: { ...outputs, etag } };
    },
    async read({ id, outputs }) {
      const { role, member, condition } = grantIn(outputs);
      const policy = await readPolicy(client, kind, kind.path(outputs)).catch(unlessGone);
      if (policy === undefined || !hasMember(policy.bindings, role, member, condition)) return undefined;
      return { id, outputs: { ...outputs, etag: policy.etag } };
    },
    async delete({ outputs }: ResourceState) {
      const path = kind.path(outputs);
      const { role, member, condition } = grantIn(outputs);
      // With the resource its policy went too.
      await lock(path, () =>
        change(path, (bindings) => withoutMember(bindings, role, member, condition)),
      ).catch(unlessGone);
    },
  };
}

async function readPolicy(client: Client, kind: IamMemberKind, path: string) {
  const policy = await client.call(kind.read.method, `${path}${kind.read.suffix}`, kind.read.body);
  return { etag: textOf(policy, "etag"), bindings: readBindings(policy) };
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof GoogleRefusal && error.status === 404)) throw error;
}

function grantIn(properties: Properties) {
  return {
    role: stringIn(properties, "role"),
    member: stringIn(properties, "member"),
    condition: objectIn(properties, "condition"),
  };
}

/** The resource's name without the API's version. */
function resourceName(path: string): string {
  return path.replace(/^\/(?:storage\/)?v\d\//, "");
}

/** Runs work under a name one after the other; work under other names goes on beside it. */
type Lock = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Makes a lock whose names are its own. */
export function createLock(): Lock {
  const last = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const before = last.get(name) ?? Promise.resolve();
    const current = before.then(work, work);
    last.set(name, current);
    return current;
  };
}

/** Who holds a role, perhaps under a condition (IAM, Policy: bindings). */
interface Binding {
  readonly role: string;
  readonly members: readonly string[];
  readonly condition?: unknown;
}

/** The bindings of a policy; it has no such field when there are none. */
function readBindings(policy: JsonObject): readonly Binding[] {
  const bindings = Array.isArray(policy["bindings"]) ? policy["bindings"] : [];
  return bindings.filter(isObject).map(toBinding);
}

function hasMember(bindings: readonly Binding[], role: string, member: string, condition: unknown): boolean {
  return bindings.some((binding) => isSame(binding, role, condition) && binding.members.includes(member));
}

function withMember(
  bindings: readonly Binding[],
  role: string,
  member: string,
  condition: unknown,
): readonly Binding[] {
  const index = bindings.findIndex((binding) => isSame(binding, role, condition));
  if (index < 0) return [...bindings, { role, members: [member], ...(condition ? { condition } : {}) }];
  return bindings.map((binding, place) =>
    place === index ? { ...binding, members: [...new Set([...binding.members, member])] } : binding,
  );
}

/** A binding that binds nobody any more goes. */
function withoutMember(
  bindings: readonly Binding[],
  role: string,
  member: string,
  condition: unknown,
): readonly Binding[] {
  return bindings
    .map((binding) =>
      isSame(binding, role, condition)
        ? { ...binding, members: binding.members.filter((one) => one !== member) }
        : binding,
    )
    .filter((binding) => binding.members.length > 0);
}

function toBinding(value: JsonObject): Binding {
  const members = Array.isArray(value["members"]) ? value["members"].map(String) : [];
  const binding = { role: textOf(value, "role"), members };
  return value["condition"] === undefined ? binding : { ...binding, condition: value["condition"] };
}

/** A condition is told by what it says (IAM, Conditions: a role may be bound once under each). */
function isSame(binding: Binding, role: string, condition: unknown): boolean {
  const saidBy = (value: unknown) =>
    isObject(value)
      ? JSON.stringify([textOf(value, "title"), textOf(value, "expression"), textOf(value, "description")])
      : undefined;
  return binding.role === role && saidBy(binding.condition) === saidBy(condition);
}
