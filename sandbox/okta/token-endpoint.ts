import { authenticateClient } from "./client-assertion.ts";
import { OAuthError } from "./errors.ts";
import { grantedScopes } from "./grants.ts";
import { newSecret } from "./ids.ts";
import type { RouteContext, Routes } from "./routes.ts";
import { isScope } from "./scopes.ts";
import type { Org } from "./state.ts";

/** What stands behind an access token. */
export interface AccessToken {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

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
  routes.post(PATH, async (context) => {
    const parameters = await readParameters(context);
    requireClientCredentials(parameters);
    const assertion = readAssertion(parameters, context.req.header("authorization"));
    const app = authenticateClient(org, assertion, audiences(org, context.req.url));
    context.set("principalName", app.id);

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
 * The token endpoint's URL, and the one under which a client invoked it through this org as its proxy: some name the
 * host without its port.
 */
function audiences(org: Org, invoked: string): readonly string[] {
  const { hostname, origin } = new URL(invoked);
  return [org.url, ...(hostname === "127.0.0.1" ? [origin] : [])].map((base) => base + PATH);
}

/** The form of the body, and what old SDKs put into the URL's query instead. */
async function readParameters(context: RouteContext): Promise<URLSearchParams> {
  const type = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    throw new OAuthError(400, "invalid_request", "The body must be application/x-www-form-urlencoded.");
  }
  const parameters = new URL(context.req.url).searchParams;
  for (const [name, value] of new URLSearchParams(await context.req.text())) parameters.append(name, value);
  for (const name of new Set(parameters.keys())) {
    if (parameters.getAll(name).length > 1) {
      throw new OAuthError(400, "invalid_request", `The parameter '${name}' is given more than once.`);
    }
  }
  return parameters;
}

function requireClientCredentials(parameters: URLSearchParams): void {
  const grantType = parameters.get("grant_type") ?? "";
  if (grantType === "")
    throw new OAuthError(400, "invalid_request", "The 'grant_type' parameter is missing.");
  if (grantType === "client_credentials") return;
  throw new OAuthError(
    400,
    "unsupported_grant_type",
    "The authorization grant type is not supported by the authorization server.",
  );
}

function readAssertion(parameters: URLSearchParams, authorization: string | undefined): string {
  const assertion = parameters.get("client_assertion");
  if (authorization !== undefined || parameters.has("client_secret") || assertion === null) {
    throw new OAuthError(
      401,
      "invalid_client",
      "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.",
    );
  }
  if (parameters.get("client_assertion_type") !== ASSERTION_TYPE) {
    throw new OAuthError(401, "invalid_client", `The client_assertion_type must be ${ASSERTION_TYPE}.`);
  }
  return assertion;
}

function allowedScopes(org: Org, clientId: string, parameter: string | null): readonly string[] {
  const wanted = [...new Set((parameter ?? "").split(" ").filter((scope) => scope !== ""))];
  if (wanted.length === 0) {
    throw new OAuthError(
      400,
      "invalid_scope",
      "The scope parameter must be specified: client credentials have no default scopes.",
    );
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
