import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * When the stack was first made, in ISO 8601. The moment stands in the Pulumi state only, as a keeper of a random value that
 * nobody uses: nothing that is deleted in Google Cloud or Okta, or made again, changes it.
 */
export function recordBeginning(
  name: string,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<string | undefined> {
  const moment = new random.RandomUuid(
    `${name}-beginning`,
    { keepers: { since: new Date().toISOString() } },
    // Later runs of the program keep the first one's.
    { ...options, ignoreChanges: ["keepers"] },
  );
  return moment.keepers.apply((keepers) => keepers?.["since"]);
}
