import { IncomingMessage, ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import type { Handler } from "../../function/shared/http.ts";

/** A request, as it would come over HTTP. */
export interface ExchangeRequest {
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What was answered. */
export interface ExchangeAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Lets a handler of Node's HTTP server answer a request without a server: on Node's own request and response, over a
 * connection in memory. Rejects with what the handler rejects with.
 */
export async function exchange(handler: Handler, request: ExchangeRequest): Promise<ExchangeAnswer> {
  const sent: Buffer[] = [];
  const connection = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk);
      done();
    },
  });
  // Node's classes are made for a socket, and use of it what every duplex stream has.
  const socket = connection as ConstructorParameters<typeof IncomingMessage>[0];
  const incoming = new IncomingMessage(socket);
  incoming.method = request.method;
  incoming.url = "/";
  incoming.httpVersionMajor = 1;
  incoming.httpVersionMinor = 1;
  const length =
    request.body === undefined ? {} : { "content-length": String(Buffer.byteLength(request.body)) };
  incoming.headers = { ...request.headers, ...length };
  if (request.body !== undefined) incoming.push(request.body);
  incoming.push(null);
  incoming.complete = true;

  const response = new ServerResponse(incoming);
  response.assignSocket(socket);
  const finished = new Promise<void>((resolve) => response.once("finish", resolve));
  await handler(incoming, response);
  await finished;
  return parse(Buffer.concat(sent).toString());
}

function parse(text: string): ExchangeAnswer {
  const end = text.indexOf("\r\n\r\n");
  const [start = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(start.split(" ")[1]), headers, body: text.slice(end + 4) };
}
