import { type PolicyResource, type StackValidationPolicy, UnknownValueError } from "@pulumi/policy";

const everybody = ["allUsers", "allAuthenticatedUsers"];
const invokerRoles = ["roles/run.invoker", "roles/cloudfunctions.invoker"];

/** The one function that Okta must reach; it checks the hook's secret itself. */
const PUBLIC_ENTRY_POINT = "receive";

/**
 * Whoever can invoke `grant` can put people into groups, and whoever can invoke `reconcile` can have the past put through
 * the rules: only the queues and the schedule may.
 */
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
  return membersOf(props).some((member) => member !== undefined && everybody.includes(member));
}

function membersOf(props: PolicyResource["props"]): readonly (string | undefined)[] {
  const list: ArrayLike<string> | undefined = known(() => props["members"]);
  if (list === undefined) return [known(() => props["member"])];
  return Array.from({ length: list.length }, (_, index) => known(() => list[index]));
}

/**
 * What a preview knows: an account that is yet to be made is unknown, and is not everybody. Without this the engine would
 * leave the whole policy out of such a preview.
 */
function known<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnknownValueError) return undefined;
    throw error;
  }
}
