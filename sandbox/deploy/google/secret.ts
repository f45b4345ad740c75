import { ProviderError, type ResourceHandler, type ResourceSchema } from "../handler.ts";
import { objectOf, textOf, toProperties, withDurations } from "./answers.ts";
import { idIn, isProperties, objectIn, pick, stringIn } from "./inputs.ts";
import { changedLabels, labelOutputs, secretLabelOutputs, sentLabels } from "./labels.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import { block, exactlyOne, flag, list, replacing, required, text, textMap } from "./schema.ts";

const encryption = block({ kmsKeyName: required(text) });
const replica = block({
  location: required(replacing(text)),
  customerManagedEncryption: encryption,
});
const schema: ResourceSchema = {
  inputs: {
    secretId: replacing(text),
    project: replacing(text),
    replication: required(
      replacing(
        block({
          auto: replacing(block({ customerManagedEncryption: encryption })),
          userManaged: replacing(block({ replicas: required(replacing(list(replica))) })),
        }),
      ),
    ),
    labels: textMap,
    annotations: textMap,
    rotation: block({ nextRotationTime: text, rotationPeriod: text }),
    topics: list(block({ name: required(text) })),
    expireTime: text,
    ttl: text,
    versionAliases: textMap,
    versionDestroyTtl: text,
    tags: replacing(textMap),
    deletionProtection: flag,
    deletionPolicy: deletionPolicy.schema,
  },
  autoName: { input: "secretId", maximum: 255 },
  secretOutputs: secretLabelOutputs,
  deleteBeforeReplace: true,
};
/** What can be changed, under the same name in the API. */
const CHANGEABLE = [
  "annotations",
  "rotation",
  "topics",
  "expireTime",
  "ttl",
  "versionAliases",
  "versionDestroyTtl",
];

/**
 * A secret, without versions.
 *
 * @decision A secret has one of two replications, which the preview checks, and is made, changed and deleted without
 * an operation.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/secretmanager/resource_secret_manager_secret.go, schema: ExactlyOneOf; Create, Update, Delete.
 * @matters deployment fails: a preview refuses what the provider refuses.
 */
export function secretHandler({ client, project: defaultProject }: Context): ResourceHandler {
  return resourceHandler({
    schema,
    defaults: {
      project: defaultProject,
      deletionProtection: false,
      deletionPolicy: deletionPolicy.default,
    },
    untold: ["ttl", "tags", "deletionProtection", "deletionPolicy"],
    filledIn: ["expireTime"],
    validate: ({ replication }) =>
      isProperties(replication) ? exactlyOne("replication.", replication, ["auto", "userManaged"]) : [],
    async create(inputs) {
      const id = `projects/${stringIn(inputs, "project")}/secrets/${stringIn(inputs, "secretId")}`;
      const { auto, userManaged } = objectIn(inputs, "replication") ?? {};
      const path = `/v1/projects/${idIn(id, "projects")}/secrets?secretId=${encodeURIComponent(idIn(id, "secrets"))}`;
      await client.call("POST", path, {
        ...pick(inputs, ...CHANGEABLE, "tags"),
        replication: auto === undefined ? { userManaged } : { automatic: auto },
        labels: sentLabels(inputs),
      });
      return { id };
    },
    get: (id) => client.find(`/v1/${id}`),
    describe(secret, known, id) {
      const { automatic, ...others } = objectOf(secret, "replication");
      return {
        ...withDurations(pick(toProperties(secret), ...CHANGEABLE, "createTime"), known),
        ...labelOutputs(secret, known),
        replication: toProperties(automatic === undefined ? others : { auto: automatic }),
        project: idIn(id, "projects"),
        secretId: idIn(id, "secrets"),
        name: textOf(secret, "name"),
      };
    },
    async update({ id, outputs }, inputs, changed) {
      const parts = [...CHANGEABLE, "labels"].filter((key) => changed.has(key));
      if (parts.length === 0) return;
      const body = { ...pick(inputs, ...CHANGEABLE), labels: changedLabels(outputs, inputs) };
      await client.call("PATCH", `/v1/${id}?updateMask=${parts.join(",")}`, body);
    },
    async delete({ id, outputs }) {
      /**
       * @decision A secret with deletionProtection is not deleted.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/secretmanager/resource_secret_manager_secret.go, Delete: deletion_protection.
       * @matters sandbox only: the program leaves it off.
       */
      if (outputs["deletionProtection"] === true) {
        throw new ProviderError(`${id} has deletionProtection: set it to false before the deletion.`);
      }
      await client.remove(`/v1/${id}`);
    },
  });
}
