import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import { invalidField } from "../http/errors.ts";
import { choice, object, objects, optionalText, text, texts } from "../http/fields.ts";
import type { AppKey, AppSettings } from "../model/app.ts";
import { newId } from "../model/ids.ts";

/** How many keys an app can have (Okta, "Application SSO Public Keys API"). */
const MAXIMUM_KEYS = 50;

/**
 * The body of an app's creation or replacement (Okta, "Applications API": OpenID Connect app).
 *
 * The one kind of app here is the service app with inline keys and private_key_jwt: it is all that may get tokens for
 * Okta's own API (Okta, "Implement OAuth for Okta with a service app").
 *
 * @decision Of apps the sandbox makes service apps with inline keys and private_key_jwt only, and refuses others with
 *   400 E0000001.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/implement-oauth-for-okta-serviceapp ("the only
 *   supported method for OAuth service apps that want to get access tokens with Okta scopes"). Okta makes other apps
 *   too.
 * @matters sandbox only: the program makes no others.
 *
 * @decision A service app uses client_credentials.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/app_oauth.go (conditional validation
 *   of grant_types for service).
 * @matters deployment fails: the program declares it so.
 *
 * @throws OktaError E0000001 naming the field that is wrong
 */
export function readAppSettings(body: JsonObject): AppSettings {
  choice(body, "name", ["oidc_client"]);
  choice(body, "signOnMode", ["OPENID_CONNECT"]);
  const label = text(body, "label", 100);

  const credentials = object(object(body, "credentials"), "credentials.oauthClient");
  choice(credentials, "credentials.oauthClient.token_endpoint_auth_method", ["private_key_jwt"]);

  const path = "settings.oauthClient";
  const client = object(object(body, "settings"), path);
  choice(client, `${path}.application_type`, ["service"]);
  const grantTypes = texts(client, `${path}.grant_types`);
  if (grantTypes.some((grantType) => grantType !== "client_credentials")) {
    throw invalidField(`${path}.grant_types`, "A service app can only use client_credentials");
  }
  if (client["dpop_bound_access_tokens"] === true) {
    throw invalidField(`${path}.dpop_bound_access_tokens`, "This org does not speak DPoP");
  }
  if (client["jwks_uri"] !== undefined && client["jwks_uri"] !== null) {
    throw invalidField(`${path}.jwks_uri`, "This org does not fetch keys; give them in jwks");
  }
  if (!isObject(client["jwks"])) {
    throw invalidField(`${path}.jwks`, "private_key_jwt needs at least one key");
  }
  return { label, keys: readKeys(client["jwks"], `${path}.jwks.keys`), body };
}

/**
 * @decision An app with private_key_jwt needs 1 to 50 keys, each with a kid of its own.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, Application SSO Public Keys;
 *   okta/okta-developer-docs 468de9c, docs/guides/implement-oauth-for-okta-serviceapp ("all keys in the JWKS must have
 *   a unique ID").
 * @matters deployment fails: the program declares one key for each app.
 */
function readKeys(jwks: JsonObject, path: string): readonly AppKey[] {
  const keys = objects(jwks, path).map((key) => readKey(key, path));
  if (keys.length === 0) throw invalidField(path, "private_key_jwt needs at least one key");
  if (keys.length > MAXIMUM_KEYS) throw invalidField(path, `An app can have at most ${MAXIMUM_KEYS} keys`);
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) {
    throw invalidField(path, "Every key needs a kid of its own");
  }
  return keys;
}

/**
 * @decision A key of an app is public, RSA or EC; one with private fields is refused.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, OAuth2ClientJsonWebKeyRsaRequest,
 *   OAuth2ClientJsonWebKeyECRequest (public fields only). What Okta does with private fields is not said.
 * @matters wrong access: the private key never leaves Cloud KMS, so there is none to send.
 */
function readKey(key: JsonObject, path: string): AppKey {
  if (["d", "p", "q", "k"].some((field) => field in key)) {
    throw invalidField(path, "The key must be public; this one has private fields");
  }
  const kty = choice(key, `${path}.kty`, ["RSA", "EC"]);
  const names = kty === "RSA" ? ["e", "n"] : ["x", "y"];
  return {
    id: newId("pks"),
    kid: text(key, `${path}.kid`, 255),
    kty,
    status: optionalText(key, `${path}.status`) === "INACTIVE" ? "INACTIVE" : "ACTIVE",
    material: Object.fromEntries(names.map((name) => [name, text(key, `${path}.${name}`, 2048)])),
  };
}
