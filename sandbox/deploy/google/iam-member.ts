import type { Properties, ResourceHandler } from "../handler.ts";
import { type Client, GoogleRefusal } from "./client.ts";
import type { Context } from "./context.ts";
import { type Inputs, readInputs } from "./inputs.ts";
import { isRecord, type JsonObject, textOf } from "./json.ts";
import type { Lock } from "./lock.ts";

/** How the members of one kind of resource are told to Google. */
export interface IamMemberKind {
  /** What the resource is called in messages. */
  readonly type: string;
  /** The inputs that name the resource, resolved; `name` is the program's own name for the member. */
  target(inputs: Inputs, name: string, context: Context): Properties;
  /** The path of the resource, from the outputs that `target` gave. */
  path(outputs: Inputs): string;
  readonly read: { readonly method: string; readonly suffix: string; readonly body?: object };
  readonly write: { readonly method: string; readonly suffix: string; body(policy: object): object };
}

interface Binding {
  readonly role: string;
  readonly members: readonly string[];
  readonly condition?: unknown;
}

const MAXIMUM_CONFLICTS = 10;

/**
 * Makes the handler of one kind of IAM member: the policy is read, changed and set with its etag, one change at a
 * time, again on a conflict, and read once more to see the change (IAM, Allow policies: read-modify-write).
 */
export function iamMemberHandler(kind: IamMemberKind, context: Context, lock: Lock): ResourceHandler {
  const { client } = context;

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
    async create(name, properties) {
      const inputs = readInputs(kind.type, properties);
      const role = inputs.string("role");
      const member = inputs.string("member");
      if (!member.includes(":") && member !== "allUsers" && member !== "allAuthenticatedUsers") {
        throw inputs.error("member", `"${member}" needs a prefix such as serviceAccount:`);
      }
      const condition = inputs.optionalObject("condition");
      const outputs = { ...properties, ...kind.target(inputs, name, context) };
      const path = kind.path(readInputs(kind.type, outputs));
      const etag = await lock(path, () => change(path, (bindings) => add(bindings, role, member, condition)));
      return { id: `${resourceName(path)} ${role} ${member}`, outputs: { ...outputs, etag } };
    },
    async delete({ outputs }) {
      const state = readInputs(kind.type, outputs);
      const path = kind.path(state);
      const role = state.string("role");
      const member = state.string("member");
      const condition = state.optionalObject("condition");
      try {
        await lock(path, () => change(path, (bindings) => remove(bindings, role, member, condition)));
      } catch (error) {
        // With the resource its policy went too.
        if (!(error instanceof GoogleRefusal && error.status === 404)) throw error;
      }
    },
  };
}

async function readPolicy(client: Client, kind: IamMemberKind, path: string) {
  const policy = await client.call(kind.read.method, `${path}${kind.read.suffix}`, kind.read.body);
  const bindings = Array.isArray(policy["bindings"]) ? policy["bindings"] : [];
  return { etag: textOf(policy, "etag"), bindings: bindings.filter(isRecord).map(toBinding) };
}

function toBinding(value: JsonObject): Binding {
  const members = Array.isArray(value["members"]) ? value["members"].map(String) : [];
  const binding = { role: textOf(value, "role"), members };
  return value["condition"] === undefined ? binding : { ...binding, condition: value["condition"] };
}

function add(
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

function remove(
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

function isSame(binding: Binding, role: string, condition: unknown): boolean {
  const expressionOf = (value: unknown) =>
    isRecord(value) ? `${textOf(value, "title")}\n${textOf(value, "expression")}` : undefined;
  return binding.role === role && expressionOf(binding.condition) === expressionOf(condition);
}

/** The resource's name without the API's version. */
function resourceName(path: string): string {
  return path.replace(/^\/(?:storage\/)?v\d\//, "");
}
