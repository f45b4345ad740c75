import { once } from "node:events";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { OutOfTimeError } from "../../../function/shared/errors.ts";
import { type Handler, handle, readJson, respondJson } from "../../../function/shared/http.ts";
import type { Log } from "../../../function/shared/log.ts";
import { type FunctionHere, startFunctionHere } from "../../support/function-here.ts";

const LIMIT = 1_000_000;
const json = { "content-type": "application/json" };

/** A function of this handler, and its log. */
async function serving(load: (log: Log) => Handler): Promise<FunctionHere> {
  const here = await startFunctionHere(async (log) => load(log));
  onTestFinished(() => here.stop());
  return here;
}

/** Answers how many characters the JSON of a body has. @param prepare what happens to the request before it is read */
function measuring(
  prepare: (request: Parameters<Handler>[0]) => AbortSignal = () => new AbortController().signal,
): Promise<FunctionHere> {
  return serving(
    (log) => (request, response) =>
      handle(response, log, async () => {
        const body = await readJson(request, LIMIT, prepare(request));
        respondJson(response, 200, { length: JSON.stringify(body).length });
      }),
  );
}

const post = (url: string, body: NonNullable<RequestInit["body"]>, headers: Record<string, string> = json) =>
  fetch(url, { method: "POST", headers, body, duplex: "half" });

const told = async (answer: Response) => [answer.status, await answer.json()];

describe("a body", () => {
  it("is read up to its limit, whole or in pieces, also where its length is not announced", async () => {
    const { url } = await measuring();
    const text = JSON.stringify("x".repeat(LIMIT - 2));
    expect(await told(await post(url, text))).toEqual([200, { length: LIMIT }]);
    const pieces = Readable.toWeb(Readable.from([Buffer.from(text.slice(0, 9)), Buffer.from(text.slice(9))]));
    expect(await told(await post(url, pieces as ReadableStream<Uint8Array>))).toEqual([
      200,
      { length: LIMIT },
    ]);
    expect(await told(await post(url, "1", { ...json, "content-encoding": "identity" }))).toEqual([
      200,
      { length: 1 },
    ]);
  });

  it("is refused past its limit, announced or not", async () => {
    const { url } = await measuring();
    const refusal = [413, { error: `The body is larger than ${LIMIT} bytes.` }];
    const text = JSON.stringify("x".repeat(LIMIT));
    expect(await told(await post(url, text))).toEqual(refusal);
    expect(await told(await post(url, new Blob([text]).stream()))).toEqual(refusal);
  });

  it("is refused with more values than may be, however they are separated", async () => {
    const { url } = await measuring();
    const refusal = [413, { error: "The body holds more than 200000 values." }];
    expect(await told(await post(url, `[${"1,".repeat(200_000)}1]`))).toEqual(refusal);
    expect(await told(await post(url, `[${"[],".repeat(150_000)}[]]`))).toEqual(refusal);
    expect(await told(await post(url, `[${"{},".repeat(150_000)}{}]`))).toEqual(refusal);
    const [status] = await told(await post(url, `[${"1, ".repeat(199_998)}1]`));
    expect(status).toBe(200);
  });

  it.each([
    ["another type", "1", { "content-type": "text/plain" }, 415, "The body must be application/json."],
    [
      "a compressed one",
      "1",
      { ...json, "content-encoding": "gzip" },
      415,
      "The body must not be compressed.",
    ],
    ["what is not JSON", "{", json, 400, "The body is not valid JSON in UTF-8."],
  ])("is refused: %s", async (_name, text, headers, status, error) => {
    const { url } = await measuring();
    const answer = await post(url, text, headers);
    if (status === 415 && "content-encoding" in headers)
      expect(answer.headers.get("accept-encoding")).toBe("identity");
    expect(await told(answer)).toEqual([status, { error }]);
  });

  it("is taken from functions-framework where that has read it, within the limit too", async () => {
    let size = 10;
    const { url } = await measuring((request) => {
      Object.assign(request, { rawBody: Buffer.from(JSON.stringify("x".repeat(size - 2))) });
      return new AbortController().signal;
    });
    expect(await told(await post(url, "1"))).toEqual([200, { length: 10 }]);
    size = LIMIT + 1;
    expect((await post(url, "1")).status).toBe(413);
  });

  it("that does not come in time may come again", async () => {
    const late = new AbortController();
    const { url, port } = await measuring(() => late.signal);
    const socket = connect(port, "127.0.0.1");
    socket.write(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    );
    setImmediate(() => late.abort());
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 503 [\s\S]*The body did not arrive in time\./);
    socket.destroy();
    // The time is up before the next one is looked at.
    expect(await told(await post(url, "1"))).toEqual([503, { error: "The body did not arrive in time." }]);
  });

  it("that breaks off is one warning", async () => {
    const { port, entry } = await measuring();
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
      () => socket.destroy(),
    );
    await entry((line) => line["severity"] === "WARNING" && line["reason"] === "The body broke off.");
  });
});

describe("a handler that fails unexpectedly", () => {
  it("is answered with 500, and its error is logged with its stack", async () => {
    const { url, entry } = await serving(() => async () => {
      throw new TypeError("it is broken");
    });
    expect(await told(await fetch(url))).toEqual([500, { error: "internal error" }]);
    expect(await entry((line) => line["severity"] === "CRITICAL")).toMatchObject({
      message: "A request failed unexpectedly.",
      reason: "TypeError: it is broken",
      stack: expect.stringContaining("http.test.ts"),
    });
  });

  it.each([
    ["of the program", () => new TypeError("it is broken")],
    ["that is not an answer to a caller", () => new OutOfTimeError("Okta did not answer in time.")],
  ])("is no refusal: an error %s", async (_name, fault) => {
    const { url } = await serving(
      (log) => (_request, response) =>
        handle(response, log, async () => {
          throw fault();
        }),
    );
    expect(await told(await fetch(url))).toEqual([500, { error: "internal error" }]);
  });

  it("ends the connection where an answer has begun, also by what is not an error", async () => {
    const { url, entry } = await serving(() => async (_request, response) => {
      response.writeHead(200, { "content-length": 10 });
      response.write("x");
      throw "it is broken";
    });
    await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow("terminated");
    expect(await entry((line) => line["severity"] === "CRITICAL")).toMatchObject({ reason: "unknown" });
  });
});
