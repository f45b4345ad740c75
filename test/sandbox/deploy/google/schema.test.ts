import { describe, expect, it } from "vitest";
import { googleProvider } from "../../../../sandbox/deploy/google/provider.ts";
import type { InputSchema } from "../../../../sandbox/deploy/handler.ts";

const { resources } = googleProvider({
  url: "http://127.0.0.1:9",
  accessToken: "none",
  project: "p",
  region: "europe-west1",
  programFolder: "/nowhere",
});

/** The paths at which inputs, at whatever depth, have a property of their schema. */
function pathsWhere(
  inputs: Readonly<Record<string, InputSchema>>,
  holds: (schema: InputSchema) => boolean,
  above = "",
): readonly string[] {
  return Object.entries(inputs).flatMap(([key, schema]) => {
    const path = `${above}${key}`;
    const items = schema.type === "list" ? schema.items?.properties : undefined;
    return [
      ...(holds(schema) ? [path] : []),
      ...pathsWhere(schema.properties ?? {}, holds, `${path}.`),
      ...pathsWhere(items ?? {}, holds, `${path}[].`),
    ];
  });
}

interface Expected {
  readonly required: string;
  readonly replaces: string;
  readonly autoName?: readonly [string, number];
  readonly secretOutputs?: string;
  readonly deleteBeforeReplace?: true;
  readonly noUpdate?: true;
}

const condition = "condition condition.title condition.expression condition.description";
const conditionRequired = "condition.title condition.expression";
const labels = "effectiveLabels pulumiLabels";
const member = (target: string, place = ""): Expected => ({
  required: `${target} role member ${conditionRequired}`,
  replaces: `${target} ${place} role member ${condition}`,
  noUpdate: true,
});

