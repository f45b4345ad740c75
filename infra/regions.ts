/** A region's place, in degrees north and east of the city that Google names for it ("Geography and regions"). */
const places: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["africa-south1", [-26, 28]],
  ["asia-east1", [24, 120]],
  ["asia-east2", [22, 114]],
  ["asia-northeast1", [36, 140]],
  ["asia-northeast2", [35, 135]],
  ["asia-northeast3", [38, 127]],
  ["asia-south1", [19, 73]],
  ["asia-south2", [29, 77]],
  ["asia-southeast1", [1, 104]],
  ["asia-southeast2", [-6, 107]],
  ["asia-southeast3", [14, 101]],
  ["australia-southeast1", [-34, 151]],
  ["australia-southeast2", [-38, 145]],
  ["europe-central2", [52, 21]],
  ["europe-north1", [61, 27]],
  ["europe-north2", [59, 18]],
  ["europe-southwest1", [40, -4]],
  ["europe-west1", [50, 4]],
  ["europe-west2", [52, 0]],
  ["europe-west3", [50, 9]],
  ["europe-west4", [53, 7]],
  ["europe-west6", [47, 9]],
  ["europe-west8", [45, 9]],
  ["europe-west9", [49, 2]],
  ["europe-west10", [53, 13]],
  ["europe-west12", [45, 8]],
  ["me-central1", [25, 52]],
  ["me-central2", [26, 50]],
  ["me-west1", [32, 35]],
  ["northamerica-northeast1", [45, -74]],
  ["northamerica-northeast2", [44, -79]],
  ["northamerica-south1", [21, -100]],
  ["southamerica-east1", [-24, -47]],
  ["southamerica-west1", [-33, -71]],
  ["us-central1", [41, -96]],
  ["us-east1", [33, -80]],
  ["us-east4", [39, -77]],
  ["us-east5", [40, -83]],
  ["us-south1", [33, -97]],
  ["us-west1", [46, -121]],
  ["us-west2", [34, -118]],
  ["us-west3", [41, -112]],
  ["us-west4", [36, -115]],
] as const);

/** When the lists below were read, as a person writes it. */
const READ = "November 2026";

/**
 * The services that Google offers in some regions only, each with the regions that its page lists. The other services that
 * the program needs are offered in all of these: Cloud Run and Cloud Functions, Cloud KMS, Artifact Registry, Secret Manager
 * and Cloud Storage ("Locations" in the documentation of each). Cloud Scheduler is offered in more regions than Cloud Tasks.
 */
const limited = [
  {
    name: "Cloud Tasks",
    /** Google Cloud, "Cloud Tasks locations" (https://cloud.google.com/tasks/docs/locations). */
    regions: new Set([
      "asia-east1",
      "asia-east2",
      "asia-northeast1",
      "asia-northeast2",
      "asia-northeast3",
      "asia-south1",
      "asia-southeast1",
      "asia-southeast2",
      "australia-southeast1",
      "europe-central2",
      "europe-west1",
      "europe-west2",
      "europe-west3",
      "europe-west6",
      "northamerica-northeast1",
      "southamerica-east1",
      "us-central1",
      "us-east1",
      "us-east4",
      "us-west1",
      "us-west2",
      "us-west3",
      "us-west4",
    ]),
  },
] as const;

/** How many regions an error proposes. */
const PROPOSALS = 3;

/**
 * What is wrong with a region. Google is not asked, because before the first update its APIs are off and answer nobody.
 *
 * @param trusted whether the user says that Google by now offers what the lists lack
 * @returns what to write instead, or nothing
 */
export function regionFault(region: string | undefined, trusted: boolean): string | undefined {
  if (region === undefined || !/^[a-z]+-[a-z]+\d+$/.test(region)) {
    return 'it must be a region of Cloud Run, for example "pulumi config set gcp:region europe-west1".';
  }
  const lacking = servicesLacking(region);
  if (trusted || lacking === "") return undefined;
  return (
    `Google Cloud does not offer ${lacking} there, according to its list of ${READ}. The nearest regions that have everything that ` +
    `the program needs are ${nearestTo(region).join(", ")}. If Google offers it now, set trustRegion to true.`
  );
}

/** What can't be said for certain of a region that is taken. */
export function regionWarning(region: string): string | undefined {
  if (!places.has(region)) {
    return `The region "${region}" is unknown to this program, as of ${READ}. If Google Cloud does not have it, or does not offer Cloud Tasks there, the update fails: check it at https://cloud.google.com/tasks/docs/locations.`;
  }
  const lacking = servicesLacking(region);
  if (lacking === "") return undefined;
  return `The region "${region}" is not checked (trustRegion): as of ${READ}, Google Cloud did not offer ${lacking} there.`;
}

function servicesLacking(region: string): string {
  if (!places.has(region)) return "";
  return limited
    .filter(({ regions }) => !regions.has(region))
    .map(({ name }) => name)
    .join(" and ");
}

/** The regions that have everything, the nearest first. */
function nearestTo(region: string): string[] {
  const from = places.get(region);
  if (from === undefined) return [];
  return [...places]
    .filter(([name]) => servicesLacking(name) === "")
    .map(([name, place]) => ({ name, distance: distance(from, place) }))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, PROPOSALS)
    .map(({ name }) => name);
}

/** The angle between two places as seen from the centre of the Earth (the spherical law of cosines). */
function distance(
  [north, east]: readonly [number, number],
  [otherNorth, otherEast]: readonly [number, number],
): number {
  const { PI, acos, cos, sin } = Math;
  const [one, other, between] = [
    north * (PI / 180),
    otherNorth * (PI / 180),
    (east - otherEast) * (PI / 180),
  ];
  return acos(sin(one) * sin(other) + cos(one) * cos(other) * cos(between));
}
