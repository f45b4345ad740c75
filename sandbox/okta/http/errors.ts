import { alphanumerics } from "../model/ids.ts";

/** In place of a code: the answer is all in its headers. */
const NO_BODY = "";

/** A refusal by the management API. Codes and summaries are those of Okta's error code list. */
export class OktaError extends Error {
  override readonly name = "OktaError";
  readonly status: number;
  /** Such as E0000007. */
  readonly code: string;
  readonly causes: readonly string[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    summary: string,
    details: { causes?: readonly string[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(summary);
    this.status = status;
    this.code = code;
    this.causes = details.causes ?? [];
    this.headers = details.headers ?? {};
  }
}

/** A refusal by the token endpoint, worded as OAuth 2.0 does (RFC 6749, 5.2). */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly status: number;
  /** Such as invalid_client. */
  readonly code: string;

  constructor(status: number, code: string, description: string) {
    super(description);
    this.status = status;
    this.code = code;
  }
}

/**
 * A field of the request is wrong: 400, with the field and the reason as the cause.
 *
 * @decision A wrong field is answered with 400 E0000001; the summary names the field, a cause says the reason.
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_role_api_it/…test_role_error_handling,
 *   test_resource_set_api_it/…test_resource_set_error_handling.
 * @matters misleading: previews and updates show these words.
 */
export function invalidField(field: string, reason: string): OktaError {
  return new OktaError(400, "E0000001", `Api validation failed: ${field}`, {
    causes: [`${field}: ${reason}`],
  });
}

/**
 * The name is taken.
 *
 * @decision A name that is taken is refused with 400 E0000001 "An object with this field already exists in the current
 *   organization".
 * @evidence recorded: CDCgov/prime-simplereport issue 3002 (a group).
 * @matters deployment fails: an update stops at a name that is taken, unless the preview found it first.
 */
export function duplicate(field: string): OktaError {
  return invalidField(field, "An object with this field already exists in the current organization");
}

/** What Okta calls the kinds of things in its "not found" sentences. */
export type ResourceKind =
  | "User"
  | "UserGroup"
  | "AppInstance"
  | "OAuth2AppInstance"
  | "OAuth2ScopeConsentGrant"
  | "CustomRole"
  | "Permission"
  | "IAMPolicy"
  | "Resource"
  | "RoleAssignment"
  | "Webhook"
  | "Policy"
  | "PublicClientApp";

/**
 * Nothing of that kind has that id. Only the kind at the end distinguishes a missing user from a missing group.
 *
 * @decision What is not there is answered with 404 E0000007, and the kind in brackets: UserGroup, User, CustomRole, IAMPolicy
 * for a resource set, Webhook for an event hook, RoleAssignment, OAuth2AppInstance for an app's OAuth settings.
 * @evidence recorded: okta/okta-sdk-python v3.4.4 tests/integration/cassettes/test_groups_it, test_role_api_it,
 * test_resource_set_api_it and test_event_hooks_it; okta/terraform-provider-okta v6.12.0
 * test/fixtures/vcr/idaas/TestAccResourceOktaAdminRoleTargets_crud, TestAccResourceOktaAppOauth_preconfigured
 * @matters sign-in lost: `grant` distinguishes a missing user from a missing group by it.
 */
export function notFound(id: string, kind: ResourceKind): OktaError {
  return new OktaError(404, "E0000007", `Not found: Resource not found: ${id} (${kind})`);
}

/**
 * The credential is good, but does not allow this.
 *
 * @decision What a good credential does not allow is refused with 403 E0000006.
 * @evidence recorded: support.okta.com, "Receiving Error Code E0000006 When Calling Okta Management API Despite Having
 *   Correct Scopes".
 * @matters misleading: `grant` reports "role-missing" by it.
 */
export function forbidden(headers: Readonly<Record<string, string>> = {}): OktaError {
  return new OktaError(403, "E0000006", "You do not have permission to perform the requested action", {
    headers,
  });
}

/**
 * The credential is missing, unknown or out of date.
 *
 * @decision A credential that is missing, unknown or out of date is refused with 401 E0000011 "Invalid token provided".
 * @evidence recorded: Shopify/oktakit 8aa89c6, spec/cassettes/update_application.yml.
 * @matters sign-in lost: `grant` asks for another token and retries.
 */
export function invalidToken(headers: Readonly<Record<string, string>> = {}): OktaError {
  return new OktaError(401, "E0000011", "Invalid token provided", { headers });
}

/**
 * The access token lacks a scope. There is no body: the challenge (RFC 6750, 3.1) says what is wrong.
 *
 * @decision A token without the scope is refused with 403, an empty body and the challenge `Bearer …
 *   error="insufficient_scope"`.
 * @evidence recorded: okta/okta-sdk-golang issue 145 (header in full, "no body").
 * @matters misleading: `grant` reads the challenge to report "scope-missing" instead of "role-missing".
 */
export function insufficientScope(orgUrl: string, scope: string): OktaError {
  const challenge = {
    authorization_uri: `${orgUrl}/oauth2/v1/authorize`,
    realm: orgUrl,
    scope,
    error: "insufficient_scope",
    error_description: "The access token provided does not contain the required scopes.",
  };
  const parts = Object.entries(challenge).map(([name, value]) => `${name}="${value}"`);
  return new OktaError(403, NO_BODY, challenge.error_description, {
    headers: { "www-authenticate": `Bearer ${parts.join(", ")}` },
  });
}

/**
 * One of the limits is reached; the headers say which.
 *
 * @decision A limit that is reached is answered with 429 E0000047.
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_agent_pools_it/…test_list_agent_pools_with_multiple_pool_types.
 * @matters late: `grant` waits for the reset that the headers name.
 */
export function tooManyRequests(headers: Readonly<Record<string, string>>): OktaError {
  return new OktaError(429, "E0000047", "API call exceeded rate limit due to too many requests.", {
    headers,
  });
}

/**
 * The answer for a refused call.
 *
 * @decision An error has errorCode, errorSummary, errorLink, errorId and errorCauses.
 * @evidence recorded: Shopify/oktakit 8aa89c6, spec/cassettes/404.yml; okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_groups_it/…test_create_get_group.
 * @matters misleading: the functions read errorCode and the end of errorSummary.
 *
 * @decision A failure of Okta's own is answered with 500 E0000009.
 * @evidence recorded: okta/terraform-provider-okta v6.12.0,
 *   test/fixtures/vcr/idaas/TestAccDataSourceOktaUserType_read/classic-00.yaml.
 * @matters late: the functions retry it.
 */
export function errorResponse(error: Error): Response {
  if (error instanceof OAuthError) {
    return Response.json({ error: error.code, error_description: error.message }, { status: error.status });
  }
  const refusal =
    error instanceof OktaError
      ? error
      : new OktaError(500, "E0000009", "Internal Server Error", { causes: [error.message] });
  if (refusal.code === NO_BODY) {
    return new Response(null, { status: refusal.status, headers: refusal.headers });
  }
  return Response.json(
    {
      errorCode: refusal.code,
      errorSummary: refusal.message,
      errorLink: refusal.code,
      errorId: `oae${alphanumerics(22)}`,
      errorCauses: refusal.causes.map((errorSummary) => ({ errorSummary })),
    },
    { status: refusal.status, headers: refusal.headers },
  );
}
