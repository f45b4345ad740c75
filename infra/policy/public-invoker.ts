import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { known } from "./known.ts";

/** The one function that Okta must reach; it checks the hook's secret itself. */
const PUBLIC_ENTRY_POINT = "receive";
const INVOKER = "roles/run.invoker";

/** Who may do what with a Cloud Run service: the resources by which a function becomes public. */
const serviceAccess = /^gcp:cloudrunv2\/serviceIam(Member|Binding|Policy):/;

/**
 * Whatever else somebody opens, such as a queue, a key, a secret or the right to change a function, leads to a group, to
 * the log of sign-ins or to the hook's secret. As a policy on one resource it is asked before that is made or changed.
 */
export const onlyInvokingIsPublic: ResourceValidationPolicy = {
  name: "only-invoking-is-public",
  description: `Everybody may have no role but ${INVOKER}, on a Cloud Run service.`,
  validateResource({ type, name, props }, report) {
    // A group in Okta may have any name.
    if (type.startsWith("okta:")) return;
    const roles = rolesOfEverybody(props).filter((role) => !(role === INVOKER && serviceAccess.test(type)));
    for (const role of new Set(roles)) {
      report(
        `${name} (${type}) gives everybody ${role ?? "access"}. Give it to an account instead; ` +
          `everybody may have ${INVOKER} on the function "${PUBLIC_ENTRY_POINT}" and nothing else.`,
      );
    }
  },
};

/**
 * Whoever can invoke `grant` can put people into groups, and whoever can invoke `reconcile` can have the past put through
 * the rules: only the queues and the schedule may.
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

function isReceiver({ type, props }: PolicyResource): boolean {
  return (
    type === "gcp:cloudfunctionsv2/function:Function" &&
    known(() => props["buildConfig"]?.entryPoint) === PUBLIC_ENTRY_POINT
  );
}

/** How Google Cloud calls everybody (Google Cloud, "Principal identifiers"); an access control list puts a role before it. */
const everybody = /^(?:[A-Z]+:)?(?:allUsers|allAuthenticatedUsers)$/i;

/** Access control lists of Cloud Storage that are for everybody (Google Cloud, "Predefined ACLs"). */
const publicLists: readonly unknown[] = ["publicRead", "publicReadWrite", "authenticatedRead"];

/**
 * The role of each place in a resource's properties that lets everybody in; undefined where the place names none. It looks
 * through all of them, and through the JSON in them, such as a policy's data: whatever the service, it calls everybody the
 * same.
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
    const opens =
      ((key === "predefinedAcl" || key === "defaultAcl") && publicLists.includes(member)) ||
      // Cloud Run then asks nobody for a role (Google Cloud, "Allow public access").
      (key === "invokerIamDisabled" && member === true);
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
