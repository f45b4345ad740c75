import { isObject } from "../../../function/shared/json.ts";
import type { Cloud } from "../cloud.ts";
import { alreadyExists, GoogleError } from "../errors.ts";
import { fields, readLabels } from "../fields.ts";
import type { Policy } from "../iam/policies.ts";
import { requireLocation } from "../locations.ts";
import type { Call, Route } from "../routes.ts";
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
  /**
   * @decision A bucket whose name is taken, by anybody, is refused with 409.
   * @evidence recorded: GoogleCloudPlatform/mlops-with-vertex-ai#26: "Error 409: The requested bucket name is not
   * available…, conflict"; google/exposure-notifications-verification-server#456: "You already own this bucket". The
   * words here are the sandbox's own.
   * @matters deployment fails: the buckets' names carry the project's id and a suffix.
   *
   * @decision A bucket's name has 3 to 63 lower-case letters, digits, hyphens, underscores and dots, and does not
   * begin with goog; another is refused with 400.
   * @evidence assumed: the rules are those that UnitVectorY-Labs/gcpvalidate checks
   * (https://pkg.go.dev/github.com/UnitVectorY-Labs/gcpvalidate/storage); goog is from memory.
   * @show The first `pulumi up` makes the two buckets.
   * @matters deployment fails: a bucket is named after the project, which may have a long id.
   */
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

  /**
   * @decision The name and the place of a bucket can't be changed: 400.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/services/storage/resource_storage_bucket.go: name and location replace the bucket; a PATCH never has
   * them. The refusal itself is not public.
   * @matters deployment fails: a change of region replaces the bucket.
   */
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
    /**
     * @decision A bucket is made by storage.buckets.create on the project.
     * @evidence documentation: Cloud Storage, "IAM permissions for JSON methods"
     * (https://cloud.google.com/storage/docs/access-control/iam-json): buckets.insert: storage.buckets.create.
     * @matters sandbox only: the one who deploys is the owner here.
     */
    {
      method: "POST",
      path: "/storage/v1/b",
      service: STORAGE_SERVICE,
      permission: "storage.buckets.create",
      resource: () => `projects/${cloud.project}`,
      handle: create,
    },
    /**
     * @decision A bucket is answered with its defaults filled in: storage class, soft deletion of seven days, access
     * control.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/storage/resource_storage_bucket.go, schema: soft_delete_policy,
     * uniform_bucket_level_access and storage_class are taken as answered (Computed, or STANDARD).
     * @matters deployment fails: a refresh must not take the defaults for a change.
     */
    { ...one, method: "GET", permission: "storage.buckets.get", handle: (call) => bucketOf(call).resource },
    /**
     * @decision A bucket is changed by storage.buckets.update on the bucket, by the fields that the PATCH has.
     * @evidence documentation: Cloud Storage, "IAM permissions for JSON methods"
     * (https://cloud.google.com/storage/docs/access-control/iam-json): buckets.patch: storage.buckets.update.
     * @matters sandbox only: the one who deploys is the owner here.
     */
    { ...one, method: "PATCH", permission: "storage.buckets.update", handle: patch },
    /**
     * @decision A DELETE deletes an empty bucket at once and answers 204.
     * @evidence documentation: Cloud Storage, "IAM permissions for JSON methods"
     * (https://cloud.google.com/storage/docs/access-control/iam-json): buckets.delete: storage.buckets.delete. 204 No
     * Content: https://cloud.google.com/storage/docs/json_api/v1/status-codes.
     * @matters sandbox only: the provider empties the bucket first.
     */
    {
      ...one,
      method: "DELETE",
      permission: "storage.buckets.delete",
      handle(call) {
        const bucket = bucketOf(call);
        /**
         * @decision A bucket with objects is not deleted: 409.
         * @evidence recorded: genevieve/leftovers#38: "Error 409: The bucket you tried to delete was not empty.,
         * conflict".
         * @matters deployment fails: the bucket of the state has forceDestroy, so that a stack can be destroyed.
         */
        if (bucket.objects.size > 0) {
          throw new GoogleError("ABORTED", `The bucket ${bucket.name} you tried to delete is not empty.`);
        }
        buckets.delete(bucket.name);
        cloud.policies.drop(resourceOf(call));
        return new Response(null, { status: 204 });
      },
    },
    /**
     * @decision A bucket's policy is read at /iam, for storage.buckets.getIamPolicy.
     * @evidence documentation: Cloud Storage, "IAM permissions for JSON methods"
     * (https://cloud.google.com/storage/docs/access-control/iam-json): buckets.getIamPolicy:
     * storage.buckets.getIamPolicy.
     * @matters deployment fails: the provider changes what it read.
     */
    {
      ...policy,
      method: "GET",
      permission: "storage.buckets.getIamPolicy",
      handle(call) {
        bucketOf(call);
        return answer(cloud.policies.get(resourceOf(call)));
      },
    },
    /**
     * @decision A bucket's policy is set as a whole by a PUT of the policy itself, for storage.buckets.setIamPolicy.
     * @evidence documentation: Cloud Storage, "IAM permissions for JSON methods"
     * (https://cloud.google.com/storage/docs/access-control/iam-json): buckets.setIamPolicy:
     * storage.buckets.setIamPolicy. The form: the provider's services/storage/iam_storage_bucket.go.
     * @matters wrong access: memberships of other programs stay since the provider puts them back.
     */
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

/** Merges a change into a resource: objects by their fields, and what is null goes (RFC 7396, JSON Merge Patch). */
export function mergePatch(
  resource: Readonly<Record<string, unknown>>,
  change: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const merged: Record<string, unknown> = Object.assign(Object.create(null), resource);
  for (const [key, value] of Object.entries(change)) {
    const before = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isObject(value) ? mergePatch(isObject(before) ? before : {}, value) : value;
  }
  return merged;
}
