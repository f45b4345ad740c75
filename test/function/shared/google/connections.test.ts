import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createPlainServer, type Socket } from "node:net";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { CONNECTIONS, createConnections } from "../../../../function/shared/google/connections.ts";

const MEBIBYTE = 1024 * 1024;
const { signal } = new AbortController();
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A server, and the requests that it got: each by the number of its connection, from 1. */
async function startServer(listener: RequestListener) {
  const connections = new Map<Socket, number>();
  const requests: number[] = [];
  const server = createServer((request, response) => {
    requests.push(connections.get(request.socket) ?? 0);
    listener(request, response);
  });
  server.on("connection", (socket) => connections.set(socket, connections.size + 1));
  server.listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/path?query=1`, requests, connections };
}

describe("a call", () => {
  it("of https begins with TLS, and fails where nobody answers with TLS", async () => {
    const server = createPlainServer(
      (socket) => void socket.once("data", (data) => socket.end(String(data[0]))),
    );
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const first = new Promise((resolve) =>
      server.once("connection", (socket) => socket.once("data", (data) => resolve(data[0]))),
    );
    const call = createConnections()(`https://127.0.0.1:${port}/`, { headers: {}, signal });
    await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
    // RFC 8446, section 5.1: the type of a record that carries a handshake.
    expect(await first).toBe(22);
  });

  it("carries method, path, headers and body, and brings status, headers and text", async () => {
    let received: unknown;
    const { url } = await startServer((request, response) => {
      const { method, url: path, headers } = request;
      request.setEncoding("utf8").once("data", (body) => {
        received = { method, path, headers, body };
        response.writeHead(409, { "X-Goog-Generation": "7" }).end("Grüße");
      });
    });
    const headers = { authorization: "Bearer token", "content-type": "application/json" };
    const answer = await createConnections()(url, { method: "POST", headers, body: '"ü"', signal });
    expect(received).toEqual({
      method: "POST",
      path: "/path?query=1",
      headers: { ...headers, host: new URL(url).host, "content-length": "4", connection: "keep-alive" },
      body: '"ü"',
    });
    expect([answer.ok, answer.status, await answer.text()]).toEqual([false, 409, "Grüße"]);
    expect(answer.headers.get("x-goog-generation")).toBe("7");
    expect(answer.headers.get("metadata-flavor")).toBe(null);
  });

  it("follows no redirect", async () => {
    const { url, requests } = await startServer((_request, response) =>
      response.writeHead(302, { location: "/elsewhere" }).end(),
    );
    const answer = await createConnections()(url, { headers: {}, signal });
    expect([answer.ok, answer.status, requests.length]).toEqual([false, 302, 1]);
  });

  it("takes an answer of 1 MiB, and none that is longer", async () => {
    let length = MEBIBYTE;
    const { url } = await startServer((_request, response) => response.end("x".repeat(length)));
    const send = createConnections();
    const whole = await send(url, { headers: {}, signal });
    expect([whole.ok, (await whole.text()).length]).toEqual([true, MEBIBYTE]);
    length += 1;
    const tooLong = await send(url, { headers: {}, signal });
    expect([tooLong.ok, tooLong.status, await tooLong.text()]).toEqual([false, 200, ""]);
  });

  it("fails when the answer breaks off", async () => {
    const { url, requests } = await startServer((_request, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("half", () => response.destroy());
    });
    await expect(createConnections()(url, { headers: {}, signal })).rejects.toThrow("aborted");
    expect(requests).toHaveLength(1);
  });
});

describe("connections", () => {
  it("are used again", async () => {
    const { url, requests } = await startServer((_request, response) => response.end("{}"));
    const send = createConnections();
    for (let call = 0; call < 3; call += 1) await send(url, { headers: {}, signal });
    expect(requests).toEqual([1, 1, 1]);
  });

  it("are never more than they may be, and a call waits for one no longer than its signal lets it", async () => {
    let answerFirst = () => {};
    const { url, requests, connections } = await startServer((_request, response) => {
      if (requests.length === 1) answerFirst = () => response.end("{}");
      if (requests.length > CONNECTIONS) response.end("{}");
    });
    const send = createConnections();
    const holding = new AbortController();
    const held = Array.from({ length: CONNECTIONS }, () =>
      send(url, { headers: {}, signal: holding.signal }),
    );
    const ends = Promise.allSettled(held);
    while (requests.length < CONNECTIONS) await new Promise(setImmediate);
    const waiting = new AbortController();
    const call = send(url, { headers: {}, signal: waiting.signal });
    waiting.abort(new Error("The time is up."));
    await expect(call).rejects.toThrow("The time is up.");
    expect(requests).toHaveLength(CONNECTIONS);
    const next = send(url, { headers: {}, signal });
    answerFirst();
    expect((await next).ok).toBe(true);
    expect(connections.size).toBe(CONNECTIONS);
    holding.abort(new Error("It is over."));
    expect(new Set((await ends).map((end) => end.status === "rejected" && end.reason.message))).toEqual(
      new Set([false, "It is over."]),
    );
  });

  it("that were closed while they were idle cost no call", async () => {
    const { url, requests } = await startServer(({ socket }, response) => {
      // The second request on a connection finds it closed.
      if (requests.filter((connection) => connection === requests.at(-1)).length > 1)
        socket.resetAndDestroy();
      else response.end("{}");
    });
    const send = createConnections();
    // Two idle ones, so that a second attempt would find the other one closed.
    await Promise.all([send(url, { headers: {}, signal }), send(url, { headers: {}, signal })]);
    expect((await send(url, { headers: {}, signal })).ok).toBe(true);
    expect(requests).toHaveLength(4);
    expect(requests.at(-1)).toBe(3);
  });

  it("that are closed when they are new are not tried again", async () => {
    const { url, requests } = await startServer(({ socket }) => socket.resetAndDestroy());
    await expect(createConnections()(url, { headers: {}, signal })).rejects.toMatchObject({
      code: "ECONNRESET",
    });
    expect(requests).toEqual([1]);
  });
});
