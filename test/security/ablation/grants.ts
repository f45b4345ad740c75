import { objectIn, stringIn } from "../../../sandbox/deploy/google/inputs.ts";
import { textsOf, without } from "../../../sandbox/deploy/okta/inputs.ts";
import { changeInputs, takeAway, type Undo } from "./changes.ts";
import type { Declared } from "./declared.ts";
import { hosted, SERVICE } from "./hosted.ts";

/** One thing that somebody may do because the program says so. */
export interface Grant {
  /** Such as `roles/run.invoker`. */
  readonly right: string;
  /** On what it is held. */
  readonly on: string;
  readonly holder: string;
  /** The resource that holds it, by itself or as an item of a list. */
  readonly declared: Declared;
  readonly item?: { readonly list: string; readonly text: string };
  /** Takes it away by the cloud's management API. @returns what gives it back by the same */
  takeAway(): Promise<Undo>;
}

/** The kinds of IAM members: what the role is on, and the input that names it. */
export const members: Readonly<Record<string, readonly [kind: string, input: string]>> = {
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": ["repository", "repository"],
  "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": ["function", "name"],
  "gcp:cloudtasks/queueIamMember:QueueIamMember": ["queue", "name"],
  "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": ["key", "cryptoKeyId"],
  "gcp:projects/iAMMember:IAMMember": ["project", "project"],
  "gcp:pubsub/topicIAMMember:TopicIAMMember": ["topic", "topic"],
  "gcp:secretmanager/secretIamMember:SecretIamMember": ["secret", "secretId"],
  "gcp:serviceaccount/iAMMember:IAMMember": ["account", "serviceAccountId"],
  "gcp:storage/bucketIAMMember:BucketIAMMember": ["bucket", "bucket"],
};

/** What lets nobody do anything by itself. A type that is neither here nor looked at below is an error. */
const noGrants: ReadonlySet<string> = new Set([
  // Metrics, alerts, checks and pages: no account of the program's acts by them.
  "gcp:logging/metric:Metric",
  // Where audit records go; the account that writes them is Google's own, and its right is a grant.
  "gcp:bigquery/dataset:Dataset",
  "gcp:logging/projectSink:ProjectSink",
  "gcp:pubsub/topic:Topic",
  "gcp:monitoring/alertPolicy:AlertPolicy",
  "gcp:monitoring/customService:CustomService",
  "gcp:monitoring/dashboard:Dashboard",
  "gcp:monitoring/slo:Slo",
  "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig",
  "gcp:artifactregistry/repository:Repository",
  "gcp:cloudfunctionsv2/function:Function",
  "gcp:cloudscheduler/job:Job",
  "gcp:cloudtasks/queue:Queue",
  "gcp:kms/cryptoKey:CryptoKey",
  "gcp:kms/cryptoKeyVersion:CryptoKeyVersion",
  "gcp:kms/keyRing:KeyRing",
  "gcp:projects/service:Service",
  "gcp:secretmanager/secret:Secret",
  "gcp:secretmanager/secretVersion:SecretVersion",
  "gcp:serviceaccount/account:Account",
  "gcp:storage/bucket:Bucket",
  "gcp:storage/bucketObject:BucketObject",
  "okta:app/oAuth:OAuth",
  "okta:group/group:Group",
  "okta:index/eventHook:EventHook",
  "okta:index/eventHookVerification:EventHookVerification",
  "random:index/randomPassword:RandomPassword",
  "random:index/randomUuid:RandomUuid",
]);

/** What a role is on that reaches everything. */
export const THE_PROJECT = "the project";

/** The types of Okta's that are grants. */
export const SCOPES = "okta:index/appOauthApiScope:AppOauthApiScope";
export const ROLE = "okta:index/adminRoleCustom:AdminRoleCustom";
export const RESOURCE_SET = "okta:index/resourceSet:ResourceSet";
export const ASSIGNMENT = "okta:app/oauthRoleAssignment:OauthRoleAssignment";

/**
 * Every single grant among declared resources, in a fixed order.
 *
 * @throws Error when there is a resource of a type that may hold a grant and is not known here
 */
export function grantsAmong(all: readonly Declared[]): Grant[] {
  return all
    .flatMap((declared) => grantsOf(declared, all))
    .sort((one, other) => describeGrant(one).localeCompare(describeGrant(other), "en"));
}

/** One line that names a grant. */
export function describeGrant({ right, on, holder }: Grant): string {
  return `${holder}: ${right} on ${on}`;
}

/**
 * What an IAM member's role is on: one resource, or `the project`, and for what part of it; undefined for what is not an IAM
 * member.
 */
