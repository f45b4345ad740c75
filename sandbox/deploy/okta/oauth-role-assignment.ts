import { ProviderError, type ResourceHandler } from "../handler.ts";
import { answeredText, type OktaClient } from "./client.ts";
import { given, readInputs } from "./inputs.ts";

/** `okta.app.OauthRoleAssignment`: a standard role, or a custom one with its resource set. */
export function oauthRoleAssignmentHandler(client: OktaClient): ResourceHandler {
  return {
    async create(logicalName, properties) {
      const known = ["clientId", "type", "role", "resourceSet"];
      const inputs = readInputs(`OauthRoleAssignment ${logicalName}`, properties, known);
      const type = inputs.text("type");
      const role = inputs.optionalText("role");
      const resourceSet = inputs.optionalText("resourceSet");
      if (type === "CUSTOM" && (role === undefined || resourceSet === undefined)) {
        throw inputs.error('"role" and "resourceSet" are required when "type" is CUSTOM');
      }
      const clientId = inputs.text("clientId");
      const assignment = await client.call("POST", `/oauth2/v1/clients/${clientId}/roles`, {
        type,
        role,
        "resource-set": resourceSet,
      });
      return {
        id: answeredText(assignment, "id"),
        outputs: {
          ...given(properties),
          label: answeredText(assignment, "label"),
          status: answeredText(assignment, "status"),
        },
      };
    },
    async delete({ id, outputs }) {
      const { clientId } = outputs;
      if (typeof clientId !== "string") throw new ProviderError(`The role assignment ${id} names no client.`);
      await client.call("DELETE", `/oauth2/v1/clients/${clientId}/roles/${id}`);
    },
  };
}
