import type { ResourceHandler } from "../handler.ts";
import { type Context, labelOutputs, sentLabels } from "./context.ts";
import { isProperties, readInputs } from "./inputs.ts";
import { textOf } from "./json.ts";

const TYPE = "artifactregistry.Repository";

/** A repository of images. Nothing is auto-named here: `repositoryId` is required. */
export function repositoryHandler({ client, project: defaultProject, region }: Context): ResourceHandler {
  return {
    async create(_name, properties) {
      const inputs = readInputs(TYPE, properties);
      const project = inputs.optionalString("project") ?? defaultProject;
      const location = inputs.optionalString("location") ?? region;
      const repositoryId = inputs.string("repositoryId");
      const labels = inputs.optionalObject("labels");
      const parent = `/v1/projects/${project}/locations/${location}`;
      const policies = Array.isArray(properties["cleanupPolicies"]) ? properties["cleanupPolicies"] : [];
      const cleanupPolicies = Object.fromEntries(
        policies.filter(isProperties).map((policy) => [textOf(policy, "id"), policy]),
      );
      const operation = await client.call("POST", `${parent}/repositories?repository_id=${repositoryId}`, {
        format: inputs.string("format"),
        mode: inputs.optionalString("mode") ?? "STANDARD_REPOSITORY",
        labels: sentLabels(labels),
        cleanupPolicies,
        ...inputs.pick("description", "cleanupPolicyDryRun", "dockerConfig"),
      });
      await client.finish("/v1/", operation);
      const id = `projects/${project}/locations/${location}/repositories/${repositoryId}`;
      const repository = await client.call("GET", `/v1/${id}`);
      const computed = {
        project,
        location,
        name: repositoryId,
        createTime: textOf(repository, "createTime"),
        updateTime: textOf(repository, "updateTime"),
        registryUri: textOf(repository, "registryUri"),
      };
      return {
        id,
        outputs: { mode: "STANDARD_REPOSITORY", ...properties, ...labelOutputs(labels), ...computed },
      };
    },
    async delete({ id }) {
      await client.finish("/v1/", { done: true, ...(await client.remove(`/v1/${id}`)) });
    },
  };
}
