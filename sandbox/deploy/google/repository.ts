import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import type { InputFailure, InputSchema, Properties, ResourceHandler, ResourceSchema } from "../handler.ts";
import { objectOf, textOf, textsOf, toProperties, withDurations } from "./answers.ts";
import { idIn, isProperties, objectIn, objectsIn, pick, stringIn } from "./inputs.ts";
import { changedLabels, labelOutputs, secretLabelOutputs, sentLabels } from "./labels.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import {
  block,
  conflicting,
  exactlyOne,
  flag,
  integer,
  list,
  oneOf,
  replacing,
  required,
  set,
  text,
  textMap,
  texts,
} from "./schema.ts";

const customRepository = block({ uri: replacing(text) });
/** A public repository of one of the formats, or one at an address of its own. */
function upstream(publicRepository: InputSchema): InputSchema {
  return replacing(block({ publicRepository, customRepository: replacing(customRepository) }));
}
const distribution = replacing(
  block({
    publicRepository: replacing(
      block({ repositoryBase: required(replacing(text)), repositoryPath: required(replacing(text)) }),
    ),
  }),
);
const credentials = block({ username: replacing(text), passwordSecretVersion: replacing(text) });

/** The kinds of a remote repository, of which it has one. */
const remoteKinds = {
  aptRepository: distribution,
  commonRepository: replacing(block({ uri: required(replacing(text)) })),
  dockerRepository: upstream(replacing(oneOf("DOCKER_HUB"))),
  mavenRepository: upstream(replacing(oneOf("MAVEN_CENTRAL"))),
  npmRepository: upstream(replacing(oneOf("NPMJS"))),
  pythonRepository: upstream(replacing(oneOf("PYPI"))),
  yumRepository: distribution,
};

/** What a repository takes (Pulumi, Google Cloud provider: artifactregistry.Repository). */
const repositorySchema: ResourceSchema = {
  inputs: {
    repositoryId: required(replacing(text)),
    format: required(replacing(text)),
    location: replacing(text),
    project: replacing(text),
    mode: replacing(oneOf("STANDARD_REPOSITORY", "VIRTUAL_REPOSITORY", "REMOTE_REPOSITORY")),
    kmsKeyName: replacing(text),
    description: text,
    labels: textMap,
    cleanupPolicies: set(
      block({
        id: required(text),
        action: oneOf("DELETE", "KEEP"),
        condition: block({
          tagState: oneOf("TAGGED", "UNTAGGED", "ANY"),
          tagPrefixes: texts,
          versionNamePrefixes: texts,
          packageNamePrefixes: texts,
          olderThan: text,
          newerThan: text,
        }),
        mostRecentVersions: block({ keepCount: integer, packageNamePrefixes: texts }),
      }),
    ),
    cleanupPolicyDryRun: flag,
    dockerConfig: block({ immutableTags: flag }),
    mavenConfig: block({
      allowSnapshotOverwrites: replacing(flag),
      versionPolicy: replacing(oneOf("VERSION_POLICY_UNSPECIFIED", "RELEASE", "SNAPSHOT")),
    }),
    virtualRepositoryConfig: block({
      upstreamPolicies: list(block({ id: text, priority: integer, repository: text })),
    }),
    remoteRepositoryConfig: replacing(
      block({
        ...remoteKinds,
        description: replacing(text),
        disableUpstreamValidation: flag,
        upstreamCredentials: replacing(block({ usernamePasswordCredentials: replacing(credentials) })),
      }),
    ),
    vulnerabilityScanningConfig: block({ enablementConfig: oneOf("INHERITED", "DISABLED") }),
    deletionPolicy: deletionPolicy.schema,
  },
  secretOutputs: secretLabelOutputs,
};

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
      if (!isObject(policy)) return [];
      const condition = isObject(policy["condition"])
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
