import { isObject, type JsonObject } from "../json.ts";

/** Gives an access token for Google's APIs, cached as long as it lives. */
export type GoogleAccessToken = () => Promise<string>;

/** Google refused a call. The message names the call and the status, never what was sent. */
export class GoogleApiError extends Error {
  override readonly name = "GoogleApiError";
  readonly status: number;

  constructor(call: string, status: number, reason: string) {
    super(`${call}: ${status} ${reason}`.trimEnd());
    this.status = status;
  }
}

/** One call of a Google API. `call` names it in errors. */
export interface GoogleCall {
  readonly call: string;
  readonly url: string;
  readonly signal: AbortSignal;
}

/** Posts JSON to a Google API and returns the JSON answer. */
export type GooglePost = (request: GoogleCall & { readonly body: unknown }) => Promise<JsonObject>;

/** Gets something from a Google API, with its headers. */
export type GoogleGet = (
  request: GoogleCall,
) => Promise<{ readonly headers: Headers; readonly text: string }>;

/**
 * Makes a client for Google's REST APIs.
 *
 * The client throws GoogleApiError when Google refuses, and what fetch throws when Google is not reached in time.
 */
export function createGooglePost(accessToken: GoogleAccessToken, send: typeof fetch): GooglePost {
  return async ({ call, url, body, signal }) => {
    const response = await send(url, {
      method: "POST",
      headers: { authorization: `Bearer ${await accessToken()}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw new GoogleApiError(call, response.status, errorStatus(answer));
    return isObject(answer) ? answer : {};
  };
}

/** The same for what is only read. */
export function createGoogleGet(accessToken: GoogleAccessToken, send: typeof fetch): GoogleGet {
  return async ({ call, url, signal }) => {
    const headers = { authorization: `Bearer ${await accessToken()}` };
    const response = await send(url, { headers, signal });
    if (!response.ok) {
      throw new GoogleApiError(
        call,
        response.status,
        errorStatus(await response.json().catch(() => undefined)),
      );
    }
    return { headers: response.headers, text: await response.text() };
  };
}

/** The canonical code of Google's error model, such as ALREADY_EXISTS (Google AIP-193). */
function errorStatus(answer: unknown): string {
  const error = isObject(answer) ? answer["error"] : undefined;
  return isObject(error) && typeof error["status"] === "string" ? error["status"] : "";
}
