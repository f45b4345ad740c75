import type { JsonObject } from "../../../function/shared/json.ts";
import type { InvokeHandler, Properties, ResourceHandler } from "../handler.ts";
import { answeredObject, answeredText, isRefused, optionalText } from "./answers.ts";
import { type OktaClient, tryAgain } from "./client.ts";
import { flag, optionalTextOf, text, textOf } from "./inputs.ts";

/**
 * `okta.group.Group`: made, then read until it is there. One that never shows is lost to the state, as with the provider.
 *
 * @decision A group is made, then read until it is there, and once more; one that never shows is not in the state.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_group.go; the plugin
 *   of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a recording server.
 * @matters deployment fails: such a group has to be deleted by hand.
 *
 * @decision A group that is gone leaves the state at a refresh, and its deletion fails with 404.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_group.go.
 * @matters deployment fails: a destroy needs a refresh before.
 */
export function groupHandler(client: OktaClient): ResourceHandler {
  return {
    schema: {
      inputs: { name: text, description: text, skipUsers: flag },
      autoName: { input: "name", maximum: 255 },
    },
    async create(inputs) {
      const id = answeredText(await client.call("POST", "/api/v1/groups", groupBody(inputs)), "id");
      const path = pathOf(id);
      await tryAgain(
        client.patience,
        () => client.call("GET", path),
        (error) => isRefused(error, 404),
      );
      return { id, outputs: groupOutputs(inputs, await client.call("GET", path)) };
    },
    async read({ id, outputs }) {
      const group = await client.find(pathOf(id));
      return group && { id, outputs: groupOutputs(outputs, group) };
    },
    async update({ id }, inputs) {
      await client.call("PUT", pathOf(id), groupBody(inputs));
      return { id, outputs: groupOutputs(inputs, await client.call("GET", pathOf(id))) };
    },
    async delete({ id }) {
      await client.call("DELETE", pathOf(id));
    },
  };
}

/**
 * `okta.group.getGroup`: a group that is there already, by its id.
 *
 * @decision A look-up by id reads the group, and fails when it is not there.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/data_source_okta_group.go.
 * @matters deployment fails: the preview says that the group of a rule is not there.
 */
export function getGroup(client: OktaClient): InvokeHandler {
  return async (inputs) => {
    const group = await client.call("GET", pathOf(encodeURIComponent(textOf(inputs, "id"))));
    return {
      id: answeredText(group, "id"),
      ...groupOutputs({}, group),
      type: answeredText(group, "type"),
    };
  };
}

function pathOf(id: string): string {
  return `/api/v1/groups/${id}`;
}

function groupBody(inputs: Properties): unknown {
  const description = optionalTextOf(inputs, "description") ?? "";
  return { profile: { name: textOf(inputs, "name"), description } };
}

function groupOutputs(known: Properties, group: JsonObject): Properties {
  const profile = answeredObject(group, "profile");
  return {
    ...known,
    name: answeredText(profile, "name"),
    description: optionalText(profile, "description") ?? "",
  };
}
