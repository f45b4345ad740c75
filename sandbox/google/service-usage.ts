import { GoogleError, invalidField } from "./errors.ts";
import type { Operations } from "./operations.ts";
import type { Route } from "./routes.ts";

/** The APIs of a project: which are enabled, and the methods that enable them. */
export interface ServiceUsage {
  readonly routes: readonly Route[];
  /** @throws GoogleError 403 SERVICE_DISABLED naming the API */
  require(service: string): void;
}

const ALWAYS_ENABLED = "serviceusage.googleapis.com";
const KNOWN = /^[a-z][a-z0-9-]*\.googleapis\.com$/;

/** The Service Usage API of one project (Service Usage, REST reference v1). */
export function createServiceUsage(
  project: string,
  projectNumber: string,
  operations: Operations,
): ServiceUsage {
  const enabled = new Set<string>([ALWAYS_ENABLED]);
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

  function requireKnown(service: string, field: string): void {
    if (!KNOWN.test(service)) throw invalidField(field, `"${service}" is not an API of Google Cloud`);
  }

  function enable(services: readonly string[]) {
    for (const [index, service] of services.entries()) requireKnown(service, `serviceIds[${index}]`);
    return operations.start("", async () => {
      for (const service of services) enabled.add(service);
      return { services: services.map(describe) };
    });
  }

  return {
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
      {
        ...common,
        method: "GET",
        path: "/v1/projects/{project}/services",
        permission: "serviceusage.services.list",
        handle: () => ({ services: [...enabled].map(describe) }),
      },
      {
        ...common,
        method: "GET",
        path: "/v1/projects/{project}/services/{service}",
        permission: "serviceusage.services.get",
        handle: (call) => describe(call.parameter("service")),
      },
      {
        ...common,
        method: "POST",
        path: "/v1/projects/{project}/services:batchEnable",
        permission: "serviceusage.services.enable",
        handle: (call) => enable(call.fields().stringList("serviceIds")),
      },
      {
        ...common,
        method: "POST",
        path: "/v1/projects/{project}/services/{service}:enable",
        permission: "serviceusage.services.enable",
        handle: (call) => enable([call.parameter("service")]),
      },
      {
        ...common,
        method: "POST",
        path: "/v1/projects/{project}/services/{service}:disable",
        permission: "serviceusage.services.disable",
        handle: (call) =>
          operations.start("", async () => {
            const service = call.parameter("service");
            if (service !== ALWAYS_ENABLED) enabled.delete(service);
            return { service: describe(service) };
          }),
      },
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
