import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

/** A request as it goes out. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What came back of a request. */
export interface Answer {
  readonly status: number;
  /** The value of `Retry-After`. */
  readonly retryAfter?: string | undefined;
}

/** Sends a request. It never rejects. @returns undefined when there was no answer before the signal was aborted */
export type Send = (request: OutgoingRequest, signal: AbortSignal) => Promise<Answer | undefined>;

/** Sends a request over HTTP exactly as told, follows no redirect and reads the answer to its end. */
export const send: Send = (request, signal) => {
  const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
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
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] }),
      );
      response.resume();
    },
  );
  outgoing.on("error", () => resolve(undefined));
  outgoing.end(request.body);
  return promise;
};
