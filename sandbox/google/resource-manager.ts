import type { Api, Cloud } from "./cloud.ts";
import { policyRoutes } from "./iam/policies.ts";

const SERVICE = "cloudresourcemanager.googleapis.com";

/** The project itself and its policy (Resource Manager, REST reference v1: projects). */
export function createResourceManager(cloud: Cloud): Api {
  const resource = () => `projects/${cloud.project}`;
  return {
    leftovers: () => [],
    routes: [
      /**
       * @decision A project is read by its id, for resourcemanager.projects.get, with its number, before any API of
       * it is enabled.
       * @evidence assumed: the answer's form is that of Cloud Resource Manager v1, which the provider reads
       * (hashicorp/terraform-provider-google-beta 93c65b2, services/resourcemanager/data_source_google_project.go);
       * that the API need not be enabled in the project itself holds where the caller's quota project has it.
       * @show `pulumi up` in a project in which Cloud Resource Manager was never enabled gets past reading the
       * project.
       * @matters deployment fails: the program reads the project's number first.
       */
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