/** As the provider of version 9.37.0 has them (Pulumi, Google Cloud provider: schema). */
const types: Readonly<Record<string, Expected>> = {
  "gcp:projects/service:Service": { required: "service", replaces: "project service" },
  "gcp:serviceaccount/account:Account": {
    required: "",
    replaces: "accountId project",
    autoName: ["accountId", 30],
  },
  "gcp:storage/bucket:Bucket": {
    required:
      "location ipFilter.mode ipFilter.publicNetworkSource.allowedIpCidrRanges " +
      "ipFilter.vpcNetworkSources[].allowedIpCidrRanges ipFilter.vpcNetworkSources[].network autoclass.enabled customPlacementConfig.dataLocations hierarchicalNamespace.enabled " +
      "lifecycleRules[].action lifecycleRules[].action.type lifecycleRules[].condition logging.logBucket " +
      "retentionPolicy.retentionPeriod versioning.enabled " +
      "encryption.customerManagedEncryptionEnforcementConfig.restrictionMode " +
      "encryption.customerSuppliedEncryptionEnforcementConfig.restrictionMode " +
      "encryption.googleManagedEncryptionEnforcementConfig.restrictionMode",
    replaces:
      "customPlacementConfig.dataLocations enableObjectRetention hierarchicalNamespace " +
      "hierarchicalNamespace.enabled location name project",
    autoName: ["name", 222],
    secretOutputs: labels,
  },
  "gcp:storage/bucketObject:BucketObject": {
    required: "bucket retention.mode retention.retainUntilTime",
    replaces:
      "bucket cacheControl contentDisposition contentEncoding contentLanguage contentType forceEmptyContentType " +
      "kmsKeyName metadata name source storageClass",
    autoName: ["name", 255],
    secretOutputs: "content",
  },
  "gcp:kms/keyRing:KeyRing": {
    required: "location",
    replaces: "location name project",
    autoName: ["name", 255],
    noUpdate: true,
  },
  "gcp:kms/cryptoKey:CryptoKey": {
    required: "keyRing versionTemplate.algorithm",
    replaces:
      "cryptoKeyBackend destroyScheduledDuration importOnly keyRing name purpose versionTemplate.protectionLevel",
    autoName: ["name", 255],
    secretOutputs: labels,
  },
  "gcp:kms/cryptoKeyVersion:CryptoKeyVersion": { required: "cryptoKey", replaces: "cryptoKey" },
  "gcp:secretmanager/secret:Secret": {
    required:
      "replication replication.auto.customerManagedEncryption.kmsKeyName replication.userManaged.replicas " +
      "replication.userManaged.replicas[].location topics[].name " +
      "replication.userManaged.replicas[].customerManagedEncryption.kmsKeyName",
    replaces:
      "project replication replication.auto replication.userManaged replication.userManaged.replicas " +
      "replication.userManaged.replicas[].location secretId tags",
    autoName: ["secretId", 255],
    secretOutputs: labels,
    deleteBeforeReplace: true,
  },
  "gcp:secretmanager/secretVersion:SecretVersion": {
    required: "secret",
    replaces: "isSecretDataBase64 project secret secretData secretDataWoVersion",
    secretOutputs: "secretData secretDataWo",
  },
  "gcp:cloudtasks/queue:Queue": {
    required:
      "location httpTarget.headerOverrides[].header httpTarget.headerOverrides[].header.key " +
      "httpTarget.headerOverrides[].header.value httpTarget.oauthToken.serviceAccountEmail " +
      "httpTarget.oidcToken.serviceAccountEmail stackdriverLoggingConfig.samplingRatio",
    replaces: "location name project",
    autoName: ["name", 255],
  },
  "gcp:cloudscheduler/job:Job": {
    required:
      "appEngineHttpTarget.relativeUri httpTarget.oauthToken.serviceAccountEmail " +
      "httpTarget.oidcToken.serviceAccountEmail httpTarget.uri pubsubTarget.topicName",
    replaces: "name project region",
    autoName: ["name", 255],
  },
  "gcp:cloudfunctionsv2/function:Function": {
    required:
      "location eventTrigger.eventFilters[].attribute eventTrigger.eventFilters[].value eventTrigger.eventType " +
      ["key", "projectId", "secret", "version"]
        .map((key) => `serviceConfig.secretEnvironmentVariables[].${key}`)
        .join(" ") +
      " serviceConfig.secretVolumes[].mountPath serviceConfig.secretVolumes[].projectId " +
      "serviceConfig.secretVolumes[].secret serviceConfig.secretVolumes[].versions[].path " +
      "serviceConfig.secretVolumes[].versions[].version",
    replaces: "buildConfig.source.repoSource.projectId location name project",
    autoName: ["name", 255],
    secretOutputs: labels,
  },
  "gcp:cloudrunv2/service:Service": {
    required:
      "location template template.nodeSelector.accelerator template.sandboxes.templates[].image template.sandboxes.templates[].name " +
      "template.sandboxes.templates[].envs[].name template.sandboxes.templates[].volumeMounts[].mountPath " +
      "template.sandboxes.templates[].volumeMounts[].name template.volumes[].name template.volumes[].gcs.bucket " +
      "template.volumes[].nfs.path template.volumes[].nfs.server template.volumes[].secret.secret " +
      "template.volumes[].secret.items[].path " +
      [
        "image",
        "sourceCode.cloudStorageSource.bucket",
        "sourceCode.cloudStorageSource.object",
        "envs[].name",
        "envs[].valueSource.secretKeyRef.secret",
        "startupProbe.httpGet.httpHeaders[].name",
        "livenessProbe.httpGet.httpHeaders[].name",
        "livenessProbe.tcpSocket.port",
        "volumeMounts[].mountPath",
        "volumeMounts[].name",
      ]
        .map((key) => `template.containers[].${key}`)
        .join(" "),
    replaces: "location name project tags",
    autoName: ["name", 50],
    secretOutputs: labels,
  },
  "gcp:artifactregistry/repository:Repository": {
    required:
      "format repositoryId cleanupPolicies[].id remoteRepositoryConfig.commonRepository.uri " +
      ["apt", "yum"]
        .flatMap((kind) => ["repositoryBase", "repositoryPath"].map((key) => [kind, key]))
        .map(([kind, key]) => `remoteRepositoryConfig.${kind}Repository.publicRepository.${key}`)
        .join(" "),
    replaces:
      "format kmsKeyName location mavenConfig.allowSnapshotOverwrites mavenConfig.versionPolicy mode project " +
      "repositoryId remoteRepositoryConfig remoteRepositoryConfig.description " +
      "remoteRepositoryConfig.commonRepository remoteRepositoryConfig.commonRepository.uri " +
      ["apt", "yum"]
        .flatMap((kind) =>
          [
            "",
            ".publicRepository",
            ".publicRepository.repositoryBase",
            ".publicRepository.repositoryPath",
          ].map((key) => `remoteRepositoryConfig.${kind}Repository${key} `),
        )
        .join("") +
      ["docker", "maven", "npm", "python"]
        .flatMap((kind) =>
          ["", ".customRepository", ".customRepository.uri", ".publicRepository"].map(
            (key) => `remoteRepositoryConfig.${kind}Repository${key} `,
          ),
        )
        .join("") +
      ["", ".usernamePasswordCredentials"]
        .map((key) => `remoteRepositoryConfig.upstreamCredentials${key} `)
        .join("") +
      ["passwordSecretVersion", "username"]
        .map((key) => `remoteRepositoryConfig.upstreamCredentials.usernamePasswordCredentials.${key}`)
        .join(" "),
    secretOutputs: labels,
  },
  "gcp:logging/metric:Metric": {
    required: "filter metricDescriptor.metricKind metricDescriptor.valueType metricDescriptor.labels[].key",
    replaces: "project metricDescriptor.labels[].key metricDescriptor.labels[].valueType",
    autoName: ["name", 255],
  },
  "gcp:monitoring/alertPolicy:AlertPolicy": {
    required:
      "combiner displayName conditions conditions[].displayName conditions[].conditionThreshold.comparison " +
      "conditions[].conditionThreshold.duration conditions[].conditionAbsent.duration",
    replaces: "project",
  },
  "gcp:monitoring/customService:CustomService": { required: "", replaces: "project serviceId" },
  "gcp:monitoring/dashboard:Dashboard": { required: "dashboardJson", replaces: "project" },
  "gcp:monitoring/notificationChannel:NotificationChannel": { required: "type", replaces: "project" },
  "gcp:monitoring/slo:Slo": {
    required:
      "service goal requestBasedSli.distributionCut.distributionFilter requestBasedSli.distributionCut.range",
    replaces: "project service sloId",
  },
  "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": {
    required: "displayName timeout monitoredResource.type monitoredResource.labels contentMatchers[].content",
    replaces: "project monitoredResource httpCheck.requestMethod",
  },
  "gcp:logging/projectSink:ProjectSink": {
    required: "destination bigqueryOptions.usePartitionedTables exclusions[].filter exclusions[].name",
    replaces: "name project",
    autoName: ["name", 255],
  },
  "gcp:bigquery/dataset:Dataset": {
    required: "datasetId",
    replaces: "datasetId location project",
    secretOutputs: labels,
  },
  "gcp:pubsub/topic:Topic": {
    required: "messageStoragePolicy.allowedPersistenceRegions",
    replaces: "name project",
    autoName: ["name", 255],
    secretOutputs: labels,
  },
  "gcp:pubsub/topicIAMMember:TopicIAMMember": member("topic", "project"),
  "gcp:projects/iAMMember:IAMMember": { ...member("project"), deleteBeforeReplace: true },
  "gcp:serviceaccount/iAMMember:IAMMember": member("serviceAccountId"),
  "gcp:storage/bucketIAMMember:BucketIAMMember": member("bucket"),
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": member("repository", "location project"),
  "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": member("cryptoKeyId"),
  "gcp:secretmanager/secretIamMember:SecretIamMember": member("secretId", "project"),
  "gcp:cloudtasks/queueIamMember:QueueIamMember": {
    ...member("", "name location project"),
    autoName: ["name", 255],
  },
  "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": {
    ...member("", "name location project"),
    autoName: ["name", 255],
  },
};

