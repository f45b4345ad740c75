import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import type { InputFailure, Properties, ResourceHandler, ResourceSchema } from "../handler.ts";
import { unknown } from "../properties.ts";
import { objectOf, sameButForCase, textOf, toProperties } from "./answers.ts";
import { objectIn, objectsIn, pick, stringIn } from "./inputs.ts";
import { changedLabels, labelOutputs, secretLabelOutputs, sentLabels } from "./labels.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
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
const bucketSchema: ResourceSchema = {
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

/**
 * A bucket. With `forceDestroy` its objects are deleted first.
 *
 * @decision With forceDestroy a bucket's objects are deleted, every version of them, before the bucket.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/storage/resource_storage_bucket.go, Delete: objects.list with versions, objects.delete of each
 * generation. Without it the provider itself refuses a bucket with objects, where here Google's 409 is reported.
 * @matters deployment fails: a stack can be destroyed with what is in its buckets.
 *
 * @decision Labels are changed by a PATCH in which a removed one is null.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/storage/resource_storage_bucket.go, Update: labels.
 * @matters sandbox only: the program's labels stay.
 */
export function bucketHandler({ client, project: defaultProject }: Context): ResourceHandler {
  return resourceHandler({
    schema: bucketSchema,
    defaults: {
      project: defaultProject,
      storageClass: "STANDARD",
      forceDestroy: false,
      deletionPolicy: deletionPolicy.default,
    },
    untold: ["project", "forceDestroy", "enableObjectRetention", "deletionPolicy"],
    filledIn: [
      "publicAccessPrevention",
      "uniformBucketLevelAccess",
      "rpo",
      "versioning",
      "website",
      "softDeletePolicy",
      "softDeletePolicy.effectiveTime",
      "softDeletePolicy.retentionDurationSeconds",
    ],
    validate: ({ labels }) =>
      checkLabels(labels === unknown ? {} : (objectIn({ labels: labels ?? {} }, "labels") ?? {})),
    async create(inputs) {
      const id = stringIn(inputs, "name");
      const parts = Object.entries(bucketParts(inputs)).filter(([key]) => inputs[key] !== undefined);
      const retention = inputs["enableObjectRetention"] === true ? "&enableObjectRetention=true" : "";
      await client.call("POST", `/storage/v1/b?project=${stringIn(inputs, "project")}${retention}`, {
        ...Object.assign({}, ...parts.map(([, part]) => part)),
        name: id,
        location: stringIn(inputs, "location"),
        labels: sentLabels(inputs),
      });
      return { id };
    },
    get: (id) => client.find(`/storage/v1/b/${id}`),
    describe: (bucket, known, id) => ({
      ...bucketInputs(bucket),
      ...labelOutputs(bucket, known),
      ...toProperties({
        location: sameButForCase(bucket, known, "location"),
        projectNumber: Number(textOf(bucket, "projectNumber")),
        selfLink: bucket["selfLink"],
        timeCreated: bucket["timeCreated"],
        updated: bucket["updated"],
      }),
      name: id,
      url: `gs://${id}`,
    }),
    async update({ id, outputs }, inputs, changed) {
      const parts = Object.entries(bucketParts(inputs)).filter(([key]) => changed.has(key));
      if (changed.has("labels")) {
        const labels = changedLabels(outputs, inputs);
        const removed = Object.keys(objectIn(outputs, "effectiveLabels") ?? {}).map((key) => [key, null]);
        parts.push(["labels", { labels: { ...Object.fromEntries(removed), ...labels } }]);
      }
      if (parts.length === 0) return;
      await client.call("PATCH", `/storage/v1/b/${id}`, Object.assign({}, ...parts.map(([, part]) => part)));
    },
    async delete({ id, outputs }) {
      if (outputs["forceDestroy"] === true) await empty(id);
      await client.remove(`/storage/v1/b/${id}`);
    },
  });

  async function empty(bucket: string): Promise<void> {
    const answer = await client.find(`/storage/v1/b/${bucket}/o?versions=true`);
    const items = answer?.["items"];
    for (const item of Array.isArray(items) ? items.filter(isObject) : []) {
      const name = encodeURIComponent(textOf(item, "name"));
      await client.remove(`/storage/v1/b/${bucket}/o/${name}?generation=${textOf(item, "generation")}`);
    }
  }
}

/**
 * The labels of buckets are the only ones that the real provider checks.
 *
 * @decision The keys of a bucket's labels are checked in the preview, their values are not.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/storage/resource_storage_bucket.go, labelKeyValidator; of the other resources none has such a
 * check.
 * @matters deployment fails: a label that Google refuses would stop an update half way.
 */
function checkLabels(labels: Properties): readonly InputFailure[] {
  const reason = "has a key other than 1 to 63 lower-case letters, digits, _ and -";
  return Object.keys(labels)
    .filter((key) => !/^[a-z0-9_-]{1,63}$/.test(key))
    .map((key) => ({ property: `labels.${key}`, reason }));
}

/** What a bucket's inputs are called in the API, where it is the same (Cloud Storage, JSON API: buckets). */
const SAME = [
  "storageClass",
  "versioning",
  "softDeletePolicy",
  "website",
  "logging",
  "retentionPolicy",
  "encryption",
  "autoclass",
  "customPlacementConfig",
  "hierarchicalNamespace",
  "defaultEventBasedHold",
  "rpo",
  "ipFilter",
] as const;
/** Plural in Pulumi, singular in the API. */
const CORS = { methods: "method", origins: "origin", responseHeaders: "responseHeader" } as const;
const CONDITION = {
  matchesPrefixes: "matchesPrefix",
  matchesStorageClasses: "matchesStorageClass",
  matchesSuffixes: "matchesSuffix",
} as const;

/** The parts of a request's body that inputs become, each under the input's name; labels are another matter. */
function bucketParts(inputs: Properties): Readonly<Record<string, Properties>> {
  const access = {
    iamConfiguration: {
      ...(inputs["uniformBucketLevelAccess"] === undefined
        ? {}
        : { uniformBucketLevelAccess: { enabled: inputs["uniformBucketLevelAccess"] } }),
      ...pick(inputs, "publicAccessPrevention"),
    },
  };
  return {
    // A PATCH removes what is null (Cloud Storage, JSON API: patch semantics).
    ...Object.fromEntries(SAME.map((key) => [key, { [key]: inputs[key] ?? null }])),
    uniformBucketLevelAccess: access,
    publicAccessPrevention: access,
    requesterPays: { billing: { requesterPays: inputs["requesterPays"] === true } },
    cors: { cors: objectsIn(inputs, "cors").map((rule) => renamed(rule, CORS)) },
    lifecycleRules: { lifecycle: { rule: objectsIn(inputs, "lifecycleRules").map(toRule) } },
  };
}

/** What an answer says of the inputs that {@link bucketParts} sends. */
function bucketInputs(bucket: JsonObject): Properties {
  const access = objectOf(bucket, "iamConfiguration");
  const { cors, ...answer } = toProperties(bucket);
  const softDelete = objectIn(answer, "softDeletePolicy");
  const seconds = softDelete?.["retentionDurationSeconds"];
  const rules = objectsIn(objectIn(answer, "lifecycle") ?? {}, "rule");
  return {
    ...pick(answer, ...SAME),
    // 64-bit integers may come as text.
    ...(softDelete === undefined
      ? {}
      : { softDeletePolicy: { ...softDelete, retentionDurationSeconds: Number(seconds) } }),
    uniformBucketLevelAccess: objectOf(access, "uniformBucketLevelAccess")["enabled"] === true,
    publicAccessPrevention: String(access["publicAccessPrevention"] ?? "inherited"),
    requesterPays: objectOf(bucket, "billing")["requesterPays"] === true,
    cors: objectsIn({ cors: cors ?? [] }, "cors").map((rule) => renamed(rule, reversed(CORS))),
    lifecycleRules: rules.map(fromRule),
  };
}

function toRule(rule: Properties): Properties {
  const { withState, ...condition } = objectIn(rule, "condition") ?? {};
  const isLive = withState === "LIVE" || withState === "ARCHIVED" ? { isLive: withState === "LIVE" } : {};
  return { ...rule, condition: { ...renamed(condition, CONDITION), ...isLive } };
}

function fromRule(rule: Properties): Properties {
  const { isLive, ...condition } = objectIn(rule, "condition") ?? {};
  const withState = isLive === undefined ? {} : { withState: isLive === true ? "LIVE" : "ARCHIVED" };
  return { ...rule, condition: { ...renamed(condition, reversed(CONDITION)), ...withState } };
}

function renamed(fields: Properties, names: Readonly<Record<string, string>>): Properties {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [names[key] ?? key, value]));
}

function reversed(names: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [name, key]));
}
