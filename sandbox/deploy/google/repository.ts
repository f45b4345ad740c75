import type { InputFailure, Properties, ResourceHandler } from "../handler.ts";
import { conflicting, exactlyOne } from "./constraints.ts";
import type { Context } from "./context.ts";
import { textsOf, withDurations } from "./given-form.ts";
import { isProperties, objectIn, objectsIn, pick, stringIn } from "./inputs.ts";
import { isRecord, type JsonObject, objectOf, textOf, toProperties } from "./json.ts";
import { changedLabels, labelOutputs, sentLabels } from "./labels.ts";
import { idIn } from "./names.ts";
import { remoteKinds, repositorySchema } from "./repository-schema.ts";
import { deletionPolicy, resourceHandler } from "./resource.ts";

/** What is sent under the name that the input has. */
const SAME = [
  "cleanupPolicyDryRun",
  "dockerConfig",
  "mavenConfig",
  "virtualRepositoryConfig",
  "remoteRepositoryConfig",
  "vulnerabilityScanningConfig",
];
const FIXED = ["format", "mode", "kmsKeyName"];

/**
 * A repository of images. Nothing is auto-named here: `repositoryId` is required.
 *
 * @decision A repository's creation waits for its operation, with the place in the path and repository_id in the
 * query; a change does not wait.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/artifactregistry/resource_artifact_registry_repository.go, Create, Update.
 * @matters deployment fails: the functions are built into it right after.
 */
export function repositoryHandler({ client, project: defaultProject, region }: Context): ResourceHandler {
  return resourceHandler({
    schema: repositorySchema,
    defaults: {
      project: defaultProject,
      location: region,
      mode: "STANDARD_REPOSITORY",
      deletionPolicy: deletionPolicy.default,
    },
    untold: ["deletionPolicy"],
    filledIn: ["vulnerabilityScanningConfig"],
    validate,
    async create(inputs) {
      const parent = `projects/${stringIn(inputs, "project")}/locations/${stringIn(inputs, "location")}`;
      const repository = stringIn(inputs, "repositoryId");
      const path = `/v1/${parent}/repositories?repository_id=${encodeURIComponent(repository)}`;
      const operation = await client.call("POST", path, {
        ...pick(inputs, "description", ...SAME, ...FIXED),
        labels: sentLabels(inputs),
        cleanupPolicies: policiesById(inputs),
      });
      return {
        id: `${parent}/repositories/${repository}`,
        finish: () => client.finish("/v1/", operation),
      };
    },
    get: (id) => client.find(`/v1/${id}`),
    describe: (repository, known, id) => ({
      ...pick(toProperties(repository), ...SAME, ...FIXED),
      ...textsOf(repository, known, "description"),
      ...labelOutputs(repository, known),
      cleanupPolicies: policiesOf(repository, known),
      project: idIn(id, "projects"),
      location: idIn(id, "locations"),
      repositoryId: idIn(id, "repositories"),
      name: idIn(id, "repositories"),
      createTime: textOf(repository, "createTime"),
      updateTime: textOf(repository, "updateTime"),
      registryUri: textOf(repository, "registryUri"),
    }),
    async update({ id, outputs }, inputs, changed) {
      const parts = [...SAME, "description", "labels", "cleanupPolicies"].filter((key) => changed.has(key));
      if (parts.length === 0) return;
      await client.call("PATCH", `/v1/${id}?updateMask=${parts.join(",")}`, {
        ...pick(inputs, "description", ...SAME),
        labels: changedLabels(outputs, inputs),
        cleanupPolicies: policiesById(inputs),
      });
    },
    async delete({ id }) {
      await client.finish("/v1/", await client.remove(`/v1/${id}`));
    },
  });
}

/** The API has a map of policies where Pulumi has a list. */
function policiesById(inputs: Properties): Properties {
  const policies = objectsIn(inputs, "cleanupPolicies");
  return Object.fromEntries(policies.map((policy) => [stringIn(policy, "id"), policy]));
}

/**
 * @decision The cleanup policies of a repository are read back in the order of their ids, whatever order they were given in.
 * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, as it was run with this program
 * @matters deployment fails: a refresh shows a change unless the program declares them in that order.
 */
function policiesOf(repository: JsonObject, known: Properties): readonly Properties[] {
  const given = policiesById(known);
  const held = objectOf(repository, "cleanupPolicies");
  return Object.keys(held)
    .sort()
    .flatMap((id) => {
      const policy = held[id];
      if (!isRecord(policy)) return [];
      const condition = isRecord(policy["condition"])
        ? {
            condition: withDurations(
              policy["condition"],
              objectIn(objectIn(given, id) ?? {}, "condition") ?? {},
            ),
          }
        : {};
      return [{ ...toProperties(policy), ...condition, id }];
    });
}

function validate(inputs: Properties): readonly InputFailure[] {
  const remote = inputs["remoteRepositoryConfig"];
  return [
    ...conflicting("", inputs, ["remoteRepositoryConfig", "virtualRepositoryConfig"]),
    ...(isProperties(remote) ? exactlyOne("remoteRepositoryConfig.", remote, Object.keys(remoteKinds)) : []),
  ];
}
