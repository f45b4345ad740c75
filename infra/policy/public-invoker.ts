import type { PolicyResource, StackValidationPolicy } from "@pulumi/policy";

const everybody = ["allUsers", "allAuthenticatedUsers"];
const invokerRoles = ["roles/run.invoker", "roles/cloudfunctions.invoker"];

/** The one function that Okta must reach; it checks the hook's secret itself. */
const PUBLIC_ENTRY_POINT = "receive";

/** Whoever can invoke `grant` can put people into groups: only the queue may. */
export const onlyReceiverIsPublic: StackValidationPolicy = {
  name: "only-receiver-is-public",
  description: "Only the receiver may be invoked by everybody.",
  validateStack({ resources }, report) {
    for (const resource of resources.filter(letsEverybodyInvoke)) {
      const targets = Object.values(resource.propertyDependencies)
        .flat()
        .filter(({ type }) => type === "gcp:cloudfunctionsv2/function:Function");
      const isReceiver = ({ props }: PolicyResource) =>
        props["buildConfig"].entryPoint === PUBLIC_ENTRY_POINT;
      if (targets.length === 0 || !targets.every(isReceiver)) {
        report(
          `${resource.name} lets everybody invoke a private function. Bind a service account instead; ` +
            `only the function "${PUBLIC_ENTRY_POINT}" may be public.`,
          resource.urn,
        );
      }
    }
  },
};

function letsEverybodyInvoke({ type, props }: PolicyResource): boolean {
  if (!/I[Aa][Mm](Member|Binding)$/.test(type) || !invokerRoles.includes(props["role"])) return false;
  const members: readonly string[] = props["members"] ?? [props["member"]];
  return members.some((member) => everybody.includes(member));
}
