import type { Api, Cloud } from "./cloud.ts";
import { invalidField } from "./errors.ts";
import { policyRoutes } from "./iam/policies.ts";

const MAXIMUM_PERMISSIONS = 100;
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
      /**
       * @decision Of some permissions, those are answered that the caller has on the project; a caller needs no permission for that.
       * @evidence documentation: googleapis/googleapis f8291d2, google/iam/v1/iam_policy.proto, TestIamPermissions: "Returns
       * permissions that a caller has on the specified resource"; Cloud Resource Manager, REST reference v1,
       * projects.testIamPermissions: "There are no permissions required for making this API call". That permissions of other services
       * than Resource Manager are tested there, too, is how Google's console and its client libraries use it.
       * @matters misleading: `npm run doctor` names the permissions that are missing.
       */
      {
        method: "POST",
        path: "/v1/projects/{project}:testIamPermissions",
        service: SERVICE,
        permission: undefined,
        resource,
        handle(call) {
          const asked = call.fields().stringList("permissions");
          /**
           * @decision More than 100 permissions in one call are refused with 400.
           * @evidence assumed: the limit is from memory; no public document was found.
           * @show Nothing that the product needs: `npm run doctor` asks for at most 100 at once.
           * @matters sandbox only: `npm run doctor` asks for at most 100 at once.
           */
          if (asked.length > MAXIMUM_PERMISSIONS)
            throw invalidField("permissions", `more than ${MAXIMUM_PERMISSIONS}`);
          const held = asked.filter((permission) =>
            cloud.access.allowed(call.principal, permission, resource()),
          );
          return held.length === 0 ? {} : { permissions: held };
        },
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
