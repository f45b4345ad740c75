import type { App } from "./apps.ts";
import { invalidToken, type OktaError } from "./errors.ts";
import type { Org } from "./state.ts";

/** Who calls: the super administrator by API token, or an app by access token. */
export type Principal =
  | { readonly kind: "api-token" }
  | { readonly kind: "app"; readonly app: App; readonly scopes: ReadonlySet<string> };

/**
 * Reads the Authorization header: `SSWS` with the API token, or `Bearer` with an access token.
 *
 * A token ends at its time, and with its app.
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
