import type { InputFailure, Properties, ResourceHandler, ResourceSchema } from "../handler.ts";
import { textOf, textsOf, toProperties } from "./answers.ts";
import { idIn, objectIn, pick, stringIn } from "./inputs.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import { block, flag, list, replacing, required, text } from "./schema.ts";

/** What a log sink takes (Pulumi, Google Cloud provider: logging.ProjectSink). */
const schema: ResourceSchema = {
  inputs: {
    name: replacing(text),
    project: replacing(text),
    destination: required(text),
    filter: text,
    description: text,
    disabled: flag,
    exclusions: list(
      block({ name: required(text), filter: required(text), description: text, disabled: flag }),
    ),
    bigqueryOptions: block({ usePartitionedTables: required(flag) }),
    uniqueWriterIdentity: flag,
    customWriterIdentity: text,
    deletionPolicy: deletionPolicy.schema,
  },
  autoName: { input: "name", maximum: 255 },
};

/** What is sent under the name that the input has. */
const SAME = ["destination", "filter", "description", "disabled", "exclusions", "bigqueryOptions"];

const SHARED_WRITER = "serviceAccount:cloud-logs@system.gserviceaccount.com";

/**
 * A log sink of a project.
 *
 * @decision A creation first looks whether there is a sink of that name, and changes that one; otherwise it makes one. A change is a PATCH
 * with a mask of the exclusions and of what differs, with destination, filter and disabled in any case.
 * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls;
 * hashicorp/terraform-provider-google-beta 0dc9aa9, google-beta/services/logging/resource_logging_sink.go, expandResourceLoggingSinkForUpdate.
 * @matters deployment fails: Pulumi names the sink, so that none is there.
 */
export function logSinkHandler({ client, project: defaultProject }: Context): ResourceHandler {
  const query = (inputs: Properties) => `uniqueWriterIdentity=${inputs["uniqueWriterIdentity"] === true}`;
  const change = (id: string, inputs: Properties, changed: readonly string[]) => {
    const mask = ["exclusions", ...changed.filter((key) => key !== "exclusions")].join(",");
    return client.call("PATCH", `/v2/${id}?${query(inputs)}&updateMask=${mask}`, {
      ...pick(inputs, ...SAME),
      filter: inputs["filter"] ?? "",
      disabled: inputs["disabled"] === true,
      exclusions: inputs["exclusions"] ?? [],
    });
  };
  return resourceHandler({
    schema,
    defaults: {
      project: defaultProject,
      uniqueWriterIdentity: true,
      deletionPolicy: deletionPolicy.default,
    },
    untold: ["deletionPolicy"],
    filledIn: ["bigqueryOptions"],
    validate,
    async create(inputs) {
      const parent = `projects/${stringIn(inputs, "project")}`;
      const name = stringIn(inputs, "name");
      const id = `${parent}/sinks/${name}`;
      if ((await client.find(`/v2/${id}`)) !== undefined) await change(id, inputs, SAME);
      else
        await client.call("POST", `/v2/${parent}/sinks?${query(inputs)}`, { ...pick(inputs, ...SAME), name });
      return { id };
    },
    get: (id) => client.find(`/v2/${id}`),
    describe: (sink, known, id) => ({
      ...pick(toProperties(sink), "destination", "exclusions", "bigqueryOptions"),
      ...textsOf(sink, known, "filter", "description"),
      ...(sink["disabled"] === true || known["disabled"] !== undefined
        ? { disabled: sink["disabled"] === true }
        : {}),
      uniqueWriterIdentity: sink["writerIdentity"] !== SHARED_WRITER,
      project: idIn(id, "projects"),
      name: idIn(id, "sinks"),
      writerIdentity: textOf(sink, "writerIdentity"),
    }),
    async update({ id }, inputs, changed) {
      const parts = SAME.filter((key) => changed.has(key));
      if (parts.length > 0 || changed.has("uniqueWriterIdentity")) await change(id, inputs, parts);
    },
    /**
     * @decision The deletion of a sink that is gone fails.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 01f9085,
     * google-beta/services/logging/resource_logging_project_sink.go, Delete: an error of any kind is reported.
     * @matters deployment fails: a destroy stops at a sink that somebody deleted by hand; `--refresh` helps.
     */
    async delete({ id }) {
      await client.call("DELETE", `/v2/${id}`);
    },
  });
}

/**
 * @decision Options of BigQuery need an identity of the sink's own.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 01f9085,
 * google-beta/services/logging/resource_logging_project_sink.go, CustomizeDiff.
 * @matters sandbox only: the program's sinks have one.
 */
function validate(inputs: Properties): readonly InputFailure[] {
  if (objectIn(inputs, "bigqueryOptions") === undefined || inputs["uniqueWriterIdentity"] !== false)
    return [];
  return [{ property: "uniqueWriterIdentity", reason: "must be true when bigqueryOptions is supplied" }];
}
