import type { Properties } from "../handler.ts";
import type { Client } from "./client.ts";

/** What the handlers of a provider share. */
export interface Context {
  readonly client: Client;
  readonly project: string;
  readonly region: string;
  /** The folder that relative paths of assets start from. */
  readonly programFolder: string;
}

/** Marks what Pulumi made, unless the provider is told not to (Pulumi, Google Cloud provider: attribution label). */
const ATTRIBUTION = { "goog-pulumi-provisioned": "true" };

/** The labels that are sent. */
export function sentLabels(labels: Properties | undefined): Properties {
  return { ...ATTRIBUTION, ...labels };
}

/** The three outputs about labels: the program's own, and those with the provider's. */
export function labelOutputs(labels: Properties | undefined): Properties {
  const sent = sentLabels(labels);
  return { ...(labels ? { labels } : {}), effectiveLabels: sent, pulumiLabels: sent };
}
