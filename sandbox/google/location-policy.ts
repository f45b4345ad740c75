import { GoogleError } from "./errors.ts";

/** An organization policy that says where resources may be made: `constraints/gcp.resourceLocations`. */
export interface LocationPolicy {
  /** The locations that the organization allows, each by its own name; undefined while no policy restricts them. */
  allowed: readonly string[] | undefined;
  /**
   * @param kind of the resource, such as `a secret`
   * @throws GoogleError when a resource can't be made in one of the locations
   */
  require(kind: string, ...locations: readonly string[]): void;
}

/**
 * Makes the policy.
 *
 * @decision A resource is refused with 400 FAILED_PRECONDITION in a location that the organization does not allow.
 * @evidence recorded: GoogleCloudPlatform/marketing-analytics-jumpstart, issue 208: "Error creating Secret: googleapi: Error 400: Constraint constraints/gcp.resourceLocations violated for [orgpolicy:projects/1234567890] attempting to create a secret in [global]"
 * @matters deployment fails: an organization that restricts locations can deploy the program.
 *
 * @decision Every resource that has a location falls under the policy, not only secrets.
 * @evidence documentation: Google Cloud, "Resource locations supported services" (https://cloud.google.com/resource-manager/docs/organization-policy/defining-locations-supported-services); the words of the other services' refusals are assumed to be the same, and the program reads none of them
 * @matters deployment fails: a resource that leaves its location to a default stops `pulumi up`.
 */
export function createLocationPolicy(
  projectNumber: string,
  allowed: readonly string[] | undefined,
): LocationPolicy {
  const policy: LocationPolicy = {
    allowed,
    require(kind, ...locations) {
      const refused = locations.filter((location) => policy.allowed?.includes(location) === false);
      if (refused.length === 0) return;
      /**
       * @own The refusal that the blocks above describe.
       */
      throw new GoogleError(
        "FAILED_PRECONDITION",
        `Constraint constraints/gcp.resourceLocations violated for [orgpolicy:projects/${projectNumber}] ` +
          `attempting to create ${kind} in [${refused.join(", ")}].`,
      );
    },
  };
  return policy;
}
