import type { ResourceHandler } from "../handler.ts";
import { answeredText, type OktaClient } from "./client.ts";
import { given, readInputs } from "./inputs.ts";

/** `okta.ResourceSet`: URLs and resource names (ORNs) both go into `resources`, of which one must be given. */
export function resourceSetHandler(client: OktaClient): ResourceHandler {
  return {
    async create(logicalName, properties) {
      const known = ["label", "description", "resources", "resourcesOrns"];
      const inputs = readInputs(`ResourceSet ${logicalName}`, properties, known);
      const urls = inputs.texts("resources");
      const orns = inputs.texts("resourcesOrns");
      if (urls.length > 0 === orns.length > 0) {
        throw inputs.error('exactly one of "resources" and "resourcesOrns" must be given');
      }
      const set = await client.call("POST", "/api/v1/iam/resource-sets", {
        label: inputs.text("label"),
        description: inputs.text("description"),
        resources: [...urls, ...orns],
      });
      const id = answeredText(set, "id");
      await client.call("GET", `/api/v1/iam/resource-sets/${id}`);
      await client.call("GET", `/api/v1/iam/resource-sets/${id}/resources?limit=200`);
      return { id, outputs: given(properties) };
    },
    async delete({ id }) {
      await client.deleteIfPresent(`/api/v1/iam/resource-sets/${id}`);
    },
  };
}
