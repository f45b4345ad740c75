import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import type { InputFailure, InputSchema, Properties, ResourceHandler, ResourceState } from "../handler.ts";
import { textOf } from "./answers.ts";
import { type Client, GoogleRefusal } from "./client.ts";
import { lastSegment, objectIn, stringIn } from "./inputs.ts";
import type { Context } from "./resource.ts";
import { block, formed, replacing, required, text } from "./schema.ts";

const WRITE = { method: "POST", suffix: ":setIamPolicy", body: (policy: object) => ({ policy }) } as const;
const READ_BY_GET = { method: "GET", suffix: ":getIamPolicy" } as const;
const READ_VERSION_3 = { method: "GET", suffix: ":getIamPolicy?options.requestedPolicyVersion=3" } as const;
const READ_BY_POST = { method: "POST", suffix: ":getIamPolicy" } as const;

const named = required(replacing(text));
const place = { project: replacing(text), location: replacing(text) } as const;

function inLocation(version: string, collection: string, key: string) {
  return (target: Properties) =>
    `/${version}/projects/${stringIn(target, "project")}/locations/${stringIn(target, "location")}/${collection}/${lastSegment(stringIn(target, key))}`;
}

/** Every kind of IAM member by its type's token. */
function kinds({ project, region }: Context): Readonly<Record<string, IamMemberKind>> {
  const here = { project, location: region };
  return {
    "gcp:projects/iAMMember:IAMMember": {
      target: { project: named },
      deleteBeforeReplace: true,
      path: (target) => `/v1/projects/${lastSegment(stringIn(target, "project"))}`,
      read: { ...READ_BY_POST, body: { options: { requestedPolicyVersion: 3 } } },
      write: { ...WRITE, body: (policy) => ({ policy, updateMask: "bindings,etag,auditConfigs" }) },
    },
    "gcp:serviceaccount/iAMMember:IAMMember": {
      target: { serviceAccountId: named },
      validate: ({ serviceAccountId }) =>
        formed(
          "serviceAccountId",
          serviceAccountId,
          /^projects\/[^/]+\/serviceAccounts\/[^/]+$/,
          "must be projects/…/serviceAccounts/…",
        ),
      path: (target) => `/v1/${stringIn(target, "serviceAccountId")}`,
      read: { method: "POST", suffix: ":getIamPolicy?options.requestedPolicyVersion=3" },
      write: WRITE,
    },
    "gcp:storage/bucketIAMMember:BucketIAMMember": {
      target: { bucket: named },
      path: (target) => `/storage/v1/b/${stringIn(target, "bucket").replace(/^b\//, "")}`,
      read: { method: "GET", suffix: "/iam?optionsRequestedPolicyVersion=3" },
      write: { method: "PUT", suffix: "/iam", body: (policy) => policy },
    },
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": {
      target: { repository: named, ...place },
      defaults: here,
      path: inLocation("v1", "repositories", "repository"),
      read: READ_BY_GET,
      write: WRITE,
    },
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": {
      target: { cryptoKeyId: named },
      path: (target) => `/v1/${stringIn(target, "cryptoKeyId")}`,
      read: READ_VERSION_3,
      write: WRITE,
    },
    "gcp:secretmanager/secretIamMember:SecretIamMember": {
      target: { secretId: named, project: replacing(text) },
      defaults: { project },
      path: (target) =>
        `/v1/projects/${stringIn(target, "project")}/secrets/${lastSegment(stringIn(target, "secretId"))}`,
      read: READ_VERSION_3,
      write: WRITE,
    },
    "gcp:cloudtasks/queueIamMember:QueueIamMember": {
      target: { name: replacing(text), ...place },
      defaults: here,
      autoNamed: true,
      path: inLocation("v2", "queues", "name"),
      read: READ_BY_POST,
      write: WRITE,
    },
    "gcp:pubsub/topicIAMMember:TopicIAMMember": {
      target: { topic: named, project: replacing(text) },
      defaults: { project },
      path: (target) =>
        `/v1/projects/${stringIn(target, "project")}/topics/${lastSegment(stringIn(target, "topic"))}`,
      read: READ_BY_GET,
      write: WRITE,
    },
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": {
      target: { name: replacing(text), ...place },
      defaults: here,
      autoNamed: true,
      path: inLocation("v2", "services", "name"),
      read: READ_BY_GET,
      write: WRITE,
    },
  };
}

/** The handlers of every kind of IAM member, which share one lock: two members of a resource share its policy. */
export function iamMemberHandlers(context: Context): Readonly<Record<string, ResourceHandler>> {
  const lock = createLock();
  return Object.fromEntries(
    Object.entries(kinds(context)).map(([token, kind]) => [token, iamMemberHandler(kind, context, lock)]),
  );
}

/** How the members of one kind of resource are sent to Google. */
interface IamMemberKind {
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
 * a resource at a time; a 409 or 412 makes the provider read and set it again.
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
function iamMemberHandler(kind: IamMemberKind, { client }: Context, lock: Lock): ResourceHandler {
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

/** Runs work under a name one after the other; work under other names goes on at the same time. */
type Lock = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Makes a lock whose names are its own. */
function createLock(): Lock {
  const last = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const before = last.get(name) ?? Promise.resolve();
    const current = before.then(work, work);
    last.set(name, current);
    return current;
  };
}

/** The members of a role, perhaps under a condition (IAM, Policy: bindings). */
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

/** A condition is identified by what it says (IAM, Conditions: a role may be bound once under each). */
function isSame(binding: Binding, role: string, condition: unknown): boolean {
  const saidBy = (value: unknown) =>
    isObject(value)
      ? JSON.stringify([textOf(value, "title"), textOf(value, "expression"), textOf(value, "description")])
      : undefined;
  return binding.role === role && saidBy(binding.condition) === saidBy(condition);
}
