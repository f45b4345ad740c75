import { isObject } from "../../../function/shared/json.ts";
import { ProviderError, type ResourceHandler, type ResourceSchema } from "../handler.ts";
import { textOf } from "./answers.ts";
import { lastSegment, stringIn } from "./inputs.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import { flag, formed, replacing, required, text } from "./schema.ts";

const schema: ResourceSchema = {
  inputs: {
    service: required(replacing(text)),
    project: replacing(text),
    disableOnDestroy: flag,
    disableDependentServices: flag,
    checkIfServiceHasUsageOnDestroy: flag,
    deletionPolicy: deletionPolicy.schema,
  },
};

/**
 * An enabled API. It stays enabled after a deletion unless `disableOnDestroy` is set, as the provider has it.
 *
 * @decision An API is enabled only when the list of enabled ones lacks it, and the list is read again afterwards.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/resourcemanager/resource_google_project_service.go, Create: BatchRequestReadServices,
 * BatchRequestEnableService. The real one puts several resources into one call; here each has its own.
 * @matters deployment fails: the calls need serviceusage.services.list and enable.
 *
 * @decision An API that is taken out of the program stays enabled unless disableOnDestroy is set.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/resourcemanager/resource_google_project_service.go, Delete: disable_on_destroy.
 * @matters deployment fails: other stacks of the project go on.
 */
export function serviceHandler({ client, project: defaultProject }: Context): ResourceHandler {
  async function isEnabled(project: string, service: string): Promise<boolean> {
    const query = "filter=state:ENABLED&fields=services/name,nextPageToken&pageSize=200";
    const answer = await client.call("GET", `/v1/projects/${project}/services?${query}`);
    const services = Array.isArray(answer["services"]) ? answer["services"].filter(isObject) : [];
    return services.some((one) => lastSegment(textOf(one, "name")) === service);
  }

  return resourceHandler({
    schema,
    defaults: { project: defaultProject, deletionPolicy: deletionPolicy.default },
    untold: [
      "disableOnDestroy",
      "disableDependentServices",
      "checkIfServiceHasUsageOnDestroy",
      "deletionPolicy",
    ],
    filledIn: [],
    validate: ({ service }) =>
      formed(
        "service",
        service,
        /^[a-z0-9-]+(\.[a-z0-9-]+)+$/,
        "must be a domain such as iam.googleapis.com",
      ),
    async create(inputs) {
      const service = stringIn(inputs, "service");
      const project = stringIn(inputs, "project");
      if (!(await isEnabled(project, service))) {
        const body = { serviceIds: [service] };
        const operation = await client.call("POST", `/v1/projects/${project}/services:batchEnable`, body);
        await client.finish("/v1/", operation);
        /**
         * @own An API that is not enabled after it was enabled: the sandbox reports it, so that no later resource is
         * blamed.
         */
        if (!(await isEnabled(project, service))) throw new ProviderError(`${service} was not enabled.`);
      }
      return { id: `${project}/${service}` };
    },
    async get(id) {
      const [project = "", service = ""] = id.split("/");
      await client.call("GET", `/v1/projects/${project}`);
      return (await isEnabled(project, service)) ? { project, service } : undefined;
    },
    describe: ({ project, service }) => ({ project: String(project), service: String(service) }),
    // What can change steers only the deletion.
    update: () => Promise.resolve(),
    async delete({ id, outputs }) {
      if (outputs["disableOnDestroy"] !== true) return;
      const [project = "", service = ""] = id.split("/");
      const operation = await client.call("POST", `/v1/projects/${project}/services/${service}:disable`, {
        disableDependentServices: outputs["disableDependentServices"] === true,
        ...(outputs["checkIfServiceHasUsageOnDestroy"] === true ? { checkIfServiceHasUsage: "CHECK" } : {}),
      });
      await client.finish("/v1/", operation);
    },
  });
}
