import { compactVerify, decodeProtectedHeader, importJWK } from "jose";
import type { AppKey } from "./app-settings.ts";
import type { App } from "./apps.ts";
import { OAuthError } from "./errors.ts";
import { isObject, type JsonObject } from "./fields.ts";
import type { Org } from "./state.ts";

/** The longest that an assertion may be valid from now on, in seconds. */
const MAXIMUM_VALIDITY = 3600;

/** The algorithms that Okta takes, and the curve of each elliptic one, which Okta's keys do not name. */
const CURVES: Readonly<Record<string, string | undefined>> = {
  RS256: undefined,
  RS384: undefined,
  RS512: undefined,
  ES256: "P-256",
  ES384: "P-384",
  ES512: "P-521",
};

/**
 * The app that a client assertion proves to be calling (Okta, "Build a JWT for client authentication").
 *
 * The signature is checked before the times and the `jti`, so that nobody but the app can use one up.
 *
 * @param audiences the URLs of the token endpoint
 * @throws OAuthError invalid_client telling which part is wrong
 */
export async function authenticateClient(
  org: Org,
  assertion: string,
  audiences: readonly string[],
): Promise<App> {
  const { app, key, algorithm } = findKey(org, assertion);
  const claims = await verify(assertion, key, algorithm);
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

function findKey(
  org: Org,
  assertion: string,
): { readonly app: App; readonly key: AppKey; readonly algorithm: string } {
  const header = readPart(() => decodeProtectedHeader(assertion));
  const claims = readPart(() =>
    JSON.parse(Buffer.from(assertion.split(".")[1] ?? "", "base64url").toString()),
  );
  const algorithm = header["alg"];
  if (typeof algorithm !== "string" || !(algorithm in CURVES)) {
    throw invalidClient("The client_assertion token has an unsupported signing algorithm.");
  }
  const subject = claims["sub"] ?? claims["iss"];
  const app = typeof subject === "string" ? org.apps.get(subject) : undefined;
  if (app === undefined) throw invalidClient("Invalid value for 'client_id' parameter.");
  if (app.status !== "ACTIVE") throw invalidClient("The client is not active.");
  const key = app.settings.keys.find(({ kid, status }) => kid === header["kid"] && status === "ACTIVE");
  const type = algorithm.startsWith("RS") ? "RSA" : "EC";
  if (key?.kty !== type)
    throw invalidClient("The client_assertion token has an invalid kid: no active key has it.");
  return { app, key, algorithm };
}

async function verify(assertion: string, key: AppKey, algorithm: string): Promise<JsonObject> {
  try {
    const curve = CURVES[algorithm];
    const jwk = { kty: key.kty, ...key.material, ...(curve === undefined ? {} : { crv: curve }) };
    const { payload } = await compactVerify(assertion, await importJWK(jwk, algorithm));
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (isObject(claims)) return claims;
  } catch {
    // Whatever is wrong with it, the answer is the same.
  }
  throw invalidClient("The client_assertion signature is invalid.");
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

function readPart(read: () => unknown): JsonObject {
  try {
    const part = read();
    if (isObject(part)) return part;
  } catch {
    // Told below.
  }
  throw invalidClient("The client_assertion is no signed JWT.");
}

function invalidClient(description: string): OAuthError {
  return new OAuthError(401, "invalid_client", description);
}
