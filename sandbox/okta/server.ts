import { once } from "node:events";
import { createAdaptorServer } from "@hono/node-server";
import { Agent, request } from "undici";
import { inSmallLetters, type RecordExchange, recordAnswer } from "../exchange.ts";
import { refuseForeign } from "../own-machine.ts";
import type { SendToHook } from "./hooks/calls.ts";
import { createLocalOkta, type LocalOkta, type LocalOktaOptions } from "./local-okta.ts";

export type { LocalOkta, LocalOktaOptions } from "./local-okta.ts";

/** How an org is to be that is reached over HTTP. */
export interface OktaServerOptions extends LocalOktaOptions {
  /** Takes what the org is asked and asks hooks. */
  readonly record?: RecordExchange;
}

/** Starts an org on a free port of 127.0.0.1, at `http://127.0.0.1:PORT`, which reaches hooks over HTTP. */
export async function startOkta({ record, ...options }: OktaServerOptions = {}): Promise<LocalOkta> {
  /**
   * @own It answers until the org behind it is made.
   */
  let answer = async (_request: Request): Promise<Response> => new Response(null, { status: 503 });
  const server = createAdaptorServer({
    async fetch(request, { incoming }) {
      try {
        const host = incoming.headers.host;
        const refusal = refuseForeign(host, request.headers.get("origin") ?? undefined);
        return refusal ?? (await recordAnswer(record, "okta", request, (one) => answer(one)));
      } catch {
        if ("resetAndDestroy" in incoming.socket) incoming.socket.resetAndDestroy();
        return new Response(null);
      }
    },
    overrideGlobalObjects: false,
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");

  const hooks = createHttpHooks(record);
  const { answer: begin, ...okta } = createLocalOkta(`http://127.0.0.1:${address.port}`, hooks.send, options);
  answer = begin;
  return {
    ...okta,
    async close() {
      await okta.close();
      await hooks.close();
      const closed = once(server, "close");
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
}

/** Longer answers are not read. In bytes. */
const MAXIMUM_ANSWER = 64 * 1024;

/** The way to hooks over HTTP, each time on a connection of its own. */
interface HttpHooks {
  readonly send: SendToHook;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Reaches hooks over HTTP. */
function createHttpHooks(record: RecordExchange = () => undefined): HttpHooks {
  const agent = new Agent({ pipelining: 0, maxResponseSize: MAXIMUM_ANSWER });
  return {
    async send({ method, uri, headers, body }, signal) {
      const options = { dispatcher: agent, method, headers, body: body ?? null, signal };
      const exchange = {
        channel: "hook",
        method,
        url: uri,
        requestHeaders: inSmallLetters(headers),
        requestBody: body ?? "",
        began: Date.now(),
      } as const;
      const since = () => ({ milliseconds: Date.now() - exchange.began });
      try {
        const response = await request(uri, options);
        const answer = { status: response.statusCode, body: await response.body.text() };
        const responseHeaders = Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
        );
        record({
          ...exchange,
          ...since(),
          status: answer.status,
          responseHeaders,
          responseBody: answer.body,
        });
        return answer;
      } catch (error) {
        record({ ...exchange, ...since(), responseHeaders: {}, responseBody: "" });
        throw error;
      }
    },
    close: () => agent.destroy(),
  };
}
