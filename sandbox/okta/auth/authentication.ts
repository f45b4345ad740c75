import { invalidToken, type OktaError } from "../http/errors.ts";
import type { Principal } from "../http/routes.ts";
import type { Org } from "../model/org.ts";

/**
 * Reads the Authorization header: `SSWS` with the API token, or `Bearer` with an access token.
 *
 * A token ends at its time, and with its app.
 *
 * @decision `SSWS` and the API token, or `Bearer` and an access token, say who calls; another or no credential is
 *   refused with 401 E0000011.
 * @evidence recorded: Shopify/oktakit 8aa89c6, spec/cassettes/add_identity_provider.yml, update_application.yml (401
 *   E0000011 "Invalid token provided").
 * @matters sign-in lost: `grant` drops its token after a 401 and asks for another.
 *
 * @decision An access token that is unknown or has ended is refused with 401, E0000011 and the challenge `Bearer
 *   error="invalid_token"`.
 * @evidence assumed: RFC 6750, 3.1 asks for the challenge; no public answer of Okta's management API to an expired
 *   token was found. 401 E0000011 is that of an API token.
 * @show that an ended token is refused with 401, and not with 403.
 * @matters late: `grant` renews its token on any 401, whatever the body.
 *
 * @decision An access token ends at once when its app is deactivated or deleted.
 * @evidence assumed: Okta documents how refresh tokens are revoked, and nothing about tokens of an app that is gone.
 * @show whether a token is still accepted after its app was deactivated, and after it was deleted.
 * @matters wrong access: revoking a leaked signing key deletes its app; a token that was got with it may work for up to
 *   an hour more.
 *
 * @returns who calls, or the refusal when the credential is missing or no good
 */
export function authenticate(org: Org, authorization: string | undefined): Principal | OktaError {
  const [scheme = "", credential = ""] = (authorization ?? "").split(" ", 2);
  switch (scheme.toUpperCase()) {
    case "SSWS":
      if (credential === org.apiToken) return { kind: "api-token" };
      break;
    case "BEARER": {
      const token = org.accessTokens.get(credential);
      const app = token === undefined ? undefined : org.apps.get(token.clientId);
      if (token !== undefined && app?.status === "ACTIVE" && org.now() < token.expiresAt) {
        return { kind: "app", app, scopes: new Set(token.scopes) };
      }
      const challenge = `Bearer realm="${org.url}", error="invalid_token", error_description="The access token is invalid."`;
      return invalidToken({ "www-authenticate": challenge });
    }
  }
  return invalidToken();
}

/** How notices name who calls. */
export function principalName(principal: Principal): string {
  return principal.kind === "api-token" ? "api token" : principal.app.id;
}
