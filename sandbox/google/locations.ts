import { GoogleError, invalidField } from "./errors.ts";

/** The regions of Google Cloud. */
export const regions: ReadonlySet<string> = new Set(
  (
    "africa-south1 asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1 " +
    "asia-south2 asia-southeast1 asia-southeast2 asia-southeast3 australia-southeast1 australia-southeast2 europe-central2 " +
    "europe-north1 europe-north2 europe-southwest1 europe-west1 europe-west2 europe-west3 europe-west4 " +
    "europe-west6 europe-west8 europe-west9 europe-west10 europe-west12 me-central1 me-central2 me-west1 " +
    "northamerica-northeast1 northamerica-northeast2 northamerica-south1 southamerica-east1 " +
    "southamerica-west1 us-central1 us-east1 us-east4 us-east5 us-south1 us-west1 us-west2 us-west3 us-west4"
  ).split(" "),
);
/** The regions that have Cloud Tasks. */
export const queueRegions: ReadonlySet<string> = new Set(
  (
    "asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1 asia-southeast1 asia-southeast2 " +
    "australia-southeast1 europe-central2 europe-west1 europe-west2 europe-west3 europe-west6 northamerica-northeast1 " +
    "southamerica-east1 us-central1 us-east1 us-east4 us-west1 us-west2 us-west3 us-west4"
  ).split(" "),
);
const MULTI_REGIONS = new Set(["us", "eu", "asia", "europe", "global"]);

/**
 * Checks that a place is a region of Google Cloud. @throws GoogleError when it is none
 *
 * @decision A place that is not a region of Google Cloud is refused with 400.
 * @evidence recorded: googleapis/nodejs-tasks#509: "Location 'europe-west1' is not a valid location.", for Cloud
 * Tasks; the other services' words are not public.
 * @matters deployment fails: a mistyped region is refused before anything is made.
 */
export function requireRegion(location: string): void {
  if (!regions.has(location)) throw invalidField("location", `"${location}" is not a region of Google Cloud`);
}

/**
 * Checks that queues can be made in a place. @throws GoogleError when they can't
 *
 * @decision Cloud Tasks is offered in some regions only, not for example in europe-west4.
 * @evidence documentation: Google Cloud, "Cloud Tasks locations" (https://cloud.google.com/tasks/docs/locations), a copy read in November 2026
 * @matters deployment fails: a preview refuses a region without Cloud Tasks.
 *
 * @decision A queue elsewhere is refused with 400 INVALID_ARGUMENT.
 * @evidence recorded: googleapis/nodejs-tasks, issue 509: "INVALID_ARGUMENT: Location 'europe-west1' is not a valid location. Use ListLocations to list valid locations."
 * @matters deployment fails: without the preview's check an update would stop at the queue, half way.
 */
export function requireQueueRegion(location: string): void {
  if (queueRegions.has(location)) return;
  throw new GoogleError(
    "INVALID_ARGUMENT",
    `Location '${location}' is not a valid location. Use ListLocations to list valid locations.`,
  );
}

/** Checks that a place is a region or a multi-region, in any case of letters. @throws GoogleError when it is neither */
export function requireLocation(location: string): void {
  const lower = location.toLowerCase();
  if (!MULTI_REGIONS.has(lower)) requireRegion(lower);
}

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
