import type { JsonObject } from "../../../function/shared/json.ts";
import { type Properties, ProviderError, type ResourceHandler, type ResourceState } from "../handler.ts";
import { answeredText, optionalText } from "./answers.ts";
import type { OktaClient } from "./client.ts";
import { optionalTextOf, present, requiredText, text, textOf } from "./inputs.ts";

/**
 * `okta.app.OauthRoleAssignment`: a standard role, or a custom one with its resource set. It can't be changed, and one
 * that is gone fails to be read and to be deleted, as with the provider.
 *
 * @decision A role assignment can't be changed, every input replaces it; one that is gone is an error at a refresh and
 *   at its deletion.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0,
 *   okta/services/idaas/resource_okta_app_oauth_role_assignment.go (no branch for 404; pull request 2320 is open); the
 *   plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a recording server.
 * @matters deployment fails: who takes the role away by hand has to take it out of the state.
 */
export function oauthRoleAssignmentHandler(client: OktaClient): ResourceHandler {
  return {
    schema: {
      inputs: {
        clientId: { ...requiredText, replaces: true },
        type: { ...requiredText, replaces: true },
        role: { ...text, replaces: true },
        resourceSet: { ...text, replaces: true },
      },
    },
    validate(inputs) {
      if (inputs["type"] !== "CUSTOM") return [];
      return ["role", "resourceSet"]
        .filter((property) => (inputs[property] ?? "") === "")
        .map((property) => ({ property, reason: 'is required when "type" is CUSTOM' }));
    },
    async create(inputs) {
      const clientId = textOf(inputs, "clientId");
      const assignment = await client.call("POST", `/oauth2/v1/clients/${clientId}/roles`, {
        type: textOf(inputs, "type"),
        role: optionalTextOf(inputs, "role"),
        "resource-set": optionalTextOf(inputs, "resourceSet"),
      });
      return { id: answeredText(assignment, "id"), outputs: assignmentOutputs(clientId, assignment) };
    },
    async read(state) {
      const { clientId, id } = placeOf(state);
      const assignment = await client.call("GET", pathOf(clientId, id));
      return { id, outputs: assignmentOutputs(clientId, assignment) };
    },
    async delete(state) {
      const { clientId, id } = placeOf(state);
      await client.call("DELETE", pathOf(clientId, id));
    },
  };
}

function pathOf(clientId: string, id: string): string {
  return `/oauth2/v1/clients/${clientId}/roles/${id}`;
}

/**
 * One that is imported is named `<client id>/<assignment id>`.
 *
 * @decision An assignment is imported as <client id>/<assignment id>.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0,
 *   okta/services/idaas/resource_okta_app_oauth_role_assignment.go, ImportState.
 * @matters sandbox only: the program imports nothing.
 */
function placeOf({ id, outputs }: ResourceState): { readonly clientId: string; readonly id: string } {
  const known = optionalTextOf(outputs, "clientId");
  if (known !== undefined) return { clientId: known, id };
  const [clientId = "", assignmentId = "", ...rest] = id.split("/");
  if (clientId === "" || assignmentId === "" || rest.length > 0) {
    throw new ProviderError(
      `The role assignment ${id} names no client: import it as <client id>/<assignment id>.`,
    );
  }
  return { clientId, id: assignmentId };
}

function assignmentOutputs(clientId: string, assignment: JsonObject): Properties {
  return present({
    clientId,
    type: answeredText(assignment, "type"),
    role: optionalText(assignment, "role"),
    resourceSet: optionalText(assignment, "resource-set"),
    label: optionalText(assignment, "label"),
    status: optionalText(assignment, "status"),
  });
}
