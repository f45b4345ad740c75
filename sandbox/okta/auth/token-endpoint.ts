import { OAuthError } from "../http/errors.ts";
import type { RouteContext, Routes } from "../http/routes.ts";
import { newSecret } from "../model/ids.ts";
import { grantedScopes, type Org } from "../model/org.ts";
import { authenticateClient } from "./client-assertion.ts";
import { isScope } from "./rights.ts";

const PATH = "/oauth2/v1/token";

/** How long a token for Okta's own API is valid, in seconds. */
const LIFETIME = 3600;

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/**
 * The token endpoint of the org's own authorization server (Okta, "OpenID Connect & OAuth 2.0 API" and "Implement OAuth
 * for Okta with a service app"): client credentials, proven with a private key, for scopes of Okta's API.
 *
 * A client gets those of the scopes it asks for that it was granted, and is refused when that is none.
 */
export function addTokenEndpoint(routes: Routes, org: Org): void {
  /**
   * @decision A service app gets a Bearer token of the org's authorization server for client_credentials with
   *   private_key_jwt.
   * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/implement-oauth-for-okta-serviceapp, "Get an
   *   access token".
   * @matters sign-in lost: `grant` and `reconcile` get their tokens so.
   *
   * @decision A token for scopes of Okta's API is valid for 3,600 seconds.
   * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_dpop_it/…test_dpop_api_request
   *   (expires_in; there bound by DPoP).
   * @matters late: the functions ask for a new token shortly before the end of the old one.
   */
  routes.post(PATH, async (context) => {
    const parameters = await readParameters(context);
    requireClientCredentials(parameters);
    const assertion = readAssertion(parameters, context.req.header("authorization"));
    const app = authenticateClient(org, assertion, audiences(org, context.req.url));
    context.set("principalName", app.id);
    requireProof(org, context.req.header("dpop"));

    const scopes = allowedScopes(org, app.id, parameters.get("scope"));
    const token = newSecret();
    for (const [old, { expiresAt }] of org.accessTokens) {
      if (expiresAt <= org.now()) org.accessTokens.delete(old);
    }
    org.accessTokens.set(token, { clientId: app.id, scopes, expiresAt: org.now() + LIFETIME * 1000 });
    return Response.json(
      { token_type: "Bearer", expires_in: LIFETIME, access_token: token, scope: scopes.join(" ") },
      { headers: { pragma: "no-cache" } },
    );
  });
}

/**
 * @decision An app that must use DPoP gets no token without a proof: 400 invalid_dpop_proof. Here one with a proof gets none either.
 * @evidence recorded: okta/terraform-provider-okta issue 1904, "The DPoP proof JWT header is missing."; okta/okta-sdk-golang issue 598:
 *   Okta rejects the first request, which has no proof, with invalid_dpop_proof.
 * @matters sign-in lost: the functions have no proof, so `npm run doctor` and `npm run smoke` say that DPoP must be off.
 */
function requireProof(org: Org, proof: string | undefined): void {
  if (!org.settings.requiresDpop) return;
  const reason =
    proof === undefined ? "The DPoP proof JWT header is missing." : "This org knows no DPoP proofs.";
  throw new OAuthError(400, "invalid_dpop_proof", reason);
}

/**
 * The token endpoint's URL, and the one under which a client invoked it through this org as its proxy: some name the
 * host without its port.
 *
 * @decision The audience of an assertion is the URL of the token endpoint, also when a provider reaches it through a
 *   proxy that it names without a port.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, sdk/v2_requestExecutor.go and the SDKs it embeds,
 *   measured: aud is the base URL that they call followed by /oauth2/v1/token.
 * @matters sandbox only: the providers reach the local Okta as their proxy, a real org directly.
 */
function audiences(org: Org, invoked: string): readonly string[] {
  const { hostname, origin } = new URL(invoked);
  return [org.url, ...(hostname === "127.0.0.1" ? [origin] : [])].map((base) => base + PATH);
}

/**
 * The form of the body, and what old SDKs put into the URL's query instead.
 *
 * @decision The parameters of a token request are a form in the body; those in the query of the URL count as well.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, its okta-sdk-golang v4 sends client_assertion in the
 *   query.
 * @matters deployment fails: a provider with a service app's key gets its token so. The functions send the body only.
 *
 * @decision A token request that is not a form is refused with 400 invalid_request.
 * @evidence assumed: no public answer to another content type was found.
 * @show nothing that the product needs: which status and code a JSON body gets.
 * @matters sandbox only: nothing of the product sends another content type.
 *
 * @decision A parameter that is given twice is refused with 400 invalid_request.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json, duplicate_oauth_params.
 * @matters sandbox only: nothing of the product gives one twice.
 */
