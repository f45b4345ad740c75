import { isObject, type JsonObject, own } from "../../../function/shared/json.ts";
import type { InputFailure, Properties, ResourceHandler, ResourceSchema } from "../handler.ts";
import { sameButForCase, textOf, textsOf, toProperties } from "./answers.ts";
import { idIn, objectsIn, pick, stringIn } from "./inputs.ts";
import { changedLabels, labelOutputs, secretLabelOutputs, sentLabels } from "./labels.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import { block, flag, formed, integer, replacing, required, set, text, textMap } from "./schema.ts";

/** What a dataset takes, but what this project never sets (Pulumi, Google Cloud provider: bigquery.Dataset). */
const schema: ResourceSchema = {
  inputs: {
    datasetId: required(replacing(text)),
    project: replacing(text),
    location: replacing(text),
    description: text,
    friendlyName: text,
    labels: textMap,
    defaultPartitionExpirationMs: integer,
    defaultTableExpirationMs: integer,
    accesses: set(
      block({
        role: text,
        specialGroup: text,
        userByEmail: text,
        groupByEmail: text,
        domain: text,
        iamMember: text,
      }),
    ),
    deleteContentsOnDestroy: flag,
    deletionPolicy: deletionPolicy.schema,
  },
  secretOutputs: secretLabelOutputs,
};

const NUMBERS = ["defaultPartitionExpirationMs", "defaultTableExpirationMs"];

/**
 * A dataset of BigQuery.
 *
 * @decision A change of a dataset sends all of it, with the list of access out of the inputs or, where the program gives none, out of the
 * state.
 * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls;
 * hashicorp/terraform-provider-google-beta 0123f38, google-beta/services/bigquery/resource_bigquery_dataset.go, Update.
 * @matters wrong access: a member that another resource added goes with the next change, and `up` is green.
 */
export function datasetHandler({ client, project: defaultProject }: Context): ResourceHandler {
  const bodyOf = (inputs: Properties, labels: Properties) => ({
    ...pick(inputs, "description", "friendlyName", "location", ...NUMBERS),
    ...(inputs["accesses"] === undefined ? {} : { access: inputs["accesses"] }),
    datasetReference: { datasetId: stringIn(inputs, "datasetId") },
    labels,
  });
  return resourceHandler({
    schema,
    defaults: {
      project: defaultProject,
      location: "US",
      deleteContentsOnDestroy: false,
      deletionPolicy: deletionPolicy.default,
    },
    untold: ["deleteContentsOnDestroy", "deletionPolicy"],
    filledIn: ["accesses"],
    validate,
    async create(inputs) {
      const parent = `projects/${stringIn(inputs, "project")}`;
      const path = `/bigquery/v2/${parent}/datasets?accessPolicyVersion=3`;
      await client.call("POST", path, bodyOf(inputs, sentLabels(inputs)));
      return { id: `${parent}/datasets/${stringIn(inputs, "datasetId")}` };
    },
    get: (id) => client.find(`/bigquery/v2/${id}?accessPolicyVersion=3`),
    describe: (dataset, known, id) => ({
      ...textsOf(dataset, known, "description", "friendlyName"),
      ...numbersOf(dataset),
      ...labelOutputs(dataset, known),
      location: sameButForCase(dataset, known, "location"),
      accesses: accessesOf(dataset),
      project: idIn(id, "projects"),
      datasetId: idIn(id, "datasets"),
      lastModifiedTime: textOf(dataset, "lastModifiedTime"),
    }),
    async update({ id, outputs }, inputs, changed) {
      if (![...changed].some((key) => key !== "deleteContentsOnDestroy" && key !== "deletionPolicy")) return;
      const given = { ...pick(outputs, "accesses"), ...inputs };
      await client.call(
        "PUT",
        `/bigquery/v2/${id}?accessPolicyVersion=3`,
        bodyOf(given, changedLabels(outputs, inputs)),
      );
    },
    async delete({ id, outputs }) {
      const deletes = outputs["deleteContentsOnDestroy"] === true;
      await client.remove(`/bigquery/v2/${id}?deleteContents=${deletes}`);
    },
  });
}

/** 64-bit integers come as text. */
function numbersOf(dataset: JsonObject): Properties {
  return Object.fromEntries(
    NUMBERS.flatMap((key) => {
      const held = own(dataset, key);
      return held === undefined ? [] : [[key, Number(held)]];
    }),
  );
}

function accessesOf(dataset: JsonObject): readonly Properties[] {
  const access = dataset["access"];
  return Array.isArray(access) ? access.filter(isObject).map(toProperties) : [];
}

/**
 * @decision A dataset's id with a hyphen, an expiration below an hour, and an entry of access without a role are refused in the preview.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 0123f38, google-beta/services/bigquery/resource_bigquery_dataset.go,
 * validateDatasetId, validateDefaultTableExpirationMs. For the entry of access: the plugin of @pulumi/gcp 9.37.0 asks for it in the update.
 * @matters deployment fails: a stack's name may have a hyphen.
 */
function validate(inputs: Properties): readonly InputFailure[] {
  const expiration = inputs["defaultTableExpirationMs"];
  return [
    ...formed("datasetId", inputs["datasetId"], /^\w{1,1024}$/, "must have letters, digits and _ only"),
    ...(typeof expiration === "number" && expiration < 3_600_000
      ? [{ property: "defaultTableExpirationMs", reason: "must be 3600000 or more" }]
      : []),
    ...objectsIn(inputs, "accesses").flatMap((access, index) =>
      access["role"] === undefined ? [{ property: `accesses[${index}].role`, reason: "is missing" }] : [],
    ),
  ];
}
