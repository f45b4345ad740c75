import type { InputSchema, ResourceSchema } from "../handler.ts";
import { secretLabelOutputs } from "./labels.ts";
import { deletionPolicy } from "./resource.ts";
import {
  block,
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
export const remoteKinds = {
  aptRepository: distribution,
  commonRepository: replacing(block({ uri: required(replacing(text)) })),
  dockerRepository: upstream(replacing(oneOf("DOCKER_HUB"))),
  mavenRepository: upstream(replacing(oneOf("MAVEN_CENTRAL"))),
  npmRepository: upstream(replacing(oneOf("NPMJS"))),
  pythonRepository: upstream(replacing(oneOf("PYPI"))),
  yumRepository: distribution,
};

/** What a repository takes (Pulumi, Google Cloud provider: artifactregistry.Repository). */
export const repositorySchema: ResourceSchema = {
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
