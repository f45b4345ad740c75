import type { ResourceHandler } from "../handler.ts";
import { type Context, labelOutputs, sentLabels } from "./context.ts";
import { readInputs } from "./inputs.ts";
import { isRecord, objectOf, textOf, toProperties } from "./json.ts";
import { autoName } from "./names.ts";

const TYPE = "storage.Bucket";

/** A bucket. With `forceDestroy` its objects are deleted first. */
export function bucketHandler({ client, project: defaultProject }: Context): ResourceHandler {
  return {
    async create(name, properties) {
      const inputs = readInputs(TYPE, properties);
      const project = inputs.optionalString("project") ?? defaultProject;
      const id = inputs.optionalString("name") ?? autoName(name, 222);
      const labels = inputs.optionalObject("labels");
      const lifecycle = properties["lifecycleRules"];
      const uniform = inputs.optionalBoolean("uniformBucketLevelAccess");
      await client.call("POST", `/storage/v1/b?project=${project}`, {
        name: id,
        location: inputs.string("location"),
        storageClass: inputs.optionalString("storageClass") ?? "STANDARD",
        labels: sentLabels(labels),
        iamConfiguration: {
          ...(uniform === undefined ? {} : { uniformBucketLevelAccess: { enabled: uniform } }),
          ...inputs.pick("publicAccessPrevention"),
        },
        ...inputs.pick("versioning", "softDeletePolicy"),
        ...(lifecycle === undefined ? {} : { lifecycle: { rule: lifecycle } }),
      });
      const bucket = await client.call("GET", `/storage/v1/b/${id}`);
      const access = objectOf(objectOf(bucket, "iamConfiguration"), "uniformBucketLevelAccess");
      const computed = toProperties({
        project,
        name: id,
        location: bucket["location"],
        storageClass: bucket["storageClass"],
        uniformBucketLevelAccess: access["enabled"] === true,
        projectNumber: Number(textOf(bucket, "projectNumber")),
        selfLink: bucket["selfLink"],
        timeCreated: bucket["timeCreated"],
        updated: bucket["updated"],
        url: `gs://${id}`,
      });
      return { id, outputs: { forceDestroy: false, ...properties, ...labelOutputs(labels), ...computed } };
    },
    async delete({ id, outputs }) {
      if (readInputs(TYPE, outputs).optionalBoolean("forceDestroy")) await empty(id);
      await client.remove(`/storage/v1/b/${id}`);
    },
  };

  async function empty(bucket: string): Promise<void> {
    const answer = await client.call("GET", `/storage/v1/b/${bucket}/o?versions=true`);
    const items = Array.isArray(answer["items"]) ? answer["items"].filter(isRecord) : [];
    for (const item of items) {
      const name = encodeURIComponent(textOf(item, "name"));
      await client.remove(`/storage/v1/b/${bucket}/o/${name}?generation=${textOf(item, "generation")}`);
    }
  }
}
