import { objectIn, pick, stringIn } from "../../../sandbox/deploy/google/inputs.ts";
import type { Properties } from "../../../sandbox/deploy/handler.ts";
import { textsOf, without } from "../../../sandbox/deploy/okta/inputs.ts";
import { narrowerRoles } from "../../../sandbox/google/iam/roles.ts";
import {
  narrowerPermissions,
  narrowerScopes,
  narrowerStandardRoles,
} from "../../../sandbox/okta/auth/rights.ts";
import { changeInputs, putInPlace, type Undo } from "./changes.ts";
import type { Deployed } from "./deployment.ts";
import {
  ASSIGNMENT,
  describeGrant,
  type Grant,
  members,
  placeOfMember,
  RESOURCE_SET,
  ROLE,
  SCOPES,
  shortName,
  THE_PROJECT,
} from "./grants.ts";
import { SERVICE } from "./hosted.ts";

/** A grant that allows less than a declared one, to be tried in its place. */
export interface Narrower {
  /** One line that names both. */
  readonly name: string;
  /** Puts it in place of the declared one. @returns what undoes that; undefined when there is no such grant */
  putInPlace(): Promise<Undo | undefined>;
}

/** What there is, and what makes more. */
type Context = Pick<Deployed, "declared" | "handlerOf">;

/** The types of IAM members by the resources that can have them. */
const memberTypes: Readonly<Record<string, string>> = {
  "gcp:artifactregistry/repository:Repository":
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
  "gcp:cloudfunctionsv2/function:Function": "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
  "gcp:cloudtasks/queue:Queue": "gcp:cloudtasks/queueIamMember:QueueIamMember",
  "gcp:kms/cryptoKey:CryptoKey": "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
  "gcp:pubsub/topic:Topic": "gcp:pubsub/topicIAMMember:TopicIAMMember",
  "gcp:secretmanager/secret:Secret": "gcp:secretmanager/secretIamMember:SecretIamMember",
  "gcp:serviceaccount/account:Account": "gcp:serviceaccount/iAMMember:IAMMember",
  "gcp:storage/bucket:Bucket": "gcp:storage/bucketIAMMember:BucketIAMMember",
};

/** Everything that the local clouds know to allow less than a grant does. */
export function narrowerThan(grant: Grant, context: Context): readonly Narrower[] {
  const { declared, item } = grant;
  const { type, inputs } = declared;
  if (placeOfMember(declared) !== undefined) return narrowerMembers(grant, context);
  if (type === ASSIGNMENT) {
    return narrowerStandardRoles(stringIn(inputs, "type")).map((role) =>
      inPlaceOf(grant, context, `role ${role}`, { ...inputs, type: role }),
    );
  }
  if (type === SERVICE) return [knownInPlaceOfEverybody(grant, context)];
  if (item === undefined) return [];
  switch (type) {
    case SCOPES:
      return narrowerScopes(item.text).flatMap((scope) => inListOf(grant, `scope ${scope}`, [scope]));
    case ROLE:
      return narrowerPermissions(item.text).flatMap((permission) =>
        inListOf(grant, `permission ${permission}`, [permission]),
      );
    case RESOURCE_SET:
      return narrowerResources(grant, item.text, context);
    default:
      return [];
  }
}

/** A role that allows less, fewer who have it, or one thing in place of the project. */
function narrowerMembers(grant: Grant, context: Context): readonly Narrower[] {
  const { inputs } = grant.declared;
  const [role, member] = [stringIn(inputs, "role"), stringIn(inputs, "member")];
  const roles = narrowerRoles(role).map((other) =>
    inPlaceOf(grant, context, other, { ...inputs, role: other }),
  );
  const known = "allAuthenticatedUsers";
  const people =
    member === "allUsers" ? [inPlaceOf(grant, context, known, { ...inputs, member: known })] : [];
  if (!grant.on.startsWith(THE_PROJECT)) return [...roles, ...people];
  const conditions = narrowerConditions(grant, context);
  const things = context.declared.flatMap(({ type, state }) => {
    const memberType = memberTypes[type] ?? "";
    const [kind, input] = members[memberType] ?? [];
    if (input === undefined) return [];
    const less = `the same on ${kind} \`${shortName(state.id)}\``;
    return [inPlaceOf(grant, context, less, { [input]: state.id, role, member }, memberType)];
  });
  return [...roles, ...people, ...conditions, ...things];
}

/** Each condition that the program knows, or one part of the grant's own. */
function narrowerConditions(grant: Grant, context: Context): readonly Narrower[] {
  const { inputs } = grant.declared;
  const own = objectIn(inputs, "condition");
  const expressionOf = (condition: Properties) => stringIn(condition, "expression");
  const parts = own === undefined ? [] : expressionOf(own).split(" || ");
  const narrower: readonly Properties[] =
    own === undefined
      ? context.declared
          .map((declared) => objectIn(declared.inputs, "condition"))
          .filter((condition) => condition !== undefined)
      : parts.length > 1
        ? parts.map((expression) => ({ ...own, expression }))
        : [];
  return narrower.map((condition) =>
    inPlaceOf(grant, context, `the same if \`${expressionOf(condition)}\``, { ...inputs, condition }),
  );
}

/** The check of a service that has none, with everybody whom Google knows as its invoker. */
function knownInPlaceOfEverybody(grant: Grant, { handlerOf }: Context): Narrower {
  const { declared } = grant;
  const { inputs } = declared;
  const member = "allAuthenticatedUsers";
  return {
    name: nameOf(grant, member),
    async putInPlace() {
      const giveBack = await changeInputs(declared, { invokerIamDisabled: false });
      const handler = handlerOf("gcp:cloudrunv2/serviceIamMember:ServiceIamMember");
      const binding = await handler.create({
        ...pick(inputs, "project", "location", "name"),
        role: "roles/run.invoker",
        member,
      });
      return async () => {
        await handler.delete(binding);
        await giveBack();
      };
    },
  };
}

/** The groups of the program in place of all groups, and who is in them in place of all users. */
function narrowerResources(grant: Grant, url: string, { declared }: Context): readonly Narrower[] {
  const groups = declared
    .filter(({ type }) => type === "okta:group/group:Group")
    .map(({ state }) => state.id);
  const base = url.slice(0, url.lastIndexOf("/"));
  const urls = groups.map((id) => `${base}/groups/${id}`);
  if (url === `${base}/groups`) return inListOf(grant, "the groups of the rules", urls);
  if (url !== `${base}/users`) return [];
  const users = urls.map((group) => `${group}/users`);
  return inListOf(grant, "who is in the groups of the rules", users);
}

function inPlaceOf(
  grant: Grant,
  { handlerOf }: Context,
  less: string,
  inputs: Properties,
  type = grant.declared.type,
): Narrower {
  return {
    name: nameOf(grant, less),
    putInPlace: () => putInPlace(grant.declared, handlerOf(type), inputs),
  };
}

/** None when the list holds all of it already: then it is not another grant, but one less. */
function inListOf(grant: Grant, less: string, items: readonly string[]): readonly Narrower[] {
  const { declared, item } = grant;
  if (item === undefined) return [];
  const others = without(textsOf(declared.inputs, item.list), [item.text]);
  const added = without(items, others);
  if (added.length === 0) return [];
  return [
    {
      name: nameOf(grant, less),
      putInPlace: () => changeInputs(declared, { [item.list]: [...others, ...added] }),
    },
  ];
}

function nameOf(grant: Grant, less: string): string {
  return `${describeGrant(grant)}: ${less} would do`;
}
