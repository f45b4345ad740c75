import type { Api, Cloud } from "./cloud.ts";
import { alreadyExists, invalidField, notFound } from "./errors.ts";
import { fields } from "./fields.ts";
import { policyRoutes } from "./iam/policy-routes.ts";
import { readLabels } from "./labels.ts";
import { requireLocation } from "./regions.ts";
import { type Call, requiredQuery } from "./routes.ts";
import { masked } from "./update-mask.ts";

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
      {
        method: "POST",
        path: "/v1/projects/{project}/locations/{location}/repositories",
        service: SERVICE,
        permission: "artifactregistry.repositories.create",
        resource: () => `projects/${cloud.project}`,
        handle: create,
      },
      {
        ...one,
        method: "GET",
        permission: "artifactregistry.repositories.get",
        handle: (call) => repositories.get(existing(call)),
      },
      { ...one, method: "PATCH", permission: "artifactregistry.repositories.update", handle: patch },
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
