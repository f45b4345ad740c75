import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { inSmallLetters, type RecordExchange } from "../../exchange.ts";
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

/** The functions answer with a sentence; of anything longer no more is recorded. In characters. */
const KEPT_OF_AN_ANSWER = 64 * 1024;

/** Sends a request. It never rejects. @returns undefined when there was no answer before the signal was aborted */
export type Send = (request: OutgoingRequest, signal: AbortSignal) => Promise<Answer | undefined>;

/** Sends a request over HTTP exactly as given, follows no redirect and reads the answer to its end. */
export const send: Send = (request, signal) => sendRecorded(() => undefined)(request, signal);

/** Sends as {@link send} does, and records each request with its answer. */
export const sendRecorded =
  (record: RecordExchange): Send =>
  (request, signal) => {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    const began = Date.now();
    const end = (answer: Answer | undefined, responseHeaders = {}, responseBody = "") => {
      record({
        channel: "dispatch",
        began,
        milliseconds: Date.now() - began,
        method: request.method,
        url: request.url.href,
        requestHeaders: inSmallLetters(request.headers),
        requestBody: request.body.toString(),
        ...(answer === undefined ? {} : { status: answer.status }),
        responseHeaders,
        responseBody,
      });
      resolve(answer);
    };
    const open = request.url.protocol === "https:" ? httpsRequest : httpRequest;
    const outgoing = open(
      request.url,
      {
        method: request.method,
        headers: { ...request.headers, "Content-Length": request.body.length },
        signal,
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          if (body.length < KEPT_OF_AN_ANSWER) body += part;
        });
        response.on("error", () => end(undefined));
        response.on("end", () => {
          const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
          const answer = { status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] };
          end(answer, Object.fromEntries(headers), body);
        });
      },
    );
    outgoing.on("error", () => end(undefined));
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
