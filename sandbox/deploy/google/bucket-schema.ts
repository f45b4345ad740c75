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

const enforcement = block({
  restrictionMode: required(oneOf("NotRestricted", "FullyRestricted")),
  effectiveTime: text,
});

/** What a bucket takes (Pulumi, Google Cloud provider: storage.Bucket). */
export const bucketSchema: ResourceSchema = {
  inputs: {
    location: required(replacing(text)),
    name: replacing(text),
    project: replacing(text),
    storageClass: text,
    labels: textMap,
    forceDestroy: flag,
    uniformBucketLevelAccess: flag,
    publicAccessPrevention: text,
    softDeletePolicy: block({ retentionDurationSeconds: integer, effectiveTime: text }),
    versioning: block({ enabled: required(flag) }),
    lifecycleRules: list(
      block({
        action: required(block({ type: required(text), storageClass: text })),
        condition: required(
          block({
            age: integer,
            createdBefore: text,
            customTimeBefore: text,
            daysSinceCustomTime: integer,
            daysSinceNoncurrentTime: integer,
            matchesPrefixes: texts,
            matchesStorageClasses: texts,
            matchesSuffixes: texts,
            noncurrentTimeBefore: text,
            numNewerVersions: integer,
            withState: oneOf("LIVE", "ARCHIVED", "ANY"),
          }),
        ),
      }),
    ),
    cors: list(block({ maxAgeSeconds: integer, methods: texts, origins: texts, responseHeaders: texts })),
    website: block({ mainPageSuffix: text, notFoundPage: text }),
    logging: block({ logBucket: required(text), logObjectPrefix: text }),
    retentionPolicy: block({ retentionPeriod: required(text), isLocked: flag }),
    encryption: block({
      defaultKmsKeyName: text,
      customerManagedEncryptionEnforcementConfig: enforcement,
      customerSuppliedEncryptionEnforcementConfig: enforcement,
      googleManagedEncryptionEnforcementConfig: enforcement,
    }),
    autoclass: block({ enabled: required(flag), terminalStorageClass: text }),
    customPlacementConfig: block({ dataLocations: required(replacing(set(text))) }),
    hierarchicalNamespace: replacing(block({ enabled: required(replacing(flag)) })),
    ipFilter: block({
      mode: required(oneOf("Enabled", "Disabled")),
      publicNetworkSource: block({ allowedIpCidrRanges: required(texts) }),
      vpcNetworkSources: list(block({ network: required(text), allowedIpCidrRanges: required(texts) })),
      allowAllServiceAgentAccess: flag,
      allowCrossOrgVpcs: flag,
    }),
    defaultEventBasedHold: flag,
    enableObjectRetention: replacing(flag),
    requesterPays: flag,
    rpo: text,
    deletionPolicy: deletionPolicy.schema,
  },
  autoName: { input: "name", maximum: 222 },
  secretOutputs: secretLabelOutputs,
};