const sorted = (texts: readonly string[]) => [...texts].filter((text) => text !== "").sort();

it("there are no other types", () => {
  expect(sorted(Object.keys(resources))).toEqual(sorted(Object.keys(types)));
});

describe.each(Object.entries(types))("%s", (type, expected) => {
  const handler = resources[type];
  if (!handler) throw new Error(`No handler for ${type}`);
  const { schema } = handler;

  it("requires what must be given, at whatever depth", () => {
    const required = pathsWhere(schema.inputs, (input) => input.required === true);
    expect(sorted(required)).toEqual(sorted(expected.required.split(" ")));
  });

  it("is made anew for these inputs, and updated for the others", () => {
    const replacing = pathsWhere(schema.inputs, (input) => input.replaces === true);
    expect(sorted(replacing)).toEqual(sorted(expected.replaces.split(" ")));
    expect(handler.update === undefined).toBe(expected.noUpdate === true);
  });

  it("has names made up, secrets, and an order of replacement", () => {
    const { autoName, secretOutputs = [], deleteBeforeReplace } = schema;
    expect(autoName && [autoName.input, autoName.maximum]).toEqual(expected.autoName);
    expect(sorted(secretOutputs)).toEqual(sorted((expected.secretOutputs ?? "").split(" ")));
    expect(deleteBeforeReplace).toBe(expected.deleteBeforeReplace);
  });
});
