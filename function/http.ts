import type { IncomingMessage, ServerResponse } from "node:http";

/** Answers one HTTP request. It works on Node's own objects, so it runs with and without a framework around it. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A request that cannot be served; the status and the message go to the caller. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Sends a JSON answer. When the request's body is not read to its end, it is the last one of its connection. */
export function respondJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...headers,
    ...(isUnread(response.req) ? { connection: "close" } : {}),
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** Whether something may still come of a body. */
function isUnread({ complete, headers }: IncomingMessage): boolean {
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  return hasBody && !complete;
}

/** Sends 204. */
export function respondEmpty(response: ServerResponse): void {
  response.writeHead(204);
  response.end();
}
