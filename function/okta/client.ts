import type { Deadline } from "../clock.ts";
import { isObject, type JsonObject } from "../json.ts";

/** An answer of Okta, read whole. */
export interface OktaAnswer {
  readonly status: number;
  /** By name in lower case; what came more than once is a list. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The JSON of the body; undefined when there is none. */
  readonly body: unknown;
  /** The body is longer than the connection's `maximumAnswer`, so it was not read. Status and headers are known. */
  readonly isTooLarge?: boolean;
}

/** One request to Okta, relative to the org. */
export interface OktaRequest {
  readonly method: "GET" | "POST" | "PUT";
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly deadline: Deadline;
}

/** Sends a request to the org; throws when Okta is not reached in time. */
export type OktaSend = (request: OktaRequest) => Promise<OktaAnswer>;

/** What connections to the org are used for. */
export interface ConnectionUse {
  /** How many calls may be under way at once. */
  readonly connections: number;
  /** How much of an answer is read, in bytes. */
  readonly maximumAnswer: number;
  /** How long an answer may take to begin, and pause, in milliseconds. */
  readonly answerTimeout: number;
}

/** A header that comes once; of one that came more often the first. Empty when absent. */
export function headerOf({ headers }: Pick<OktaAnswer, "headers">, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

/** Okta's own id of the request, for its support; empty when absent. */
export function requestIdOf(answer: OktaAnswer): string {
  return headerOf(answer, "x-okta-request-id");
}

/** The body's object; an empty one when it is none. */
export function objectOf({ body }: Pick<OktaAnswer, "body">): JsonObject {
  return isObject(body) ? body : {};
}
