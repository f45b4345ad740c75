import type { ResourceHandler } from "../handler.ts";
import { type Context, labelOutputs, sentLabels } from "./context.ts";
import { readInputs } from "./inputs.ts";
import { objectOf, textOf, toProperties } from "./json.ts";
import { autoName } from "./names.ts";

/** A function of the second generation. Its creation ends when the function serves. */
export function functionHandler({ client, project: defaultProject }: Context): ResourceHandler {
  return {
    async create(name, properties) {
      const inputs = readInputs("cloudfunctionsv2.Function", properties);
      const project = inputs.optionalString("project") ?? defaultProject;
      const location = inputs.string("location");
      const functionName = inputs.optionalString("name") ?? autoName(name);
      const labels = inputs.optionalObject("labels");
      const parent = `projects/${project}/locations/${location}`;
      const id = `${parent}/functions/${functionName}`;
      const query = `functionId=${encodeURIComponent(functionName)}`;
      const operation = await client.call("POST", `/v2/${parent}/functions?${query}`, {
        name: id,
        labels: sentLabels(labels),
        ...inputs.pick("description", "buildConfig", "serviceConfig", "eventTrigger", "kmsKeyName"),
      });
      await client.finish("/v2/", operation);
      const found = await client.call("GET", `/v2/${id}`);
      const serviceConfig = objectOf(found, "serviceConfig");
      const computed = toProperties({
        project,
        name: functionName,
        environment: textOf(found, "environment"),
        state: textOf(found, "state"),
        updateTime: textOf(found, "updateTime"),
        url: textOf(found, "url"),
        buildConfig: objectOf(found, "buildConfig"),
        serviceConfig: { ...serviceConfig, gcfUri: textOf(serviceConfig, "uri") },
      });
      return { id, outputs: { ...properties, ...labelOutputs(labels), ...computed } };
    },
    async delete({ id }) {
      await client.finish("/v2/", { done: true, ...(await client.remove(`/v2/${id}`)) });
    },
  };
}
