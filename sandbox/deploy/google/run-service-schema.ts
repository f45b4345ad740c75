import type { InputSchema, ResourceSchema } from "../handler.ts";
import { secretLabelOutputs } from "./labels.ts";
import { deletionPolicy } from "./resource.ts";
import {
  block,
  flag,
  integer,
  list,
  number,
  oneOf,
  replacing,
  required,
  set,
  text,
  textMap,
  texts,
} from "./schema.ts";

const httpHeaders = list(block({ name: required(text), value: text }));
const timing = { failureThreshold: integer, periodSeconds: integer, timeoutSeconds: integer };
const grpc = block({ port: integer, service: text });

function probe(tcpSocket: InputSchema): InputSchema {
  return block({
    ...timing,
    initialDelaySeconds: integer,
    httpGet: block({ path: text, port: integer, httpHeaders }),
    tcpSocket,
    grpc,
  });
}

const volumeMounts = list(block({ name: required(text), mountPath: required(text), subPath: text }));
const variable = { name: required(text), value: text };

const container = block({
  image: required(text),
  name: text,
  commands: texts,
  args: texts,
  baseImageUri: text,
  sourceCode: block({
    cloudStorageSource: block({ bucket: required(text), object: required(text), generation: text }),
  }),
  envs: set(
    block({
      ...variable,
      valueSource: block({ secretKeyRef: block({ secret: required(text), version: text }) }),
    }),
  ),
  resources: block({ limits: textMap, cpuIdle: flag, startupCpuBoost: flag }),
  ports: block({ name: text, containerPort: integer }),
  startupProbe: probe(block({ port: integer })),
  livenessProbe: probe(block({ port: required(integer) })),
  readinessProbe: block({
    ...timing,
    successThreshold: integer,
    httpGet: block({ path: text, port: integer }),
    grpc,
  }),
  volumeMounts,
  workingDir: text,
  dependsOns: texts,
  sandboxLauncher: flag,
  buildInfos: list(block({ functionTarget: text, sourceLocation: text })),
});

const volume = block({
  name: required(text),
  cloudSqlInstance: block({ instances: set(text) }),
  emptyDir: block({ medium: oneOf("MEMORY", "DISK"), sizeLimit: text }),
  gcs: block({ bucket: required(text), mountOptions: texts, readOnly: flag }),
  nfs: block({ path: required(text), server: required(text), readOnly: flag }),
  secret: block({
    secret: required(text),
    defaultMode: integer,
    items: list(block({ path: required(text), mode: integer, version: text })),
  }),
});

const sandbox = block({
  image: required(text),
  name: required(text),
  args: texts,
  commands: texts,
  envs: set(block(variable)),
  volumeMounts,
  workingDir: text,
});

const template = block({
  annotations: textMap,
  labels: textMap,
  containers: list(container),
  encryptionKey: text,
  executionEnvironment: oneOf("EXECUTION_ENVIRONMENT_GEN1", "EXECUTION_ENVIRONMENT_GEN2"),
  gpuZonalRedundancyDisabled: flag,
  healthCheckDisabled: flag,
  maxInstanceRequestConcurrency: integer,
  nodeSelector: block({ accelerator: required(text) }),
  revision: text,
  sandboxes: block({ templates: list(sandbox) }),
  scaling: block({
    concurrencyUtilization: number,
    cpuUtilization: number,
    maxInstanceCount: integer,
    minInstanceCount: integer,
  }),
  serviceAccount: text,
  serviceMesh: block({ mesh: text }),
  sessionAffinity: flag,
  timeout: text,
  volumes: list(volume),
  vpcAccess: block({
    connector: text,
    egress: oneOf("ALL_TRAFFIC", "PRIVATE_RANGES_ONLY"),
    networkInterfaces: list(block({ network: text, subnetwork: text, tags: texts })),
  }),
});

/**
 * What a service of Cloud Run takes (Pulumi, Google Cloud provider: cloudrunv2.Service).
 *
 * @decision The name of a service that the program leaves unnamed is made from the resource's in lower case, of at most 50 characters.
 * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls.
 * @matters deployment fails: Cloud Run takes fewer than 50 lower-case characters; the component's name is part of the resource's.
 */
export const runServiceSchema: ResourceSchema = {
  inputs: {
    location: required(replacing(text)),
    name: replacing(text),
    project: replacing(text),
    template: required(template),
    annotations: textMap,
    binaryAuthorization: block({ breakglassJustification: text, policy: text, useDefault: flag }),
    buildConfig: block({
      baseImage: text,
      enableAutomaticUpdates: flag,
      environmentVariables: textMap,
      functionTarget: text,
      imageUri: text,
      name: text,
      serviceAccount: text,
      sourceLocation: text,
      workerPool: text,
    }),
    client: text,
    clientVersion: text,
    customAudiences: texts,
    defaultUriDisabled: flag,
    deletionPolicy: deletionPolicy.schema,
    deletionProtection: flag,
    description: text,
    iapEnabled: flag,
    ingress: oneOf(
      "INGRESS_TRAFFIC_ALL",
      "INGRESS_TRAFFIC_INTERNAL_ONLY",
      "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
    ),
    invokerIamDisabled: flag,
    labels: textMap,
    launchStage: oneOf("UNIMPLEMENTED", "PRELAUNCH", "EARLY_ACCESS", "ALPHA", "BETA", "GA", "DEPRECATED"),
    multiRegionSettings: block({ multiRegionId: text, regions: texts }),
    scaling: block({
      manualInstanceCount: integer,
      maxInstanceCount: integer,
      minInstanceCount: integer,
      scalingMode: oneOf("AUTOMATIC", "MANUAL"),
    }),
    tags: replacing(textMap),
    traffics: list(
      block({
        percent: integer,
        revision: text,
        tag: text,
        type: oneOf("TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"),
      }),
    ),
  },
  autoName: { input: "name", maximum: 50, lowerCase: true },
  secretOutputs: secretLabelOutputs,
};
