import { within } from "../clock.ts";
import { GoogleApiError } from "../errors.ts";
import { isObject, type JsonObject, parseJson } from "../json.ts";

/**
 * Gives an access token for Google's APIs, cached as long as it lives.
 *
 * @param signal ends this caller's wait
 */
export type GoogleAccessToken = (signal: AbortSignal) => Promise<string>;

/** One call of a Google API. `call` names it in errors. */
export interface GoogleCall {
  readonly call: string;
  readonly url: string;
  readonly signal: AbortSignal;
}

/** The part of `Response` that a call needs. */
export interface GoogleAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Pick<Headers, "get">;
  text(): Promise<string>;
}

/**
 * The part of `fetch` that a call needs: the functions use their own kept-alive connections, and the program uses a client that
 * goes through a company's proxy.
 */
export type Send = (
  url: string,
  init: {
    readonly method?: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly signal: AbortSignal;
  },
) => Promise<GoogleAnswer>;

/** Posts JSON to a Google API and returns the JSON answer. */
export type GooglePost = (request: GoogleCall & { readonly body: unknown }) => Promise<JsonObject>;

/** Gets something from a Google API, with its headers. */
export type GoogleGet = (
  request: GoogleCall,
) => Promise<{ readonly headers: Pick<Headers, "get">; readonly text: string }>;

/**
 * Makes a client for Google's REST APIs.
 *
 * The client throws GoogleApiError when Google refuses or something else answers in its place, and what `send` or the token
 * throws when Google is not reached. It waits until the call's signal is aborted, not longer.
 */
export function createGooglePost(accessToken: GoogleAccessToken, send: Send): GooglePost {
  const post: GooglePost = async ({ call, url, body, signal }) => {
    const authorization = `Bearer ${await accessToken(signal)}`;
    const response = await send(url, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });
    const text = await response.text();
    const answer = parseJson(text);
    // A page of something in between, with 200, must never count as success.
    if (!response.ok || !isObject(answer)) throw new GoogleApiError(call, response.status, reasonOf(text));
    return answer;
  };
  return (request) => within(post(request), request.signal);
}

/** Makes the same client for reads. */
export function createGoogleGet(accessToken: GoogleAccessToken, send: Send): GoogleGet {
  const get: GoogleGet = async ({ call, url, signal }) => {
    const headers = { authorization: `Bearer ${await accessToken(signal)}` };
    const response = await send(url, { headers, signal });
    const text = await response.text();
    if (!response.ok) throw new GoogleApiError(call, response.status, reasonOf(text));
    return { headers: response.headers, text };
  };
  return (request) => within(get(request), request.signal);
}

/** Cloud Storage says so in place of a missing object's content: 404 in plain text (firebase/firebase-tools#3647). */
const NO_SUCH_OBJECT = "No such object: ";

/**
 * Google's own code in an error: of the error model (Google AIP-193), or of the older form that Cloud Storage has (Google
 * Cloud, "Cloud Storage JSON API": HTTP status and error codes). Empty when there is none.
 */
function reasonOf(text: string): string {
  if (text.startsWith(NO_SUCH_OBJECT)) return "notFound";
  const answer = parseJson(text);
  const error = isObject(answer) ? answer["error"] : undefined;
  if (!isObject(error)) return "";
  if (typeof error["status"] === "string") return error["status"];
  const first: unknown = Array.isArray(error["errors"]) ? error["errors"][0] : undefined;
  return isObject(first) && typeof first["reason"] === "string" ? first["reason"] : "";
}
