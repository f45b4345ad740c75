import type { ResourceValidationPolicy } from "@pulumi/policy";
import { isObject, parseJson } from "../../function/shared/json.ts";
import { known } from "./known.ts";

/**
 * Every role that the integration gives in Google Cloud, by what it is given on: docs/security.md shows what stops without
 * each. A test holds this list equal to what the program declares.
 */
export const neededRoles: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    "projects",
    new Set(["roles/logging.logWriter", "roles/storage.objectViewer", "roles/bigquery.dataEditor"]),
  ],
  ["pubsub/Topic", new Set(["roles/pubsub.publisher"])],
  ["storage/Bucket", new Set(["roles/storage.objectUser"])],
  ["artifactregistry/Repository", new Set(["roles/artifactregistry.writer"])],
  ["kms/CryptoKey", new Set(["roles/cloudkms.signer"])],
  ["secretmanager/Secret", new Set(["roles/secretmanager.secretAccessor"])],
  ["cloudtasks/Queue", new Set(["roles/cloudtasks.enqueuer"])],
  ["cloudrunv2/Service", new Set(["roles/run.invoker"])],
]);

/** A condition that limits a role. */
interface NeededCondition {
  readonly expression: RegExp;
  readonly example: string;
}

/**
 * A role on the project that is needed for some resources only, by the condition that leaves out all others. Without it a build
 * could read every bucket, that of the stack's state among them, and every log sink of the project could change every dataset.
 */
const neededConditions: ReadonlyMap<string, NeededCondition> = new Map([
  [
    "roles/storage.objectViewer",
    {
      expression: /^resource\.name\.startsWith\("projects\/_\/buckets\/gcf-v2-sources-"\)$/,
      example: 'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")',
    },
  ],
  [
    "roles/bigquery.dataEditor",
    {
      expression:
        /^resource\.name == "(projects\/[\w:.-]+\/datasets\/\w+_audit_\w+)" \|\| resource\.name\.startsWith\("\1\/"\)$/,
      example:
        'resource.name == "projects/PROJECT/datasets/NAME_audit_ID" || resource.name.startsWith("projects/PROJECT/datasets/NAME_audit_ID/")',
    },
  ],
]);

/** A right to something, as the provider's classes are called, such as `gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember`. */
const access = /^gcp:(\w+)\/\w+:(\w*)I(?:AM|am)(?:Member|Binding|Policy)$/;

/** What a resource gives rights to, such as `kms/CryptoKey`; undefined for a resource that gives none. */
export function targetOf(type: string): string | undefined {
  const [, module, kind] = access.exec(type) ?? [];
  if (module === undefined) return undefined;
  return kind ? `${module}/${kind}` : module;
}

/**
 * A role that is wider than the integration needs, or on something that it need not reach: the owner of the project can read
 * every secret, use every key and change every function.
 */
export const onlyNeededRoles: ResourceValidationPolicy = {
  name: "only-needed-google-roles",
  description:
    "A binding in Google Cloud must give a role that this integration needs, on what it needs it for.",
  validateResource({ type, name, props }, report) {
    if (type === "gcp:serviceaccount/key:Key") {
      report(
        `${name} makes a key of a service account, which works for years wherever it is copied. Remove it.`,
      );
      return;
    }
    const target = targetOf(type);
    if (target === undefined) return;
    for (const role of new Set(rolesGiven(props))) {
      const condition = target === "projects" ? neededConditions.get(role) : undefined;
      if (
        condition !== undefined &&
        !condition.expression.test(String(known(() => props["condition"]?.expression, condition.example)))
      ) {
        report(
          `${name} (${type}) gives ${role} without the condition that limits it. Set it to: ${condition.example}`,
        );
        continue;
      }
      if (neededRoles.get(target)?.has(role)) continue;
      const needed = [...(neededRoles.get(target) ?? [])].join(", ") || "none";
      report(
        `${name} (${type}) gives ${role}, which this integration does not need there (it needs: ${needed}). ` +
          "Remove it; a role that the integration has come to need is added in infra/policy/google-roles.ts.",
      );
    }
  },
};

/** The roles of a member, a binding or a policy, as far as they are known. */
function rolesGiven(props: Readonly<Record<string, unknown>>): string[] {
  const role = known(() => props["role"]);
  if (typeof role === "string") return [role];
  const policy = known(() => props["policyData"]);
  const bindings = typeof policy === "string" ? bindingsOf(policy) : [];
  return bindings.map((binding) => (isObject(binding) ? String(binding["role"]) : "an unreadable role"));
}

function bindingsOf(policyData: string): readonly unknown[] {
  const policy = parseJson(policyData);
  const bindings = isObject(policy) ? (policy["bindings"] ?? []) : undefined;
  return Array.isArray(bindings) ? bindings : [undefined];
}
