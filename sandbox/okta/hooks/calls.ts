import type { Clock } from "../../../function/shared/clock.ts";
import type { HookChannel } from "../model/event-hook.ts";
import { alphanumerics } from "../model/ids.ts";

/**
 * How long a hook may take to answer, in milliseconds (Okta, "Event hooks": time-out and retry).
 *
 * @decision Okta waits 3 seconds for a hook's answer.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, "Timeout and retry".
 * @matters sign-in lost: `receive` answers within 2.5 seconds, or says 503.
 */
const TIMEOUT = 3000;

/**
 * How long before the one retry, in milliseconds. Okta does not say; short keeps the sandbox lively.
 *
 * @decision The one retry follows after a moment.
 * @evidence assumed: Okta does not say how long it waits.
 * @show how long after a 503 the second delivery comes.
 * @matters late: a retry within the same outage fails as well; `reconcile` finds the sign-in then.
 */
const RETRY_DELAY = 250;

/** A request to a hook, complete. */
export interface HookRequest {
  readonly method: "GET" | "POST";
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; a GET has none. */
  readonly body?: string;
}

/** What a hook answered. */
export interface HookResponse {
  readonly status: number;
  readonly body: string;
}

/**
 * Sends a request to a hook, and follows no redirect. Rejects when there is no answer; nobody waits for one any more
 * when the signal is aborted.
 */
export type SendToHook = (request: HookRequest, signal: AbortSignal) => Promise<HookResponse>;

/** How a call of a hook ended. */
export interface HookAnswer {
  /** Absent when there was no answer. */
  readonly status?: number;
  readonly body: string;
  readonly milliseconds: number;
  /** Why there was no answer. */
  readonly reason?: string;
}

/** Calls hooks. */
export interface HookCaller {
  /**
   * Never throws.
   *
   * @param body JSON to POST; a GET without
   */
  call(channel: HookChannel, headers: Readonly<Record<string, string>>, body?: string): Promise<HookAnswer>;
  /** Waits before a retry. */
  pause(): Promise<void>;
}

/**
 * Whether Okta tries once more: after a time-out, a network error or a 5xx, never after a 4xx.
 *
 * @decision A delivery is tried once more after a time-out or a 5xx, and never after a 4xx.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, "Timeout and retry".
 * @matters sign-in lost: `receive` answers what it cannot queue with 503, and never with a 4xx.
 *
 * @decision A connection that fails counts as a time-out.
 * @evidence assumed: the documentation names time-outs and 5xx only.
 * @show nothing beyond the System Log: whether a refused connection is tried twice.
 * @matters late: `reconcile` finds what was not delivered.
 */
export function deservesRetry({ status }: HookAnswer): boolean {
  return status === undefined || status >= 500;
}

/** Why a time-out is not waited for any more: one reason for all, since one of its own has a stack that nobody reads. */
const ENDED = new Error("The call has ended.");

/** A caller with Okta's time-out of 3 seconds. Calls and pauses end at once when `closing` is aborted. */
export function createHookCaller(
  clock: Pick<Clock, "now" | "sleep">,
  send: SendToHook,
  closing: AbortSignal,
): HookCaller {
  return {
    async call(channel, headers, body) {
      const started = clock.now();
      const ended = new AbortController();
      const signal = AbortSignal.any([ended.signal, closing]);
      const request: HookRequest = {
        method: body === undefined ? "GET" : "POST",
        uri: channel.uri,
        headers: {
          ...configuredHeaders(channel),
          accept: "application/json",
          "user-agent": "Okta-Integrations",
          "x-okta-request-id": alphanumerics(32),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
      };
      const answer = send(request, signal).catch((error: unknown) => ({ body: "", reason: failure(error) }));
      const silence = clock.sleep(TIMEOUT, signal).then(() => ({
        body: "",
        reason: closing.aborted ? "no answer" : `no answer within ${TIMEOUT / 1000} seconds`,
      }));
      const outcome = await Promise.race([answer, silence]);
      ended.abort(ENDED);
      return { ...outcome, milliseconds: clock.now() - started };
    },
    pause: () => clock.sleep(RETRY_DELAY, closing),
  };
}

function configuredHeaders({ headers, authScheme }: HookChannel): Record<string, string> {
  const all = authScheme === null ? headers : [...headers, authScheme];
  return Object.fromEntries(all.map(({ key, value }) => [key, value]));
}

/** The code of a network error, such as ECONNREFUSED; its message could quote what was sent. */
function failure(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? `no answer (${code})` : "no answer";
}
