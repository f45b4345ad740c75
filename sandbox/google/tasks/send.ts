import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

/** A request as it goes out. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * Sends a request exactly as told, follows no redirect and reads the answer to its end.
 * @returns the status, or undefined when there was no answer in time
 */
export function send(request: OutgoingRequest, signal: AbortSignal): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const open = request.url.protocol === "https:" ? httpsRequest : httpRequest;
  const outgoing = open(
    request.url,
    {
      method: request.method,
      headers: { ...request.headers, "Content-Length": request.body.length },
      signal,
    },
    (response) => {
      response.on("error", () => resolve(undefined));
      response.on("end", () => resolve(response.statusCode));
      response.resume();
    },
  );
  outgoing.on("error", () => resolve(undefined));
  outgoing.end(request.body);
  return promise;
}
