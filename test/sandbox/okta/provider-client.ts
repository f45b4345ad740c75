import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { TestOkta } from "./local.ts";

/** Which of its libraries the provider calls with: they spell the request line each in its own way. */
export type Library = "v2" | "v6";

/** An answer, as far as the provider looks. */
export interface ProviderAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
}

/** Calls as the provider does that has the org as its proxy. */
export type ProviderCall = (
  library: Library,
  method: string,
  path: string,
  body?: unknown,
) => Promise<ProviderAnswer>;

/**
 * The provider sends whole URLs in its request lines (RFC 9112, "absolute-form"), some without the port, and an empty
 * proxy credential.
 */
export function providerClient(okta: TestOkta, authorization: string): ProviderCall {
  return (library, method, path, body) => {
    const json = body === undefined ? undefined : JSON.stringify(body);
    const headers = json === undefined ? {} : { "content-type": "application/json" };
    return send(okta, baseOf(okta, library), method, path, { authorization, ...headers }, json);
  };
}

/**
 * As the provider's libraries ask for a token: most in a form, an old one in the query.
 *
 * @param base the URL that the library believes the org to have
 */
export async function requestProviderToken(
  okta: TestOkta,
  base: string,
  place: "form" | "query",
  parameters: Record<string, string>,
): Promise<ProviderAnswer> {
  const encoded = new URLSearchParams({
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    ...parameters,
  }).toString();
  const path = `/oauth2/v1/token${place === "query" ? `?${encoded}` : ""}`;
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return send(okta, base, "POST", path, headers, place === "form" ? encoded : "");
}

/** The URL that a library believes the org to have. */
export function baseOf(okta: TestOkta, library: Library): string {
  return library === "v2" ? okta.url : "http://127.0.0.1";
}

async function send(
  okta: TestOkta,
  base: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<ProviderAnswer> {
  const sending = request({
    host: "127.0.0.1",
    port: new URL(okta.url).port,
    method,
    path: base + path,
    headers: {
      accept: "application/json",
      host: new URL(base).host,
      "proxy-authorization": "Basic Og==",
      ...headers,
    },
  });
  sending.end(body);
  const [response]: IncomingMessage[] = await once(sending, "response");
  let text = "";
  if (response !== undefined) for await (const chunk of response.setEncoding("utf8")) text += chunk;
  const isJson = response?.headers["content-type"]?.startsWith("application/json") ?? false;
  return { status: response?.statusCode ?? 0, body: isJson && text !== "" ? JSON.parse(text) : undefined };
}
