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

/** A bucket. With `forceDestroy` its objects are deleted first. */
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

/** The labels of buckets are the only ones that the real provider checks. */
function checkLabels(labels: Properties): readonly InputFailure[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const property = `labels.${key}`;
    if (!/^[a-z0-9_-]{1,63}$/.test(key)) {
      return [{ property, reason: "has a key other than 1 to 63 lower-case letters, digits, _ and -" }];
    }
    if (value === unknown || (typeof value === "string" && /^[a-z0-9_-]{0,63}$/.test(value))) return [];
    return [{ property, reason: "has a value other than up to 63 lower-case letters, digits, _ and -" }];
  });
}
