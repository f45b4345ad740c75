import type { Cloud } from "../cloud.ts";
import { alreadyExists, GoogleError } from "../errors.ts";
import { fields, isObject } from "../fields.ts";
import type { Policy } from "../iam/policies.ts";
import { readLabels } from "../labels.ts";
import { requireLocation } from "../regions.ts";
import type { Call, Route } from "../routes.ts";
import { mergePatch } from "./merge-patch.ts";
import type { Objects } from "./objects.ts";

/** A bucket: what the API answers of it, and its objects. */
export interface Bucket {
  readonly name: string;
  /** A service made it for itself: it stays when all that was deployed is gone. */
  readonly ownedByGoogle?: boolean;
  /** What its objects held before, by their generations; kept where a service made the bucket for itself. */
  readonly earlier?: Map<string, Uint8Array>;
  resource: Readonly<Record<string, unknown>>;
  readonly objects: Objects;
}

/** The API behind buckets and objects. */
export const STORAGE_SERVICE = "storage.googleapis.com";

const FIXED = ["name", "location"];
/** What only the service says; in a request it means nothing. */
const OUTPUT_ONLY = ["kind", "id", "projectNumber", "selfLink", "metageneration", "timeCreated", "updated"];
const NAME = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/;

/** The resource of a new bucket. @param given what the request for it says besides name and place */
export function makeBucket(
  cloud: Cloud,
  name: string,
  location: string,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const time = new Date().toISOString();
  return {
    ...given,
    kind: "storage#bucket",
    id: name,
    name,
    projectNumber: cloud.projectNumber,
    location: location.toUpperCase(),
    storageClass: given["storageClass"] ?? "STANDARD",
    selfLink: `https://www.googleapis.com/storage/v1/b/${name}`,
    metageneration: "1",
    timeCreated: time,
    updated: time,
    softDeletePolicy: {
      retentionDurationSeconds: "604800",
      ...(isObject(given["softDeletePolicy"]) ? given["softDeletePolicy"] : {}),
    },
    iamConfiguration: given["iamConfiguration"] ?? { uniformBucketLevelAccess: { enabled: false } },
  };
}

/** The methods on buckets and their policies (Cloud Storage, JSON API: buckets). */
export function bucketRoutes(
  cloud: Cloud,
  buckets: Map<string, Bucket>,
  resourceOf: (call: Call) => string,
  bucketOf: (call: Call) => Bucket,
): readonly Route[] {
  function create(call: Call): object {
    const body = call.fields();
    const name = body.string("name");
    if (!NAME.test(name) || name.startsWith("goog") || name.includes("..")) {
      throw body.invalid(
        "name",
        "3 to 63 lower-case letters, digits, hyphens, dots, not beginning with goog",
      );
    }
    const location = body.optionalString("location") ?? "US";
    requireLocation(location);
    cloud.locations.require("a bucket", location.toLowerCase());
    if (buckets.has(name)) throw alreadyExists(name, "is a bucket name that is not available");
    body.optionalString("storageClass");
    const resource = makeBucket(cloud, name, location, { ...body.raw, labels: readLabels(body) });
    buckets.set(name, { name, resource, objects: new Map() });
    return resource;
  }

  function patch(call: Call): object {
    const bucket = bucketOf(call);
    const body = call.fields();
    for (const key of FIXED) if (body.has(key)) throw body.invalid(key, "can't be changed");
    const changes = Object.entries(body.raw).filter(([key]) => !OUTPUT_ONLY.includes(key));
    const merged = mergePatch(bucket.resource, Object.fromEntries(changes));
    const metageneration = String(Number(bucket.resource["metageneration"]) + 1);
    bucket.resource = {
      ...merged,
      labels: readLabels(fields(merged, "")),
      metageneration,
      updated: new Date().toISOString(),
    };
    return bucket.resource;
  }

  function answer(policy: Policy): object {
    return { kind: "storage#policy", ...policy };
  }

  const one = { path: "/storage/v1/b/{bucket}", service: STORAGE_SERVICE, resource: resourceOf } as const;
  const policy = { ...one, path: "/storage/v1/b/{bucket}/iam" } as const;

  return [
    {
      method: "POST",
      path: "/storage/v1/b",
      service: STORAGE_SERVICE,
      permission: "storage.buckets.create",
      resource: () => `projects/${cloud.project}`,
      handle: create,
    },
    { ...one, method: "GET", permission: "storage.buckets.get", handle: (call) => bucketOf(call).resource },
    { ...one, method: "PATCH", permission: "storage.buckets.update", handle: patch },
    {
      ...one,
      method: "DELETE",
      permission: "storage.buckets.delete",
      handle(call) {
        const bucket = bucketOf(call);
        if (bucket.objects.size > 0) {
          throw new GoogleError("ABORTED", `The bucket ${bucket.name} you tried to delete is not empty.`);
        }
        buckets.delete(bucket.name);
        cloud.policies.drop(resourceOf(call));
        return new Response(null, { status: 204 });
      },
    },
    {
      ...policy,
      method: "GET",
      permission: "storage.buckets.getIamPolicy",
      handle(call) {
        bucketOf(call);
        return answer(cloud.policies.get(resourceOf(call)));
      },
    },
    {
      ...policy,
      method: "PUT",
      permission: "storage.buckets.setIamPolicy",
      handle(call) {
        bucketOf(call);
        return answer(cloud.policies.set(resourceOf(call), call.fields(), "storage."));
      },
    },
  ];
}
