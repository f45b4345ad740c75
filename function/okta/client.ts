import type { JsonObject } from "../json.ts";

/** An answer of Okta, read whole. */
export interface OktaAnswer {
  readonly status: number;
  /** Okta's own id of the request, for its support; empty when absent. */
  readonly requestId: string;
  /** The JSON object of the body; empty when there is none. */
  readonly body: JsonObject;
}

/** One request to Okta, relative to the org. */
export interface OktaRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Sends a request to the org; throws when Okta is not reached in time. */
export type OktaSend = (request: OktaRequest) => Promise<OktaAnswer>;
