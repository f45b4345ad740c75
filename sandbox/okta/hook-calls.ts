import { Agent, request } from "undici";
import type { HookChannel } from "./event-hook-settings.ts";

/** How long a hook may take to answer, in milliseconds (Okta, "Event hooks": time-out and retry). */
const TIMEOUT = 3000;

/** How long before the one retry, in milliseconds. Okta does not say; short keeps the sandbox lively. */
const RETRY_DELAY = 250;

/** Longer answers are not read. In bytes. */
const MAXIMUM_ANSWER = 64 * 1024;

/** How a call of a hook ended. */
export interface HookAnswer {
  /** Absent when there was no answer. */
  readonly status?: number;
  readonly body: string;
  readonly milliseconds: number;
  /** Why there was no answer. */
  readonly reason?: string;
}

/** Calls hooks, each time on a connection of its own. */
export interface HookCaller {
  /**
   * Never throws, never follows a redirect.
   *
   * @param body JSON to POST; a GET without
   */
  call(channel: HookChannel, headers: Readonly<Record<string, string>>, body?: string): Promise<HookAnswer>;
  /** Waits before a retry. */
  pause(): Promise<void>;
  /** Ends every call under way. */
  stop(): Promise<void>;
}

/** Whether Okta tries once more: after a time-out, a network error or a 5xx, never after a 4xx. */
export function deservesRetry({ status }: HookAnswer): boolean {
  return status === undefined || status >= 500;
}

/** A caller with Okta's time-out of 3 seconds. */
export function createHookCaller(): HookCaller {
  const agent = new Agent({ pipelining: 0, maxResponseSize: MAXIMUM_ANSWER });
  const stopped = new AbortController();

  return {
    async call(channel, headers, body) {
      const started = performance.now();
      const timeout = AbortSignal.timeout(TIMEOUT);
      const elapsed = () => Math.round(performance.now() - started);
      try {
        const response = await request(channel.uri, {
          dispatcher: agent,
          method: body === undefined ? "GET" : "POST",
          headers: { ...configuredHeaders(channel), accept: "application/json", ...headers },
          body: body ?? null,
          signal: AbortSignal.any([timeout, stopped.signal]),
        });
        const text = await response.body.text();
        return { status: response.statusCode, body: text, milliseconds: elapsed() };
      } catch (error) {
        const reason = timeout.aborted ? `no answer within ${TIMEOUT / 1000} seconds` : failure(error);
        return { body: "", milliseconds: elapsed(), reason };
      }
    },
    async pause() {
      if (stopped.signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, RETRY_DELAY);
      stopped.signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      clearTimeout(timer);
    },
    async stop() {
      stopped.abort(new Error("the org is closing"));
      await agent.destroy();
    },
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
