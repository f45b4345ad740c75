import type { Api, Cloud } from "./cloud.ts";
import { policyRoutes } from "./iam/policy-routes.ts";

const SERVICE = "cloudresourcemanager.googleapis.com";

/** The project itself and its policy (Resource Manager, REST reference v1: projects). */
export function createResourceManager(cloud: Cloud): Api {
  const resource = () => `projects/${cloud.project}`;
  return {
    leftovers: () => [],
    routes: [
      {
        method: "GET",
        path: "/v1/projects/{project}",
        // A project can be read before any API is enabled, or else none could be enabled by a program that reads it.
        service: undefined,
        permission: "resourcemanager.projects.get",
        resource,
        handle: () => ({
          projectId: cloud.project,
          projectNumber: cloud.projectNumber,
          name: cloud.project,
          lifecycleState: "ACTIVE",
        }),
      },
      ...policyRoutes(cloud.policies, {
        service: SERVICE,
        path: "/v1/projects/{project}",
        readMethod: "POST",
        permission: "resourcemanager.projects",
        resource,
        exists: () => true,
        grantable: "",
      }),
    ],
  };
}
