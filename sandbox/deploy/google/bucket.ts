import type { InputFailure, Properties, ResourceHandler } from "../handler.ts";
import { unknown } from "../properties.ts";
import { bucketInputs, bucketParts } from "./bucket-form.ts";
import { bucketSchema } from "./bucket-schema.ts";
import type { Context } from "./context.ts";
import { sameButForCase } from "./given-form.ts";
import { objectIn, stringIn } from "./inputs.ts";
import { isRecord, textOf, toProperties } from "./json.ts";
import { changedLabels, labelOutputs, sentLabels } from "./labels.ts";
import { deletionPolicy, resourceHandler } from "./resource.ts";

/**
 * A bucket. With `forceDestroy` its objects are deleted first.
 *
 * @decision With forceDestroy a bucket's objects are deleted, every version of them, before the bucket.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/storage/resource_storage_bucket.go, Delete: objects.list with versions, objects.delete of each
 * generation. Without it the provider itself refuses a bucket with objects, where here Google's 409 is told.
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
    for (const item of Array.isArray(items) ? items.filter(isRecord) : []) {
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