async function readParameters(context: RouteContext): Promise<URLSearchParams> {
  const type = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    throw new OAuthError(400, "invalid_request", "The body must be application/x-www-form-urlencoded.");
  }
  const parameters = new URL(context.req.url).searchParams;
  for (const [name, value] of new URLSearchParams(await context.req.text())) parameters.append(name, value);
  for (const name of new Set(parameters.keys())) {
    if (parameters.getAll(name).length > 1) {
      throw new OAuthError(
        400,
        "invalid_request",
        "The request contained multiple parameters with the same name.",
      );
    }
  }
  return parameters;
}

/**
 * @decision A token request without a grant type is refused with 400 invalid_request, one with another grant type than
 *   client_credentials with 400 unsupported_grant_type.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json,
 *   token_request_missing_grant_type, unsupported_grant_type.
 * @matters misleading: `grant` and `reconcile` report the code of a refused token request.
 */
function requireClientCredentials(parameters: URLSearchParams): void {
  const grantType = parameters.get("grant_type") ?? "";
  if (grantType === "")
    throw new OAuthError(400, "invalid_request", "The token request must specify a 'grant_type'.");
  if (grantType === "client_credentials") return;
  throw new OAuthError(
    400,
    "unsupported_grant_type",
    "The authorization grant type is not supported by the authorization server.",
  );
}

/**
 * @decision Without a client assertion the token endpoint refuses with 401 invalid_client.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json,
 *   unsupported_auth_method_client_creds.
 * @matters wrong access: no other credential than the key in Cloud KMS gets a token.
 *
 * @decision An assertion together with another client credential is refused with 401 invalid_request.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json, multiple_client_credentials.
 * @matters sandbox only: the functions send the assertion only.
 *
 * @decision An assertion of another client_assertion_type is refused with 400 invalid_request.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json,
 *   client_assertion_type_invalid.
 * @matters sandbox only: the functions send the type that RFC 7523 names.
 */
function readAssertion(parameters: URLSearchParams, authorization: string | undefined): string {
  const assertion = parameters.get("client_assertion");
  if (assertion === null) {
    throw new OAuthError(
      401,
      "invalid_client",
      "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.",
    );
  }
  if (authorization !== undefined || parameters.has("client_secret")) {
    throw new OAuthError(
      401,
      "invalid_request",
      "Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization header, credentials in the post body, or a client_assertion in the post body.",
    );
  }
  if (parameters.get("client_assertion_type") !== ASSERTION_TYPE) {
    throw new OAuthError(400, "invalid_request", "The client_assertion_type is invalid.");
  }
  return assertion;
}

/**
 * @decision A token request without a scope is refused with 400 invalid_scope.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json, missing_scopes.
 * @matters sign-in lost: the functions always name their scopes.
 *
 * @decision A scope that Okta's API does not have is refused with 400 invalid_scope.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/oauth2-error-codes.json, no_matching_scope.
 * @matters misleading: the code distinguishes a misspelt scope from one that is not granted.
 *
 * @decision A client gets those of the scopes it asks for that were granted to it, and 400 consent_required when that
 *   is none.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/implement-oauth-for-okta-serviceapp, "Grant
 *   allowed scopes"; data/oauth2-error-codes.json, no_org_scopes_granted ("not allowed any of the requested scopes").
 * @matters sign-in lost: `grant` waits and retries as long as the grant is not there yet.
 */
function allowedScopes(org: Org, clientId: string, parameter: string | null): readonly string[] {
  const wanted = [...new Set((parameter ?? "").split(" ").filter((scope) => scope !== ""))];
  if (wanted.length === 0) {
    throw new OAuthError(400, "invalid_scope", "No scopes were requested.");
  }
  if (!wanted.every(isScope)) {
    throw new OAuthError(
      400,
      "invalid_scope",
      "One or more scopes are not configured for the authorization server resource.",
    );
  }
  const granted = grantedScopes(org, clientId);
  const allowed = wanted.filter((scope) => granted.has(scope));
  if (allowed.length === 0) {
    throw new OAuthError(400, "consent_required", "You are not allowed any of the requested scopes.");
  }
  return allowed;
}
