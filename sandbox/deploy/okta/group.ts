import type { InvokeHandler, ResourceHandler } from "../handler.ts";
import { autoName } from "./auto-name.ts";
import { answeredObject, answeredText, type OktaClient } from "./client.ts";
import { given, readInputs } from "./inputs.ts";

/** `okta.group.Group`: create, then read until it is there, as the provider does. */
export function groupHandler(client: OktaClient): ResourceHandler {
  return {
    async create(logicalName, properties) {
      const inputs = readInputs(`Group ${logicalName}`, properties, ["name", "description", "skipUsers"]);
      const name = inputs.optionalText("name") ?? autoName(logicalName);
      const profile = { name, description: inputs.optionalText("description") ?? "" };
      const id = answeredText(await client.call("POST", "/api/v1/groups", { profile }), "id");
      await client.call("GET", `/api/v1/groups/${id}`);
      const group = await client.call("GET", `/api/v1/groups/${id}`);
      const { description } = answeredObject(group, "profile");
      return {
        id,
        outputs: {
          ...given(properties),
          name,
          ...(typeof description === "string" ? { description } : {}),
        },
      };
    },
    async delete({ id }) {
      await client.call("DELETE", `/api/v1/groups/${id}`);
    },
  };
}

/** `okta.group.getGroup`: a group that is there already, by its id. */
export function getGroup(client: OktaClient): InvokeHandler {
  return async (properties) => {
    const inputs = readInputs("getGroup", properties, ["id"]);
    const group = await client.call("GET", `/api/v1/groups/${encodeURIComponent(inputs.text("id"))}`);
    const profile = answeredObject(group, "profile");
    const { description } = profile;
    return {
      id: answeredText(group, "id"),
      name: answeredText(profile, "name"),
      description: typeof description === "string" ? description : "",
      type: answeredText(group, "type"),
    };
  };
}
