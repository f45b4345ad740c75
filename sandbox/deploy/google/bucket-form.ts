import type { Properties } from "../handler.ts";
import { objectIn, objectsIn, pick } from "./inputs.ts";
import { type JsonObject, objectOf, toProperties } from "./json.ts";

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
export function bucketParts(inputs: Properties): Readonly<Record<string, Properties>> {
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
export function bucketInputs(bucket: JsonObject): Properties {
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
