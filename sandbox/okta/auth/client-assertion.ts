import { createPublicKey, verify } from "node:crypto";
import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import { OAuthError } from "../http/errors.ts";
import type { App, AppKey } from "../model/app.ts";
import type { Org } from "../model/org.ts";

/** The longest that an assertion may be valid from now on, in seconds. */
const MAXIMUM_VALIDITY = 3600;

/**
 * The app that a client assertion proves to be calling (Okta, "Build a JWT for client authentication").
 *
 * The signature is checked before the times and the `jti`, so that nobody but the app can use one up.
 *
 * @decision An assertion whose signature does not fit the key is refused with 401 invalid_client.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json,
 *   client_assertion_invalid_signature.
 * @matters wrong access: only who may sign with the key in Cloud KMS gets a token.
 *
 * @decision Issuer and subject of an assertion must both be the client id.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/implement-oauth-for-okta-serviceapp, JWT
 *   claims; data/oauth2-error-codes.json, client_assertion_invalid_issuer, client_assertion_invalid_subject.
 * @matters sign-in lost: the functions name the client id in both.
 *
 * @decision The audience of an assertion must be exactly the endpoint that is called, or the answer is 401
 *   invalid_client.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json,
 *   client_assertion_invalid_audience.
 * @matters sign-in lost: the functions take it from the org's URL, so that URL must be the one that Okta knows.
 *
 * @param audiences the URLs of the token endpoint
 * @throws OAuthError invalid_client, which names the wrong part
 */