export function placeOfMember({ type, inputs }: Declared): string | undefined {
  const member = members[type];
  if (member === undefined) return undefined;
  const [kind, input] = member;
  const condition = objectIn(inputs, "condition");
  const only = condition === undefined ? "" : `, if \`${stringIn(condition, "expression")}\``;
  return kind === "project" ? `${THE_PROJECT}${only}` : `${kind} \`${shortName(stringIn(inputs, input))}\``;
}

function grantsOf(declared: Declared, all: readonly Declared[]): Grant[] {
  const { type, inputs } = declared;
  if (noGrants.has(type)) return [];
  const on = placeOfMember(declared);
  if (on !== undefined) {
    const holder = holderOf(stringIn(inputs, "member"));
    return [{ right: stringIn(inputs, "role"), on, holder, declared, takeAway: () => takeAway(declared) }];
  }
  switch (type) {
    case SCOPES: {
      const holder = appOf(stringIn(inputs, "appId"), all);
      return eachOf(declared, "scopes", (scope) => ({ right: `scope ${scope}`, on: "Okta's API", holder }));
    }
    case ROLE: {
      const holder = holderOfRole("role", declared, all);
      return eachOf(declared, "permissions", (permission) => ({
        right: `permission ${permission}`,
        on: "what its resource set holds",
        holder,
      }));
    }
    case RESOURCE_SET: {
      const holder = holderOfRole("resourceSet", declared, all);
      return eachOf(declared, "resources", (url) => ({
        right: "its custom role",
        on: resourceOf(url, all),
        holder,
      }));
    }
    case SERVICE: {
      if (inputs["invokerIamDisabled"] !== true) return [];
      return [
        {
          right: "call without a check (`invokerIamDisabled`)",
          on: `function \`${hosted.service.entryPointOf(inputs)}\``,
          holder: "everybody",
          declared,
          takeAway: () => changeInputs(declared, { invokerIamDisabled: false }),
        },
      ];
    }
    case ASSIGNMENT: {
      const custom = inputs["type"] === "CUSTOM";
      return [
        {
          right: custom ? "assignment of its custom role" : `role ${stringIn(inputs, "type")}`,
          on: custom ? "its resource set" : "the Okta org",
          holder: appOf(stringIn(inputs, "clientId"), all),
          declared,
          takeAway: () => takeAway(declared),
        },
      ];
    }
    default:
      throw new Error(`Nobody has looked whether a ${type} is a grant: write it in ${import.meta.filename}.`);
  }
}

/** A grant for each item of a list, which is taken away from the list. */
function eachOf(
  declared: Declared,
  list: string,
  describe: (item: string) => Pick<Grant, "right" | "on" | "holder">,
): Grant[] {
  const items = textsOf(declared.inputs, list);
  return items.map((text) => ({
    ...describe(text),
    declared,
    item: { list, text },
    takeAway: () => changeInputs(declared, { [list]: without(items, [text]) }),
  }));
}

function holderOf(member: string): string {
  if (!member.startsWith("serviceAccount:")) return `\`${member}\``;
  const [id = ""] = member.slice("serviceAccount:".length).split("@");
  return `account \`${shortName(id)}\``;
}

/** The app to which a custom role, or its resource set, was assigned. */
function holderOfRole(input: "role" | "resourceSet", { state }: Declared, all: readonly Declared[]): string {
  const assignment = all.find(({ type, inputs }) => type === ASSIGNMENT && inputs[input] === state.id);
  return assignment === undefined ? "nobody" : appOf(stringIn(assignment.inputs, "clientId"), all);
}

/** Which app it is, by its label without the stack and the number of its key. */
function appOf(id: string, all: readonly Declared[]): string {
  const app = all.find(({ type, state }) => type === "okta:app/oAuth:OAuth" && state.id === id);
  const label = app === undefined ? id : stringIn(app.inputs, "label");
  return label.includes("log reader") ? "app of `reconcile`" : "app of `grant`";
}

function resourceOf(url: string, all: readonly Declared[]): string {
  const id = url.slice(url.lastIndexOf("/") + 1);
  const group = all.find(({ type, state }) => type === "okta:group/group:Group" && state.id === id);
  if (group !== undefined) return `group \`${stringIn(group.inputs, "name")}\``;
  return id === "users" ? "all users" : url;
}

/** A name without the component's before it and the random end that Pulumi or the program gives it. */
export function shortName(fullName: string): string {
  return fullName
    .slice(fullName.lastIndexOf("/") + 1)
    .replace(/^signin-groups-/, "")
    .replace(/-[0-9a-f]{5}(?:[0-9a-f]{2})?$/, "");
}
