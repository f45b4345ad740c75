import type { ResourceSchema } from "../handler.ts";
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

const buildConfig = block({
  runtime: text,
  entryPoint: text,
  source: block({
    storageSource: block({ bucket: text, object: text, generation: integer }),
    repoSource: block({
      projectId: replacing(text),
      repoName: text,
      branchName: text,
      tagName: text,
      commitSha: text,
      dir: text,
      invertRegex: flag,
    }),
  }),
  dockerRepository: text,
  serviceAccount: text,
  environmentVariables: textMap,
  workerPool: text,
  build: text,
  automaticUpdatePolicy: block({}),
  onDeployUpdatePolicy: block({ runtimeVersion: text }),
});

const secretVolume = block({
  mountPath: required(text),
  projectId: required(text),
  secret: required(text),
  versions: list(block({ path: required(text), version: required(text) })),
});

const serviceConfig = block({
  availableCpu: text,
  availableMemory: text,
  maxInstanceCount: integer,
  minInstanceCount: integer,
  maxInstanceRequestConcurrency: integer,
  timeoutSeconds: integer,
  serviceAccountEmail: text,
  environmentVariables: textMap,
  secretEnvironmentVariables: list(
    block({
      key: required(text),
      projectId: required(text),
      secret: required(text),
      version: required(text),
    }),
  ),
  secretVolumes: list(secretVolume),
  ingressSettings: oneOf("ALLOW_ALL", "ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"),
  allTrafficOnLatestRevision: flag,
  binaryAuthorizationPolicy: text,
  vpcConnector: text,
  vpcConnectorEgressSettings: oneOf(
    "VPC_CONNECTOR_EGRESS_SETTINGS_UNSPECIFIED",
    "PRIVATE_RANGES_ONLY",
    "ALL_TRAFFIC",
  ),
  directVpcEgress: oneOf("VPC_EGRESS_ALL_TRAFFIC", "VPC_EGRESS_PRIVATE_RANGES_ONLY"),
  directVpcNetworkInterfaces: list(block({ network: text, subnetwork: text, tags: texts })),
  gcfUri: text,
  service: text,
  uri: text,
});

const eventTrigger = block({
  eventType: required(text),
  eventFilters: set(block({ attribute: required(text), value: required(text), operator: text })),
  pubsubTopic: text,
  retryPolicy: oneOf("RETRY_POLICY_UNSPECIFIED", "RETRY_POLICY_DO_NOT_RETRY", "RETRY_POLICY_RETRY"),
  serviceAccountEmail: text,
  trigger: text,
  triggerRegion: text,
});

/** What a function takes (Pulumi, Google Cloud provider: cloudfunctionsv2.Function). */
export const functionSchema: ResourceSchema = {
  inputs: {
    location: required(replacing(text)),
    name: replacing(text),
    project: replacing(text),
    description: text,
    buildConfig,
    serviceConfig,
    eventTrigger,
    kmsKeyName: text,
    labels: textMap,
    deletionPolicy: deletionPolicy.schema,
  },
  autoName: { input: "name", maximum: 255 },
  secretOutputs: secretLabelOutputs,
};
