import type { ResourceHandler } from "../handler.ts";
import { ProviderError } from "../handler.ts";
import type { Context } from "./context.ts";
import { readInputs } from "./inputs.ts";
import { isRecord, textOf } from "./json.ts";

const TYPE = "projects.Service";

/** An enabled API. It stays enabled after a deletion unless `disableOnDestroy` is set, as the provider has it. */
export function serviceHandler({ client, project: defaultProject }: Context): ResourceHandler {
  async function isEnabled(project: string, service: string): Promise<boolean> {
    const query = "filter=state:ENABLED&fields=services/name,nextPageToken&pageSize=200";
    const answer = await client.call("GET", `/v1/projects/${project}/services?${query}`);
    const services = Array.isArray(answer["services"]) ? answer["services"].filter(isRecord) : [];
    return services.some((one) => textOf(one, "name").split("/").at(-1) === service);
  }

  return {
    async create(_name, properties) {
      const inputs = readInputs(TYPE, properties);
      const service = inputs.string("service");
      const project = inputs.optionalString("project") ?? defaultProject;
      if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(service))
        throw inputs.error("service", `"${service}" is not a domain`);
      if (!(await isEnabled(project, service))) {
        const body = { serviceIds: [service] };
        const operation = await client.call("POST", `/v1/projects/${project}/services:batchEnable`, body);
        await client.finish("/v1/", operation);
        if (!(await isEnabled(project, service)))
          throw new ProviderError(`${TYPE}: ${service} was not enabled.`);
      }
      await client.call("GET", `/v1/projects/${project}`);
      return { id: `${project}/${service}`, outputs: { ...properties, project, service } };
    },
    async delete({ outputs }) {
      const state = readInputs(TYPE, outputs);
      if (!state.optionalBoolean("disableOnDestroy")) return;
      const path = `/v1/projects/${state.string("project")}/services/${state.string("service")}:disable`;
      const disableDependentServices = state.optionalBoolean("disableDependentServices") ?? false;
      await client.finish("/v1/", await client.call("POST", path, { disableDependentServices }));
    },
  };
}
