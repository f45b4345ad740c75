import type { AppKey } from "./app-settings.ts";
import type { App } from "./apps.ts";
import { OAuthError } from "./errors.ts";
import { isObject, type JsonObject } from "./fields.ts";
import { isSignedBy, keyTypeOf } from "./signature.ts";
import type { Org } from "./state.ts";

/** The longest that an assertion may be valid from now on, in seconds. */
const MAXIMUM_VALIDITY = 3600;

/**
 * The app that a client assertion proves to be calling (Okta, "Build a JWT for client authentication").
 *
 * The signature is checked before the times and the `jti`, so that nobody but the app can use one up.
 *
 * @param audiences the URLs of the token endpoint
 * @throws OAuthError invalid_client telling which part is wrong
 */
export function authenticateClient(org: Org, assertion: string, audiences: readonly string[]): App {
  const { header, claims } = readAssertion(assertion);
  const { app, key, algorithm } = findKey(org, header, claims);
  if (!isSignedBy(key, algorithm, assertion))
    throw invalidClient("The client_assertion signature is invalid.");
  if (claims["iss"] !== app.id || claims["sub"] !== app.id) {
    throw invalidClient("The issuer and subject claims of the client_assertion must both be the client ID.");
  }
  if (!audiences.some((audience) => claims["aud"] === audience)) {
    throw invalidClient(
      "The audience claim for client_assertion must be the endpoint invoked for the request.",
    );
  }
  checkTimes(claims, org.now() / 1000);
  useOnce(org, app, claims);
  return app;
}

/** The parts of a signed JWT. One that makes extensions mandatory (RFC 7515, `crit`) is none that Okta knows. */
function readAssertion(assertion: string): { readonly header: JsonObject; readonly claims: JsonObject } {
  const [, first = "", second = ""] = /^([\w-]+)\.([\w-]+)\.[\w-]*$/.exec(assertion) ?? [];
  const [header, claims] = [readPart(first), readPart(second)];
  if (header === undefined || claims === undefined || "crit" in header) {
    throw invalidClient("The client_assertion is no signed JWT.");
  }
  return { header, claims };
}

function readPart(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function findKey(
  org: Org,
  header: JsonObject,
  claims: JsonObject,
): { readonly app: App; readonly key: AppKey; readonly algorithm: string } {
  const algorithm = header["alg"];
  const type = keyTypeOf(algorithm);
  if (typeof algorithm !== "string" || type === undefined) {
    throw invalidClient("The client_assertion token has an unsupported signing algorithm.");
  }
  const subject = claims["sub"] ?? claims["iss"];
  const app = typeof subject === "string" ? org.apps.get(subject) : undefined;
  if (app === undefined) throw invalidClient("Invalid value for 'client_id' parameter.");
  if (app.status !== "ACTIVE") throw invalidClient("The client is not active.");
  const key = app.settings.keys.find(({ kid, status }) => kid === header["kid"] && status === "ACTIVE");
  if (key?.kty !== type)
    throw invalidClient("The client_assertion token has an invalid kid: no active key has it.");
  return { app, key, algorithm };
}

function checkTimes(claims: JsonObject, now: number): void {
  const { exp: expires, iat: issued } = claims;
  if (typeof expires !== "number") {
    throw invalidClient("The client_assertion token must contain an expiration as seconds since the epoch.");
  }
  if (expires <= now) throw invalidClient("The client_assertion token is expired.");
  if (expires > now + MAXIMUM_VALIDITY) {
    throw invalidClient("The client_assertion token has an expiration too far into the future.");
  }
  if (issued !== undefined && (typeof issued !== "number" || issued > now)) {
    throw invalidClient("The client_assertion token was issued in the future.");
  }
}

function useOnce(org: Org, app: App, claims: JsonObject): void {
  const { jti: id, exp: expires } = claims;
  if (id === undefined) return;
  if (typeof id !== "string") throw invalidClient("The jti claim of the client_assertion must be a string.");
  const now = org.now() / 1000;
  for (const [key, end] of org.usedAssertions) if (end <= now) org.usedAssertions.delete(key);
  const key = `${app.id} ${id}`;
  if (org.usedAssertions.has(key)) {
    throw invalidClient("The client_assertion token has already been used: its jti must be new.");
  }
  org.usedAssertions.set(key, Number(expires));
}

function invalidClient(description: string): OAuthError {
  return new OAuthError(401, "invalid_client", description);
}
