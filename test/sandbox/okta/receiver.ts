import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import type { TestOkta } from "./local.ts";

/** A request that a hook got. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How a hook answers the n-th request, counted from 0. To not answer, do not touch `response`. */
export type Behaviour = (response: ServerResponse, received: Received, index: number) => void;

/** A hook's end of the line. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** The bodies of the POSTs. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into deliveries of every shape.
  readonly deliveries: any[];
  behave(behaviour: Behaviour): void;
}

/** Echoes a challenge, and accepts a delivery. */
export const echo: Behaviour = (response, { method, headers }) => {
  if (method === "POST") response.writeHead(204).end();
  else {
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ verification: headers["x-okta-verification-challenge"] }));
  }
};

/** Starts a receiver that ends with the test. */
export async function startReceiver(first: Behaviour = echo): Promise<Receiver> {
  let behaviour = first;
  let index = 0;
  const received: Received[] = [];
  const deliveries: unknown[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method = "", url = "", headers } = request;
    const entry = { method, url, headers, body };
    received.push(entry);
    if (method === "POST") deliveries.push(JSON.parse(body));
    behaviour(response, entry, index);
    index += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    deliveries,
    behave(next) {
      behaviour = next;
      index = 0;
    },
  };
}

/** The body that makes a hook. */
export function hookBody(
  name: string,
  uri: string,
  changes: { events?: Record<string, unknown>; config?: Record<string, unknown>; channel?: object } = {},
) {
  return {
    name,
    events: { type: "EVENT_TYPE", items: ["user.session.start"], ...changes.events },
    channel: {
      type: "HTTP",
      version: "1.0.0",
      config: {
        uri,
        authScheme: { type: "HEADER", key: "Authorization", value: "Bearer hook-secret" },
        ...changes.config,
      },
      ...changes.channel,
    },
  };
}

/** Makes a hook, verifies it, and returns its id. */
export async function makeHook(
  okta: TestOkta,
  name: string,
  uri: string,
  items: readonly string[] = ["user.session.start"],
): Promise<string> {
  const hook = await okta.call("POST", "/api/v1/eventHooks", hookBody(name, uri, { events: { items } }));
  const id: string = hook.body.id;
  await okta.call("POST", `/api/v1/eventHooks/${id}/lifecycle/verify`);
  return id;
}
