import type { ResourceHandler } from "../handler.ts";
import { type Answer, answeredText } from "./answers.ts";
import type { OktaClient } from "./client.ts";
import { hookBody, hookOutputs, statusOf } from "./event-hook-properties.ts";
import { halfMade } from "./half-made.ts";
import { text, texts } from "./inputs.ts";

/**
 * `okta.EventHook`: the hook, brought to the wanted status, and read back.
 *
 * @decision A hook is made or replaced by one call with all its settings and the secret, brought to its status by
 *   another if need be, and read back.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_event_hook.go; the
 *   plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a recording server.
 * @matters deployment fails: filter and description that were set by hand are lost.
 *
 * @decision A hook is deactivated and then deleted; one that is gone fails there, and leaves the state at a refresh.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_event_hook.go; the
 *   plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a recording server.
 * @matters deployment fails: a destroy needs a refresh before.
 */
export function eventHookHandler(client: OktaClient): ResourceHandler {
  const settle = async (id: string, wanted: string, written: Answer): Promise<Answer> => {
    if (answeredText(written, "status") !== wanted) {
      const change = wanted === "INACTIVE" ? "deactivate" : "activate";
      await client.call("POST", `${pathOf(id)}/lifecycle/${change}`);
    }
    return client.call("GET", pathOf(id));
  };

  return {
    schema: {
      inputs: {
        name: text,
        status: text,
        events: { ...texts, required: true },
        channel: { type: "map", required: true, items: text },
        auth: { type: "map", items: text },
        headers: {
          type: "list",
          unordered: true,
          items: { type: "object", properties: { key: text, value: text } },
        },
      },
      autoName: { input: "name", maximum: 255 },
    },
    async create(inputs) {
      const hook = await client.call("POST", "/api/v1/eventHooks", hookBody(inputs));
      const id = answeredText(hook, "id");
      try {
        return { id, outputs: hookOutputs(inputs, await settle(id, statusOf(inputs), hook)) };
      } catch (cause) {
        /**
         * @decision A hook that can't be brought to its status or read back stays in the state.
         * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/resource_okta_event_hook.go
         *   (the id is set before).
         * @matters deployment fails: the next update goes on with the hook.
         */
        throw halfMade(cause, { id, outputs: inputs });
      }
    },
    async read({ id, outputs }) {
      const hook = await client.find(pathOf(id));
      return hook && { id, outputs: hookOutputs(outputs, hook) };
    },
    async update({ id }, inputs) {
      const hook = await client.call("PUT", pathOf(id), hookBody(inputs));
      return { id, outputs: hookOutputs(inputs, await settle(id, statusOf(inputs), hook)) };
    },
    async delete({ id }) {
      await client.call("POST", `${pathOf(id)}/lifecycle/deactivate`);
      await client.call("DELETE", pathOf(id));
    },
  };
}

function pathOf(id: string): string {
  return `/api/v1/eventHooks/${id}`;
}
