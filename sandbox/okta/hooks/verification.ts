import { isObject } from "../../../function/shared/json.ts";
import { recordHookEvent } from "../log/system-log.ts";
import type { EventHook } from "../model/event-hook.ts";
import { newSecret } from "../model/ids.ts";
import type { Org } from "../model/org.ts";
import { deservesRetry, type HookAnswer, type HookCaller } from "./calls.ts";

/** Challenges a hook. Answers with why it failed, or undefined when it did not. */
export type VerifyHook = (hook: EventHook) => Promise<string | undefined>;

/**
 * The one-time verification (Okta, "Event hooks": one-time verification request): a GET to the hook's URI with a
 * challenge, which it must send back as JSON. One retry after a time-out or an error response.
 */
export function createVerification(org: Org, caller: HookCaller): VerifyHook {
  /**
   * @decision A verification is tried once more after a time-out or an error response, and is a failure then.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, verifyEventHook.
   * @matters deployment fails: the update waits for the receiver before, so that one try does.
   *
   * @decision Every verification is written to the System Log as event_hook.verified, a failed one too.
   * @evidence documentation: okta/okta-developer-docs 468de9c, data/event-types.json, event_hook.verified.
   * @matters misleading: who looks for a failed verification looks there.
   */
  return async (hook) => {
    const challenge = newSecret();
    /**
     * @decision The GET with the challenge carries the hook's secret, its custom headers, `User-Agent: Okta-Integrations`,
     * `Accept: application/json` and a request id.
     * @evidence recorded: Okta support, "Unable to verify event hook. Hook <hook name> execution failed", the request
     * (https://support.okta.com/help/s/article/Unable-to-verify-event-hook-Hook-hook-name-execution-failed)
     * @matters deployment fails: `receive` answers a challenge only to a GET that carries the secret.
     */
    const ask = () => caller.call(hook.channel, { "x-okta-verification-challenge": challenge });
    let answer = await ask();
    if (deservesRetry(answer) || (answer.status ?? 0) >= 400) {
      await caller.pause();
      answer = await ask();
    }
    const reason = refusalOf(answer, challenge);
    org.notify({
      kind: "verification",
      hookId: hook.id,
      hookName: hook.name,
      ok: reason === undefined,
      ...(answer.status === undefined ? {} : { status: answer.status }),
      milliseconds: answer.milliseconds,
      ...(reason === undefined ? {} : { reason }),
    });
    recordHookEvent(org, "verified", hook, reason);
    return reason;
  };
}

/**
 * @decision The challenge is answered when a 2xx has JSON whose `verification` is the challenge.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, "One-time verification
 *   request"; support.okta.com, "Unable to verify event hook" (200, application/json).
 * @matters deployment fails: `receive` answers so.
 */
function refusalOf({ status, body, reason }: HookAnswer, challenge: string): string | undefined {
  if (status === undefined) return reason;
  if (status < 200 || status > 299) return `it answered ${status}`;
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return "its answer is not JSON";
  }
  if (!isObject(answer) || answer["verification"] !== challenge) {
    return 'its answer does not hold the challenge as "verification"';
  }
  return undefined;
}
