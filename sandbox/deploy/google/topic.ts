import type { ResourceHandler, ResourceSchema } from "../handler.ts";
import { objectOf, textOf, toProperties } from "./answers.ts";
import { idIn, pick, stringIn } from "./inputs.ts";
import { changedLabels, labelOutputs, secretLabelOutputs, sentLabels } from "./labels.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import { block, flag, replacing, required, set, text, textMap } from "./schema.ts";

/** What a topic takes, but what this project never sets (Pulumi, Google Cloud provider: pubsub.Topic). */
const schema: ResourceSchema = {
  inputs: {
    name: replacing(text),
    project: replacing(text),
    labels: textMap,
    kmsKeyName: text,
    messageRetentionDuration: text,
    messageStoragePolicy: block({ allowedPersistenceRegions: required(set(text)), enforceInTransit: flag }),
    deletionPolicy: deletionPolicy.schema,
  },
  autoName: { input: "name", maximum: 255 },
  secretOutputs: secretLabelOutputs,
};

/** What is sent under the name that the input has. */
const SAME = ["kmsKeyName", "messageRetentionDuration", "messageStoragePolicy"];

/**
 * A topic of Pub/Sub.
 *
 * @decision A topic is made by a PUT, and changed by a PATCH of the fields that differ.
 * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls;
 * hashicorp/terraform-provider-google-beta 02b32db, google-beta/services/pubsub/resource_pubsub_topic.go, Create, Update.
 * @matters deployment fails: the sink leads to it.
 */
export function topicHandler({ client, project: defaultProject }: Context): ResourceHandler {
  return resourceHandler({
    schema,
    defaults: { project: defaultProject, deletionPolicy: deletionPolicy.default },
    untold: ["deletionPolicy"],
    filledIn: ["messageStoragePolicy"],
    async create(inputs) {
      const id = `projects/${stringIn(inputs, "project")}/topics/${stringIn(inputs, "name")}`;
      await client.call("PUT", `/v1/${id}`, { ...pick(inputs, ...SAME), labels: sentLabels(inputs) });
      return { id };
    },
    get: (id) => client.find(`/v1/${id}`),
    describe: (topic, known, id) => ({
      ...pick(toProperties(topic), "kmsKeyName"),
      ...(topic["messageRetentionDuration"] === undefined
        ? {}
        : { messageRetentionDuration: textOf(topic, "messageRetentionDuration") }),
      ...(topic["messageStoragePolicy"] === undefined
        ? {}
        : { messageStoragePolicy: toProperties(objectOf(topic, "messageStoragePolicy")) }),
      ...labelOutputs(topic, known),
      project: idIn(id, "projects"),
      name: idIn(id, "topics"),
    }),
    async update({ id, outputs }, inputs, changed) {
      const parts = [...SAME, "labels"].filter((key) => changed.has(key));
      if (parts.length === 0) return;
      await client.call("PATCH", `/v1/${id}?updateMask=${parts.join(",")}`, {
        topic: { ...pick(inputs, ...SAME), labels: changedLabels(outputs, inputs) },
      });
    },
    async delete({ id }) {
      await client.remove(`/v1/${id}`);
    },
  });
}
