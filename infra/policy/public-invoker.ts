import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { known } from "./known.ts";

/** The one function that Okta must reach; it checks the hook's secret itself. */
const PUBLIC_ENTRY_POINT = "receive";
const INVOKER = "roles/run.invoker";

/** The resources that give access to a Cloud Run service, and can make a function public. */
const serviceAccess = /^gcp:cloudrunv2\/serviceIam(Member|Binding|Policy):/;

/**
 * Public access to anything else, such as a queue, a key, a secret or the right to change a function, leads to a group, to
 * the log of sign-ins or to the hook's secret. A policy on a single resource runs before that resource is created or changed.
 */
export const onlyInvokingIsPublic: ResourceValidationPolicy = {
  name: "only-invoking-is-public",
  description: `Everybody may have no role but ${INVOKER}, on a Cloud Run service, or on the receiver without asking for it.`,
  validateResource({ type, name, props }, report) {
    // A group in Okta may have any name.
    if (type.startsWith("okta:")) return;
    const mayInvoke = serviceAccess.test(type) || isReceiver({ type, props });
    const roles = rolesOfEverybody(props).filter((role) => !(role === INVOKER && mayInvoke));
    for (const role of new Set(roles)) {
      report(
        `${name} (${type}) gives everybody ${role ?? "access"}. Give it to an account instead; ` +
          `everybody may have ${INVOKER} on the function "${PUBLIC_ENTRY_POINT}" and nothing else.`,
      );
    }
  },
};

/**
 * A caller of `grant` can put people into groups, and a caller of `reconcile` can apply the rules to past sign-ins: only the
 * queues and the schedule may call them.
 */
export const onlyReceiverIsPublic: StackValidationPolicy = {
  name: "only-receiver-is-public",
  description: "Only the receiver may be invoked by everybody.",
  validateStack({ resources }, report) {
    for (const resource of resources) {
      if (!serviceAccess.test(resource.type) || rolesOfEverybody(resource.props).length === 0) continue;
      const targets = resource.propertyDependencies["name"] ?? [];
      if (targets.length > 0 && targets.every(isReceiver)) continue;
      report(
        `${resource.name} lets everybody invoke a private function. Bind a service account instead; ` +
          `only the function "${PUBLIC_ENTRY_POINT}" may be public, named by its output.`,
        resource.urn,
      );
    }
  },
};

/** Whether a resource is the function that Okta calls, whatever runs it. */
function isReceiver({ type, props }: Pick<PolicyResource, "type" | "props">): boolean {
  switch (type) {
    case "gcp:cloudfunctionsv2/function:Function":
      return known(() => props["buildConfig"]?.entryPoint) === PUBLIC_ENTRY_POINT;
    case "gcp:cloudrunv2/service:Service":
      // What the one container starts ends with: index.js receive
      return known(() => props["template"]?.containers?.[0]?.args?.at(-1)) === PUBLIC_ENTRY_POINT;
    default:
      return false;
  }
}

/** Google Cloud's names for everybody (Google Cloud, "Principal identifiers"); an access control list puts a role before it. */
const everybody = /^(?:[A-Z]+:)?(?:allUsers|allAuthenticatedUsers)$/i;

/** Access control lists of Cloud Storage that are for everybody (Google Cloud, "Predefined ACLs"). */
const publicLists: readonly unknown[] = ["publicRead", "publicReadWrite", "authenticatedRead"];

/**
 * The role of each place in a resource's properties that gives everybody access; undefined where the place names none. It
 * searches all of them, and the JSON in them, such as a policy's data: every service uses the same names for everybody.
 */
function rolesOfEverybody(value: unknown, role?: string): readonly (string | undefined)[] {
  if (typeof value === "string") {
    if (everybody.test(value.trim())) return [role];
    const parsed = parseObject(value);
    return parsed === undefined ? [] : rolesOfEverybody(parsed, role);
  }
  if (typeof value !== "object" || value === null) return [];
  const named = known(() => Reflect.get(value, "role"));
  const roleHere = typeof named === "string" ? named : role;
  return Object.keys(value).flatMap((key) => {
    const member: unknown = known(() => Reflect.get(value, key));
    // Cloud Run then asks nobody for the role (Google Cloud, "Allow public access").
    if (key === "invokerIamDisabled" && member === true) return [INVOKER];
    const opens = (key === "predefinedAcl" || key === "defaultAcl") && publicLists.includes(member);
    return opens ? [undefined] : rolesOfEverybody(member, roleHere);
  });
}

function parseObject(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
