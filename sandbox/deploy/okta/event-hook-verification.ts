import { type Properties, ProviderError, type ResourceHandler } from "../handler.ts";
import { answeredText } from "./answers.ts";
import type { OktaClient } from "./client.ts";
import { optionalTextOf, requiredText, textOf } from "./inputs.ts";

/**
 * `okta.EventHookVerification`: has Okta challenge the hook, which both creation and update do. There is nothing to
 * delete, and nothing to import.
 *
 * Only a refresh notices that a hook has to be verified again; the next update then does so. In the state such a
 * verification names no hook, which is how it differs from what the program asks for.
 */
export function eventHookVerificationHandler(client: OktaClient): ResourceHandler {
  const verify = async (inputs: Properties): Promise<Properties> => {
    const eventHookId = textOf(inputs, "eventHookId");
    const path = `/api/v1/eventHooks/${eventHookId}/lifecycle/verify`;
    try {
      const verificationStatus = answeredText(await client.call("POST", path), "verificationStatus");
      return { eventHookId, verificationStatus };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ProviderError(`failed to verify event hook sender: ${reason}`, { cause });
    }
  };

  return {
    schema: { inputs: { eventHookId: requiredText } },
    async create(inputs) {
      const outputs = await verify(inputs);
      return { id: textOf(outputs, "eventHookId"), outputs };
    },
    async read({ id, outputs }) {
      if (outputs["verificationStatus"] === undefined) return undefined;
      const eventHookId = optionalTextOf(outputs, "eventHookId") ?? id;
      const hook = await client.find(`/api/v1/eventHooks/${eventHookId}`);
      if (hook === undefined) return undefined;
      const verificationStatus = answeredText(hook, "verificationStatus");
      const verified = verificationStatus === "VERIFIED";
      return { id, outputs: { ...(verified ? { eventHookId } : {}), verificationStatus } };
    },
    async update({ id }, inputs) {
      return { id, outputs: await verify(inputs) };
    },
    delete: () => Promise.resolve(),
  };
}
