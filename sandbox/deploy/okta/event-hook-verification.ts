import type { ResourceHandler } from "../handler.ts";
import { answeredText, type OktaClient } from "./client.ts";
import { given, readInputs } from "./inputs.ts";

/** `okta.EventHookVerification`: has Okta challenge the hook. There is nothing to delete. */
export function eventHookVerificationHandler(client: OktaClient): ResourceHandler {
  return {
    async create(logicalName, properties) {
      const inputs = readInputs(`EventHookVerification ${logicalName}`, properties, ["eventHookId"]);
      const id = inputs.text("eventHookId");
      const hook = await client.call("POST", `/api/v1/eventHooks/${id}/lifecycle/verify`);
      const verificationStatus = answeredText(hook, "verificationStatus");
      return { id, outputs: { ...given(properties), verificationStatus } };
    },
    async delete() {},
  };
}
