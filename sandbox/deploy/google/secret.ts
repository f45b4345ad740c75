import type { ResourceHandler } from "../handler.ts";
import { type Context, labelOutputs, sentLabels } from "./context.ts";
import { readInputs } from "./inputs.ts";
import { textOf } from "./json.ts";
import { autoName } from "./names.ts";

/** A secret, without versions. */
export function secretHandler({ client, project: defaultProject }: Context): ResourceHandler {
  return {
    async create(name, properties) {
      const inputs = readInputs("secretmanager.Secret", properties);
      const project = inputs.optionalString("project") ?? defaultProject;
      const secretId = inputs.optionalString("secretId") ?? autoName(name);
      const labels = inputs.optionalObject("labels");
      const { auto, userManaged } = inputs.optionalObject("replication") ?? {};
      if ((auto === undefined) === (userManaged === undefined)) {
        throw inputs.error("replication", "needs one of auto and userManaged");
      }
      await client.call("POST", `/v1/projects/${project}/secrets?secretId=${encodeURIComponent(secretId)}`, {
        replication: auto === undefined ? { userManaged } : { automatic: auto },
        labels: sentLabels(labels),
        ...inputs.pick("annotations", "rotation", "topics", "ttl"),
      });
      const id = `projects/${project}/secrets/${secretId}`;
      const secret = await client.call("GET", `/v1/${id}`);
      const computed = {
        project,
        secretId,
        name: textOf(secret, "name"),
        createTime: textOf(secret, "createTime"),
      };
      return { id, outputs: { ...properties, ...labelOutputs(labels), ...computed } };
    },
    async delete({ id }) {
      await client.remove(`/v1/${id}`);
    },
  };
}
