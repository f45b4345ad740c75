import type { Api, Cloud } from "./cloud.ts";
import { alreadyExists, invalidField, notFound } from "./errors.ts";
import { fields, readLabels } from "./fields.ts";
import { policyRoutes } from "./iam/policies.ts";
import { requireLocation } from "./locations.ts";
import { type Call, masked, requiredQuery } from "./routes.ts";

const SERVICE = "artifactregistry.googleapis.com";
const FORMATS = new Set(["DOCKER", "MAVEN", "NPM", "PYTHON", "APT", "YUM", "KFP", "GO", "GENERIC"]);
const CHANGEABLE = [
  "description",
  "labels",
  "cleanupPolicies",
  "cleanupPolicyDryRun",
  "dockerConfig",
  "virtualRepositoryConfig",
  "vulnerabilityScanningConfig",
];
const REPOSITORY_ID = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Repositories of images (Artifact Registry, REST reference v1). */
export interface ArtifactRegistry extends Api {
  has(name: string): boolean;
}

/** The Artifact Registry API of one project. */
export function createArtifactRegistry(cloud: Cloud): ArtifactRegistry {
  const repositories = new Map<string, Readonly<Record<string, unknown>>>();
  const parentOf = (call: Call) => `projects/${cloud.project}/locations/${call.parameter("location")}`;
  const nameOf = (call: Call) => `${parentOf(call)}/repositories/${call.parameter("repository")}`;

  /**
   * @decision A repository's id has 1 to 63 lower-case letters, digits and hyphens, a letter first; another is
   * refused with 400.
   * @evidence assumed: the query repository_id is documented (googleapis/googleapis f8291d2,
   * google/devtools/artifactregistry/v1/repository.proto), its form is from memory.
   * @show The first `pulumi up` makes the repository with the name that the program gives it.
   * @matters deployment fails: Pulumi makes the id from the stack's name.
   *
   * @decision A repository needs a format, one of those that Artifact Registry has; another is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/devtools/artifactregistry/v1/repository.proto,
   * Repository.Format.
   * @matters sandbox only: the program asks for DOCKER.
   *
   * @decision A repository whose name exists is refused with 409.
   * @evidence documentation: googleapis/googleapis f8291d2, google/rpc/code.proto: ALREADY_EXISTS, HTTP 409.
   * @matters sandbox only: the repository has a suffix of its own.
   */
  function create(call: Call) {
    const body = call.fields();
    const location = call.parameter("location");
    const id = call.query("repository_id") ?? requiredQuery(call, "repositoryId");
    requireLocation(location);
    cloud.locations.require("a repository", location);
    if (!REPOSITORY_ID.test(id)) {
      throw invalidField("repositoryId", "1 to 63 lower-case letters, digits and hyphens, a letter first");
    }
    const format = body.string("format");
    if (!FORMATS.has(format)) throw body.invalid("format", `"${format}" is not a format of packages`);
    const name = `${parentOf(call)}/repositories/${id}`;
    if (repositories.has(name)) throw alreadyExists(name);
    const time = new Date().toISOString();
    const repository = {
      ...body.raw,
      name,
      format,
      labels: readLabels(body),
      createTime: time,
      updateTime: time,
      registryUri: `${location}-docker.pkg.dev/${cloud.project}/${id}`,
    };
    return cloud.operations.start(parentOf(call), async () => {
      repositories.set(name, repository);
      return repository;
    });
  }

  function patch(call: Call): object {
    const name = existing(call);
    const changed = masked(call, repositories.get(name) ?? {}, CHANGEABLE);
    const labels = readLabels(fields(changed, ""));
    const repository = { ...changed, labels, updateTime: new Date().toISOString() };
    repositories.set(name, repository);
    return repository;
  }

  /**
   * @decision A repository that is not there is refused with 404.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/services/artifactregistry/resource_artifact_registry_repository.go, Read: HandleNotFoundError.
   * @matters deployment fails: a refresh makes the repository again.
   */
  function existing(call: Call): string {
    const name = nameOf(call);
    if (!repositories.has(name)) throw notFound(name);
    return name;
  }

  const one = {
    service: SERVICE,
    path: "/v1/projects/{project}/locations/{location}/repositories/{repository}",
    resource: nameOf,
  } as const;

  return {
    has: (name) => repositories.has(name),
    leftovers: () => [...repositories.keys()].map((name) => `Artifact Registry repository ${name}`),
    routes: [
      /**
       * @decision A repository is made by artifactregistry.repositories.create on the project, through an operation.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/artifactregistry/resource_artifact_registry_repository.go, Create:
       * repositories?repository_id=…, ArtifactRegistryOperationWaitTimeWithResponse.
       * @matters sandbox only: the one who deploys is the owner here.
       */
      {
        method: "POST",
        path: "/v1/projects/{project}/locations/{location}/repositories",
        service: SERVICE,
        permission: "artifactregistry.repositories.create",
        resource: () => `projects/${cloud.project}`,
        handle: create,
      },
      /**
       * @decision A repository is answered with its registry's address.
       * @evidence documentation: googleapis/googleapis f8291d2, google/devtools/artifactregistry/v1/repository.proto,
       * Repository.registry_uri (output only).
       * @matters deployment fails: the program gives the function's builds this place.
       */
      {
        ...one,
        method: "GET",
        permission: "artifactregistry.repositories.get",
        handle: (call) => repositories.get(existing(call)),
      },
      /**
       * @decision A repository is changed at once, by a PATCH with updateMask.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/artifactregistry/resource_artifact_registry_repository.go, Update: PATCH, no operation
       * is awaited.
       * @matters sandbox only: the program changes cleanup policies at most.
       */
      { ...one, method: "PATCH", permission: "artifactregistry.repositories.update", handle: patch },
      /**
       * @decision A repository is deleted with its images, through an operation.
       * @evidence documentation: googleapis/googleapis f8291d2, google/devtools/artifactregistry/v1/service.proto,
       * DeleteRepository: "Deletes a repository and all of its contents".
       * @matters sandbox only: a destroyed stack leaves no images.
       */
      {
        ...one,
        method: "DELETE",
        permission: "artifactregistry.repositories.delete",
        handle(call) {
          const name = existing(call);
          return cloud.operations.start(parentOf(call), async () => {
            repositories.delete(name);
            cloud.policies.drop(name);
            return {};
          });
        },
      },
      /**
       * @decision An operation of Artifact Registry is read below the location that it began in.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/artifactregistry/artifact_registry_operation.go: GET of the operation's own name.
       * @matters deployment fails: the provider waits for the operation.
       */
      {
        method: "GET",
        path: "/v1/projects/{project}/locations/{location}/operations/{operation}",
        service: SERVICE,
        permission: "artifactregistry.repositories.get",
        resource: () => `projects/${cloud.project}`,
        handle: (call) => cloud.operations.get(`${parentOf(call)}/operations/${call.parameter("operation")}`),
      },
      ...policyRoutes(cloud.policies, {
        ...one,
        readMethod: "GET",
        permission: "artifactregistry.repositories",
        exists: (name) => repositories.has(name),
        grantable: "artifactregistry.",
      }),
    ],
  };
}
