import * as plain from "node:http";
import * as secure from "node:https";
import type { GoogleAnswer, Send } from "./api.ts";

/**
 * The most connections of an instance to one host. At worst, 80 deliveries of 100 tasks come at once, and Cloud Tasks takes 20 to
 * 50 ms for each task: within 2 s 200 connections take 8,000 tasks or more, which is also about what one CPU can send
 * in that time. More connections would only cost memory and TLS handshakes.
 */
export const CONNECTIONS = 200;

/** How long an idle connection is kept. Google closes it after some minutes. */
const KEPT_IDLE_MS = 60_000;

/** How much of an answer is read. The answers that the functions need take some kilobytes. */
const MAXIMUM_ANSWER_BYTES = 1024 * 1024;

/** The error codes of a connection that the other side has closed (Node.js, "Errors": common system errors). */
const CLOSED_CODES: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE"]);

type Init = Parameters<Send>[1];

/**
 * Kept-alive connections for all calls of Google's APIs and of the metadata server. It is Node's own client, because a start
 * need not load it: `fetch` takes longer to load and three times as long for a call, undici much longer to load.
 *
 * A call ends with its signal, whose reason it throws; otherwise it throws what the socket does (Node.js, "Errors": error.code).
 * Redirects are not followed. An answer of more than 1 MiB is not Google's, and not `ok`. A call whose kept-alive connection
 * turns out to be closed is sent once more, so it must be one that may be repeated.
 */
export function createConnections(): Send {
  const settings = { keepAlive: true, maxSockets: CONNECTIONS, timeout: KEPT_IDLE_MS };
  const agents = { plain: new plain.Agent(settings), secure: new secure.Agent(settings) };

  return async (url, init) => {
    init.signal.throwIfAborted();
    const target = new URL(url);
    const kept = target.protocol === "https:" ? agents.secure : agents.plain;
    try {
      return await exchange(target, init, kept);
    } catch (error) {
      if (!(error instanceof ClosedError)) throw error;
      // Other idle connections may be closed, too, so the second attempt takes a new one.
      return exchange(target, init, false);
    }
  };
}

/** A connection that had been used before was closed without an answer. An idle one may be at any time. */
class ClosedError extends Error {
  override readonly name = "ClosedError";
}

function exchange(target: URL, init: Init, agent: plain.Agent | false): Promise<GoogleAnswer> {
  const { method = "GET", body, signal } = init;
  return new Promise((resolve, reject) => {
    const { request: begin } = target.protocol === "https:" ? secure : plain;
    const request = begin({
      // Without the brackets that an IPv6 address has in a URL. Node's own urlToHttpOptions takes ten times as long.
      hostname: target.hostname.replace(/^\[|\]$/g, ""),
      port: target.port,
      path: target.pathname + target.search,
      method,
      headers: headersOf(target, init),
      agent,
    });
    const onAbort = () => {
      reject(signal.reason);
      request.destroy(signal.reason);
    };
    signal.addEventListener("abort", onAbort);
    request.on("close", () => signal.removeEventListener("abort", onAbort));
    request.on("error", (error) => reject(isClosed(request, error) ? new ClosedError() : error));
    request.on("response", (response) => {
      response.on("error", reject);
      readText(response, (text) => resolve(answerOf(response, text)));
    });
    request.end(body);
  });
}

/** A list: Node takes names and values in turn as they are, in half the time that it takes for an object. */
function headersOf({ host }: URL, { headers, body }: Init): string[] {
  const length = body === undefined ? [] : ["content-length", String(Buffer.byteLength(body))];
  return ["host", host, ...Object.entries(headers).flat(), ...length];
}

function isClosed({ reusedSocket }: plain.ClientRequest, error: NodeJS.ErrnoException): boolean {
  return reusedSocket && CLOSED_CODES.has(error.code);
}

/** @param take is given undefined when the answer is too long */
function readText(response: plain.IncomingMessage, take: (text: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  response.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= MAXIMUM_ANSWER_BYTES) chunks.push(chunk);
    else {
      take(undefined);
      response.destroy();
    }
  });
  response.on("end", () => take(Buffer.concat(chunks).toString()));
}

function answerOf(response: plain.IncomingMessage, text: string | undefined): GoogleAnswer {
  const { statusCode: status = 0, headers } = response;
  return {
    ok: text !== undefined && status >= 200 && status < 300,
    status,
    headers: { get: (name) => String(headers[name.toLowerCase()] ?? "") || null },
    text: async () => text ?? "",
  };
}
