import { createServer, request as forward, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { waitForReceiver as WaitForReceiver } from "../../infra/okta/receiver.ts";
import type { outboundFetch as OutboundFetch } from "../../infra/outbound-fetch.ts";
import { freePort } from "../support/ports.ts";

/** An address of this machine at which nobody listens; the proxy leads to a server that answers Okta's challenge. */
const HOST = `127.0.0.2:${await freePort()}`;
let receiver: Server;
let proxy: Server;
/** The addresses that the proxy was asked for. */
const asked: string[] = [];

const portOf = (server: Server) => (server.address() as AddressInfo).port; // It listens on a port.

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

beforeAll(async () => {
  receiver = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ verification: request.headers["x-okta-verification-challenge"] }));
  });
  await listen(receiver);
  proxy = createServer((request, response) => {
    const url = new URL(request.url ?? "");
    asked.push(url.host);
    const { method, headers } = request;
    const onward = forward({
      host: "127.0.0.1",
      port: portOf(receiver),
      path: url.pathname,
      method,
      headers,
    });
    onward.on("response", (answer: IncomingMessage) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  proxy.on("connect", (request: IncomingMessage, client: Duplex) => {
    asked.push(request.url ?? "");
    const tunnel = connect(portOf(receiver), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      tunnel.pipe(client).pipe(tunnel);
    });
    for (const end of [client, tunnel]) end.on("error", () => tunnel.destroy());
  });
  await listen(proxy);
});

afterAll(() => {
  receiver.close();
  proxy.close();
});

let outboundFetch: typeof OutboundFetch;
let waitForReceiver: typeof WaitForReceiver;

/** As a process that is started with these variables, and no others about proxies. */
async function startWith(variables: Readonly<Record<string, string>>): Promise<void> {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]) {
    vi.stubEnv(name, variables[name]);
    vi.stubEnv(name.toLowerCase(), undefined);
  }
  vi.resetModules();
  ({ outboundFetch } = await import("../../infra/outbound-fetch.ts"));
  ({ waitForReceiver } = await import("../../infra/okta/receiver.ts"));
}

beforeEach(() => {
  asked.length = 0;
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function wait(url: string): Promise<void> {
  let time = 0;
  return waitForReceiver({
    url,
    secret: "right",
    seconds: 1,
    now: () => time,
    sleep: async (milliseconds) => {
      time += milliseconds;
    },
    report: () => undefined,
  });
}

it("finds the receiver through the proxy where there is no other way out", async () => {
  await startWith({ HTTP_PROXY: `http://127.0.0.1:${portOf(proxy)}` });
  await wait(`http://${HOST}/`);
  expect(asked).toEqual([HOST]);
});

it("takes a proxy that is written without http://, as the Pulumi CLI and curl do", async () => {
  await startWith({ HTTP_PROXY: `127.0.0.1:${portOf(proxy)}`, HTTPS_PROXY: "proxy.example:3128" });
  await wait(`http://${HOST}/`);
  expect(asked).toEqual([HOST]);
});

it("goes around the proxy for the hosts of NO_PROXY, and says so when it fails", async () => {
  await startWith({ HTTP_PROXY: `http://user:password@127.0.0.1:${portOf(proxy)}`, NO_PROXY: HOST });
  await expect(wait(`http://${HOST}/`)).rejects.toThrow(
    /it cannot be reached \(HTTP_PROXY names a proxy: it must let this host through, or NO_PROXY must name the host\)\./,
  );
  expect(asked).toEqual([]);
});

it("never asks a proxy for this machine itself", async () => {
  await startWith({ HTTP_PROXY: "http://127.0.0.1:9", HTTPS_PROXY: "http://127.0.0.1:9" });
  await wait(`http://127.0.0.1:${portOf(receiver)}/`);
  await wait(`http://localhost:${portOf(receiver)}/`);
});

it("does without a proxy where none is configured, and says nothing of one", async () => {
  await startWith({});
  await expect(wait(`http://${HOST}/`)).rejects.toThrow(/: it cannot be reached\. Look at its logs/);
  expect((await outboundFetch(`http://127.0.0.1:${portOf(receiver)}/`)).status).toBe(200);
});
