import { Agent, request } from "undici";
import type { SendToHook } from "./hook-calls.ts";

/** Longer answers are not read. In bytes. */
const MAXIMUM_ANSWER = 64 * 1024;

/** The way to hooks over HTTP, each time on a connection of its own. */
export interface HttpHooks {
  readonly send: SendToHook;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Reaches hooks over HTTP. */
export function createHttpHooks(): HttpHooks {
  const agent = new Agent({ pipelining: 0, maxResponseSize: MAXIMUM_ANSWER });
  return {
    async send({ method, uri, headers, body }, signal) {
      const options = { dispatcher: agent, method, headers, body: body ?? null, signal };
      const response = await request(uri, options);
      return { status: response.statusCode, body: await response.body.text() };
    },
    close: () => agent.destroy(),
  };
}
