import type { InputFailure, InputSchema, Properties, ResourceHandler, ResourceState } from "../handler.ts";
import { type Client, GoogleRefusal } from "./client.ts";
import { formed } from "./constraints.ts";
import type { Context } from "./context.ts";
import { type Binding, hasMember, readBindings, withMember, withoutMember } from "./iam-bindings.ts";
import { objectIn, stringIn } from "./inputs.ts";
import { textOf } from "./json.ts";
import type { Lock } from "./lock.ts";
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
