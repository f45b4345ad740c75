import type { ResourceHandler } from "../handler.ts";
import type { Context } from "./context.ts";
import { readInputs } from "./inputs.ts";
import { objectOf, textOf, toProperties } from "./json.ts";
import { autoName } from "./names.ts";

/** A queue of tasks. */
export function queueHandler({ client, project: defaultProject }: Context): ResourceHandler {
  return {
    async create(name, properties) {
      const inputs = readInputs("cloudtasks.Queue", properties);
      const project = inputs.optionalString("project") ?? defaultProject;
      const location = inputs.string("location");
      const queueName = inputs.optionalString("name") ?? autoName(name);
      const desiredState = inputs.optionalString("desiredState") ?? "RUNNING";
      const parent = `projects/${project}/locations/${location}`;
      const id = `${parent}/queues/${queueName}`;
      await client.call("POST", `/v2/${parent}/queues`, {
        name: id,
        ...inputs.pick("rateLimits", "retryConfig", "httpTarget"),
      });
      if (desiredState === "PAUSED") await client.call("POST", `/v2/${id}:pause`, {});
      const queue = await client.call("GET", `/v2/${id}`);
      const computed = toProperties({
        project,
        name: queueName,
        desiredState,
        state: textOf(queue, "state"),
        rateLimits: objectOf(queue, "rateLimits"),
        retryConfig: objectOf(queue, "retryConfig"),
      });
      return { id, outputs: { ...properties, ...computed } };
    },
    async delete({ id }) {
      await client.remove(`/v2/${id}`);
    },
  };
}
