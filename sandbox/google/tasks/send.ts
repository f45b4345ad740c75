import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Timers } from "../timers.ts";

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

/** Sends a request over HTTP exactly as given, follows no redirect and reads the answer to its end. */
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

/** Sends requests, each with a deadline, until it is closed. */
interface Sender {
  /** @returns undefined when there was no answer in time */
  send(request: OutgoingRequest, deadlineMilliseconds: number): Promise<Answer | undefined>;
  /** Breaks off what is under way, and all that would follow. */
  close(): void;
}

/** @param clock by which deadlines pass */
export function createSender(send: Send, clock: Timers): Sender {
  const underWay = new Set<AbortController>();
  let closed = false;
  return {
    async send(request, deadlineMilliseconds) {
      if (closed) return undefined;
      const controller = new AbortController();
      underWay.add(controller);
      const cancel = clock.setTimer(() => controller.abort(), deadlineMilliseconds);
      try {
        return await send(request, controller.signal);
      } finally {
        cancel();
        underWay.delete(controller);
      }
    },
    close() {
      closed = true;
      for (const controller of underWay) controller.abort();
    },
  };
}
