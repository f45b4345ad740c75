import { GoogleError, invalidField } from "./errors.ts";
import type { Operations } from "./operations.ts";
import type { Route } from "./routes.ts";

/** The APIs of a project: which are enabled, and the methods that enable them. */
export interface ServiceUsage {
  readonly routes: readonly Route[];
  /** @throws GoogleError 403 SERVICE_DISABLED naming the API */
  require(service: string): void;
}

const MAXIMUM_BATCH = 20;
const ALWAYS_ENABLED = "serviceusage.googleapis.com";
const KNOWN = /^[a-z][a-z0-9-]*\.googleapis\.com$/;

/**
 * The Service Usage API of one project (Service Usage, REST reference v1).
 * @param already the APIs that somebody has enabled before
 */
export function createServiceUsage(
  project: string,
  projectNumber: string,
  operations: Operations,
  already: readonly string[] = [],
): ServiceUsage {
  const enabled = new Set<string>([ALWAYS_ENABLED, ...already]);
  const resource = () => `projects/${project}`;
  const common = { service: ALWAYS_ENABLED, resource } as const;

  function describe(service: string) {
    const state = enabled.has(service) ? "ENABLED" : "DISABLED";
    return {
      name: `projects/${projectNumber}/services/${service}`,
      parent: `projects/${projectNumber}`,
      state,
    };
  }

  /**
   * @decision Enabling what is not an API of Google Cloud is refused with 400.
   * @evidence assumed: a name that no service has is refused; Google's code for it is not public. The provider
   * refuses one without a dot itself.
   * @show No deployment shows it: the program's APIs all exist.
   * @matters sandbox only: the program's list is fixed.
   */
  function requireKnown(service: string, field: string): void {
    if (!KNOWN.test(service)) throw invalidField(field, `"${service}" is not an API of Google Cloud`);
  }

  /**
   * @decision More than 20 services in one batchEnable are refused with 400, and none is enabled.
   * @evidence documentation: googleapis/googleapis f8291d2, google/api/serviceusage/v1/serviceusage.proto,
   * BatchEnableServicesRequest.service_ids: "If more than 20 services are specified, the request will fail, and no state changes
   * will occur".
   * @matters sandbox only: the provider sends 20 at most.
   */
  function enable(services: readonly string[]) {
    if (services.length > MAXIMUM_BATCH) throw invalidField("serviceIds", `more than ${MAXIMUM_BATCH}`);
    for (const [index, service] of services.entries()) requireKnown(service, `serviceIds[${index}]`);
    return operations.start("", async () => {
      for (const service of services) enabled.add(service);
      return { services: services.map(describe) };
    });
  }

  return {
    /**
     * @decision A call to an API that is not enabled is refused with 403 PERMISSION_DENIED, reason SERVICE_DISABLED.
     * @evidence recorded: google-gemini/gemini-cli#1343, the whole body, with google.rpc.ErrorInfo of domain
     * googleapis.com.
     * @matters deployment fails: each resource waits for its API.
     */
    require(service) {
      if (enabled.has(service)) return;
      throw new GoogleError(
        "PERMISSION_DENIED",
        `${service} has not been used in project ${project} before or it is disabled. Enable it, then retry.`,
        [
          {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            reason: "SERVICE_DISABLED",
            domain: "googleapis.com",
            metadata: { service, consumer: `projects/${projectNumber}` },
          },
        ],
      );
    },
    routes: [
      /**
       * @decision The enabled services of a project are listed, for serviceusage.services.list. Here on one page and
       * without the filter state:ENABLED being read.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/resourcemanager/resource_google_project_service.go: reads the list of all enabled
       * services, filter=state:ENABLED.
       * @matters deployment fails: the provider takes what the list lacks for not enabled.
       */
      {
        ...common,
        method: "GET",
        path: "/v1/projects/{project}/services",
        permission: "serviceusage.services.list",
        handle: () => ({ services: [...enabled].map(describe) }),
      },
      /**
       * @decision A service is answered with its state, for any name.
       * @evidence documentation: googleapis/googleapis f8291d2, google/api/serviceusage/v1/serviceusage.proto,
       * GetService.
       * @matters sandbox only: `preview` and the tests read it.
       */
      {
        ...common,
        method: "GET",
        path: "/v1/projects/{project}/services/{service}",
        permission: "serviceusage.services.get",
        handle: (call) => describe(call.parameter("service")),
      },
      /**
       * @decision Several services are enabled by one batchEnable, all or none.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/resourcemanager/resource_google_project_service.go, BatchRequestEnableService.
       * @matters deployment fails: the provider puts the program's APIs together.
       */
      {
        ...common,
        method: "POST",
        path: "/v1/projects/{project}/services:batchEnable",
        permission: "serviceusage.services.enable",
        handle: (call) => enable(call.fields().stringList("serviceIds")),
      },
      /**
       * @decision A service is enabled by :enable, for serviceusage.services.enable on the project, through an
       * operation.
       * @evidence documentation: googleapis/googleapis f8291d2, google/api/serviceusage/v1/serviceusage.proto,
       * EnableService.
       * @matters sandbox only: the provider uses batchEnable.
       */
      {
        ...common,
        method: "POST",
        path: "/v1/projects/{project}/services/{service}:enable",
        permission: "serviceusage.services.enable",
        handle: (call) => enable([call.parameter("service")]),
      },
      /**
       * @decision A service is disabled by :disable through an operation; the API that does so stays.
       * @evidence assumed: DisableService answers an operation (googleapis/googleapis f8291d2,
       * google/api/serviceusage/v1/serviceusage.proto); that serviceusage.googleapis.com can't be disabled so is from
       * memory.
       * @show No deployment shows it: the program disables nothing.
       * @matters sandbox only: the program sets disableOnDestroy to false.
       */
      {
        ...common,
        method: "POST",
        path: "/v1/projects/{project}/services/{service}:disable",
        permission: "serviceusage.services.disable",
        handle(call) {
          const service = call.parameter("service");
          /**
           * @decision An API that is not enabled is not disabled again: 400 FAILED_PRECONDITION.
           * @evidence documentation: googleapis/googleapis f8291d2, google/api/serviceusage/v1/serviceusage.proto, DisableService:
           * "Callers will receive a FAILED_PRECONDITION status if the target service is not currently enabled".
           * @matters sandbox only: the program disables nothing.
           */
          if (!enabled.has(service)) {
            throw new GoogleError("FAILED_PRECONDITION", `${service} is not enabled.`);
          }
          return operations.start("", async () => {
            if (service !== ALWAYS_ENABLED) enabled.delete(service);
            return { service: describe(service) };
          });
        },
      },
      /**
       * @decision An operation of Service Usage is read at operations/<id>, without a project.
       * @evidence documentation: googleapis/googleapis f8291d2, google/api/serviceusage/v1/serviceusage.proto,
       * google.longrunning.Operations of the service; services/serviceusage in the provider waits for v1/{{op_id}}.
       * @matters deployment fails: the provider waits for the operation.
       */
      {
        ...common,
        method: "GET",
        path: "/v1/operations/{operation}",
        permission: "serviceusage.services.get",
        handle: (call) => operations.get(`operations/${call.parameter("operation")}`),
      },
    ],
  };
}