export function authenticateClient(org: Org, assertion: string, audiences: readonly string[]): App {
  const { header, claims } = readAssertion(assertion);
  const { app, key, algorithm } = findKey(org, header, claims);
  if (!isSignedBy(key, algorithm, assertion))
    throw invalidClient("The client_assertion signature is invalid.");
  if (claims["iss"] !== app.id) {
    throw invalidClient("The issuer claim for client_assertion is not a valid client_id.");
  }
  if (claims["sub"] !== app.id) {
    throw invalidClient("The subject claim for client_assertion is not a valid client_id.");
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

/**
 * The parts of a signed JWT. One that makes extensions mandatory (RFC 7515, `crit`) is none that Okta knows.
 *
 * @decision An assertion that is not a signed JWT is refused with 401 invalid_client.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json,
 *   client_assertion_invalid_jwt.
 * @matters sandbox only: the functions send a JWT.
 *
 * @decision An assertion that makes an extension mandatory (`crit`) is refused.
 * @evidence documentation: RFC 7515, 4.1.11, which the JWTs of RFC 7523 follow.
 * @matters sandbox only: the functions use no extension.
 */
function readAssertion(assertion: string): { readonly header: JsonObject; readonly claims: JsonObject } {
  const [, first = "", second = ""] = /^([\w-]+)\.([\w-]+)\.[\w-]*$/.exec(assertion) ?? [];
  const [header, claims] = [readPart(first), readPart(second)];
  if (header === undefined || claims === undefined || "crit" in header) {
    throw invalidClient("The parsing of the client_assertion failed.");
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

/**
 * @decision An assertion is signed with RS256, RS384, RS512, ES256, ES384 or ES512; others are refused with 401
 *   invalid_client.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/build-self-signed-jwt, private_key_jwt;
 *   data/oauth2-error-codes.json, client_assertion_invalid_signature_algorithm.
 * @matters sign-in lost: Cloud KMS signs with RS256.
 *
 * @decision A client that does not exist is refused with 401 invalid_client.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json, invalid_client_id.
 * @matters misleading: `grant` names the client id when its app was deleted by hand.
 *
 * @decision A client whose app is inactive gets no token: 401 invalid_client.
 * @evidence assumed: the list of OAuth errors has none for an inactive client, and no public answer was found.
 * @show that an app gets no token from the moment it is deactivated.
 * @matters wrong access: a rotation revokes a key by deactivating and deleting its app.
 *
 * @decision The kid of an assertion must be that of an active key of the app: 401 invalid_client.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json,
 *   client_assertion_invalid_kid; okta/okta-management-openapi-spec 2026.06.3, Application SSO Public Keys (an INACTIVE
 *   key is not used).
 * @matters sign-in lost: the program and the functions name the key alike, by the KMS key version.
 */
function findKey(
  org: Org,
  header: JsonObject,
  claims: JsonObject,
): { readonly app: App; readonly key: AppKey; readonly algorithm: string } {
  const algorithm = header["alg"];
  const type = keyTypeOf(algorithm);
  if (typeof algorithm !== "string" || type === undefined) {
    throw invalidClient("The client_assertion JWT signature algorithm is invalid.");
  }
  const subject = claims["sub"] ?? claims["iss"];
  const app = typeof subject === "string" ? org.apps.get(subject) : undefined;
  if (app === undefined) throw invalidClient("Invalid value for 'client_id' parameter.");
  if (app.status !== "ACTIVE") throw invalidClient("The client is not active.");
  const key = app.settings.keys.find(({ kid, status }) => kid === header["kid"] && status === "ACTIVE");
  if (key?.kty !== type) throw invalidClient("The client_assertion JWT kid is invalid.");
  return { app, key, algorithm };
}

/**
 * @decision An assertion must end within the next hour, as a number of seconds: otherwise 401 invalid_client.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json,
 *   client_assertion_expiration_required, client_assertion_expired_token, client_assertion_expires_too_far_in_future.
 * @matters sign-in lost: the functions' assertions end after minutes.
 *
 * @decision An assertion that was issued ahead of Okta's clock is refused with 401 invalid_client; `iat` may be left
 *   out.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/build-self-signed-jwt, iat;
 *   data/oauth2-error-codes.json, client_assertion_issued_at_in_future.
 * @matters sign-in lost: the functions leave room for a clock that is ahead.
 */
function checkTimes(claims: JsonObject, now: number): void {
  const { exp: expires, iat: issued } = claims;
  if (typeof expires !== "number") {
    throw invalidClient("The client_assertion must contain the 'exp' claim as seconds since epoch.");
  }
  if (expires <= now) throw invalidClient("The client_assertion token is expired.");
  if (expires > now + MAXIMUM_VALIDITY) {
    throw invalidClient("The client_assertion token has an expiration too far into the future.");
  }
  if (issued !== undefined && (typeof issued !== "number" || issued > now)) {
    throw invalidClient("The client_assertion token must be issued before the current time.");
  }
}

/**
 * @decision An assertion with a `jti` works once: 401 invalid_client the second time. `jti` may be left out.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/build-self-signed-jwt, jti;
 *   data/oauth2-error-codes.json, client_assertion_already_used.
 * @matters late: the functions sign a new assertion for each attempt.
 */
function useOnce(org: Org, app: App, claims: JsonObject): void {
  const { jti: id, exp: expires } = claims;
  if (id === undefined) return;
  if (typeof id !== "string") throw invalidClient("The jti claim of the client_assertion must be a string.");
  const now = org.now() / 1000;
  for (const [key, end] of org.usedAssertions) if (end <= now) org.usedAssertions.delete(key);
  const key = `${app.id} ${id}`;
  if (org.usedAssertions.has(key)) {
    throw invalidClient("The client_assertion token has already been used.");
  }
  org.usedAssertions.set(key, Number(expires));
}

/**
 * @decision What is wrong with an assertion is answered with 401, `error` invalid_client and a sentence in
 *   `error_description`.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json, all of client_assertion_*.
 * @matters misleading: the functions log `error` only.
 */
function invalidClient(description: string): OAuthError {
  return new OAuthError(401, "invalid_client", description);
}

/** How an algorithm signs, and the curve of each elliptic one, which Okta's keys do not name. */
const ALGORITHMS: Readonly<Record<string, { readonly hash: string; readonly curve?: string }>> = {
  RS256: { hash: "sha256" },
  RS384: { hash: "sha384" },
  RS512: { hash: "sha512" },
  ES256: { hash: "sha256", curve: "P-256" },
  ES384: { hash: "sha384", curve: "P-384" },
  ES512: { hash: "sha512", curve: "P-521" },
};

/** The shortest RSA key that these algorithms allow, in bits (RFC 7518, 3.3). */
const MINIMUM_RSA = 2048;

/** What kind of key the algorithm signs with; undefined when Okta does not take it. */
export function keyTypeOf(algorithm: unknown): AppKey["kty"] | undefined {
  if (typeof algorithm !== "string" || !Object.hasOwn(ALGORITHMS, algorithm)) return undefined;
  return algorithm.startsWith("RS") ? "RSA" : "EC";
}

/**
 * Whether the key has signed a JWT (RFC 7515, compact serialization). Done at once and not in a thread, so that an org
 * in memory answers before its clock can move.
 *
 * @decision An RSA key of fewer than 2,048 bits proves nothing.
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_application_sso_public_keys_it/…test_sso_public_keys_lifecycle (Okta refuses such
 *   a key already when it is added).
 * @matters deployment fails: the program makes keys of 2,048 bits and more.
 */
export function isSignedBy(key: AppKey, algorithm: string, jwt: string): boolean {
  const { hash, curve } = ALGORITHMS[algorithm] ?? {};
  const [input, signature] = [jwt.slice(0, jwt.lastIndexOf(".")), jwt.slice(jwt.lastIndexOf(".") + 1)];
  try {
    const jwk = { kty: key.kty, ...key.material, ...(curve === undefined ? {} : { crv: curve }) };
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? MINIMUM_RSA;
    const decoded = Buffer.from(signature, "base64url");
    return (
      bits >= MINIMUM_RSA &&
      verify(hash, Buffer.from(input), { key: publicKey, dsaEncoding: "ieee-p1363" }, decoded)
    );
  } catch {
    // No key that could have signed it.
    return false;
  }
}
