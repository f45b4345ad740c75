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
 *
 * @decision A verification is asked for when the resource is made or updated; only a refresh notices that the hook has
 *   become UNVERIFIED.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0,
 *   okta/services/idaas/resource_okta_event_hook_verification.go; the plugin of @pulumi/okta 6.8.0
 *   (terraform-provider-okta v6.12.0), as it was run against a recording server.
 * @matters sign-in lost: the program replaces the verification when the channel changes.
 */
export function eventHookVerificationHandler(client: OktaClient): ResourceHandler {
  /**
   * @decision A verification that fails stops the update there, with the status and without Okta's reason; what was made
   *   stays.
   * @evidence vendor-code: okta/terraform-provider-okta v6.12.0,
   *   okta/services/idaas/resource_okta_event_hook_verification.go; the plugin of @pulumi/okta 6.8.0
   *   (terraform-provider-okta v6.12.0), as it was run against a recording server ("400 Bad Request").
   * @matters misleading: the reason stands in the receiver's log.
   */
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
