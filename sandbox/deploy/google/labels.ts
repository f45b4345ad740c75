import type { JsonObject } from "../../../function/shared/json.ts";
import type { Properties } from "../handler.ts";
import { objectOf, toProperties } from "./answers.ts";
import { isProperties } from "./inputs.ts";

/** Marks what Pulumi made, unless the provider is configured not to (Pulumi, Google Cloud provider: attribution label). */
const ATTRIBUTION = { "goog-pulumi-provisioned": "true" };

/** The outputs about labels that are secret, as Pulumi's schema has them. */
export const secretLabelOutputs = ["effectiveLabels", "pulumiLabels"];

/** The labels that are sent with a new resource. */
export function sentLabels(inputs: Properties): Properties {
  return { ...ATTRIBUTION, ...labelsIn(inputs, "labels") };
}

/** The labels that are sent with a change: those that others put there stay. */
export function changedLabels(outputs: Properties, inputs: Properties): Properties {
  const before = { ...labelsIn(outputs, "pulumiLabels"), ...labelsIn(outputs, "labels") };
  const foreign = Object.entries(labelsIn(outputs, "effectiveLabels")).filter(
    ([key]) => !Object.hasOwn(before, key),
  );
  return { ...Object.fromEntries(foreign), ...sentLabels(inputs) };
}

/** The three outputs about labels: the program's own as they are now, what is sent, and all that there are. */
export function labelOutputs(answer: JsonObject, known: Properties): Properties {
  const effectiveLabels = toProperties(objectOf(answer, "labels"));
  const given = labelsIn(known, "labels");
  const ours = Object.entries(effectiveLabels).filter(([key]) => Object.hasOwn(given, key));
  return {
    ...(isProperties(known["labels"]) ? { labels: Object.fromEntries(ours) } : {}),
    pulumiLabels: sentLabels(known),
    effectiveLabels,
  };
}

function labelsIn(properties: Properties, key: string): Properties {
  const labels = properties[key];
  return isProperties(labels) ? labels : {};
}
