import type { Api, Cloud } from "./cloud.ts";
import { queueRegions, regions } from "./locations.ts";
import type { Route } from "./routes.ts";

/** The APIs that list where they are offered, each with the path's version and the beginning of its permissions. */
const lists: readonly {
  readonly service: string;
  readonly version: string;
  /** All regions, unless given. */
  readonly offered?: ReadonlySet<string>;
}[] = [
  { service: "artifactregistry", version: "v1" },
  { service: "cloudfunctions", version: "v2" },
  { service: "cloudkms", version: "v1" },
  { service: "cloudscheduler", version: "v1" },
  { service: "cloudtasks", version: "v2", offered: queueRegions },
  { service: "run", version: "v1" },
  { service: "secretmanager", version: "v1" },
];

/** Where each API is offered (Google, "google.cloud.location.Locations"). */
export function createLocationLists(cloud: Cloud): Api {
  const resource = () => `projects/${cloud.project}`;

  function listRoute(service: string, version: string, offered: ReadonlySet<string>): Route {
    const path = `/${version}/projects/{project}/locations`;
    const locations = [...offered].map((locationId) => ({
      name: `${resource()}/locations/${locationId}`,
      locationId,
    }));
    /**
     * @decision Each API lists the locations in which it is offered, by name and locationId. Here on one page.
     * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/location/locations.proto, ListLocations; the reference of each of
     * these APIs has the method. That the list has a region exactly where resources can be made is what the refusal of Cloud Tasks
     * says: "Use ListLocations to list valid locations" (googleapis/nodejs-tasks#509).
     * @matters misleading: `npm run doctor` says that an update would fail in a region that a list lacks.
     */
    const handle = () => ({ locations });
    return {
      method: "GET",
      path,
      service: `${service}.googleapis.com`,
      permission: `${service}.locations.list`,
      resource,
      handle,
    };
  }

  return {
    leftovers: () => [],
    routes: lists.map(({ service, version, offered }) => listRoute(service, version, offered ?? regions)),
  };
}
