import type { ResourceHandler } from "../handler.ts";
import { answeredText, type OktaClient } from "./client.ts";
import { given, readInputs } from "./inputs.ts";

/** `okta.AdminRoleCustom`: one call, not read back. */
export function adminRoleCustomHandler(client: OktaClient): ResourceHandler {
  return {
    async create(logicalName, properties) {
      const known = ["label", "description", "permissions"];
      const inputs = readInputs(`AdminRoleCustom ${logicalName}`, properties, known);
      const body = {
        label: inputs.text("label"),
        description: inputs.text("description"),
        permissions: inputs.texts("permissions"),
      };
      if (body.permissions.length === 0) throw inputs.error("at least one permission must be specified");
      const role = await client.call("POST", "/api/v1/iam/roles", body);
      return { id: answeredText(role, "id"), outputs: given(properties) };
    },
    async delete({ id }) {
      await client.deleteIfPresent(`/api/v1/iam/roles/${id}`);
    },
  };
}
