import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { rolesOfEverybody } from "./everybody.ts";
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
