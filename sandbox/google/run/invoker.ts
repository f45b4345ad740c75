import { errors } from "jose";
import type { Access } from "../iam/access.ts";
import type { Tokens } from "../iam/tokens.ts";

/** Why a request does not reach a function. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly reason: string;
}

/**
 * @decision A call without a token, or by an account without the right, is refused with 403.
 * @evidence recorded: firebase/firebase-functions-python#193 and hashicorp/terraform-provider-google#13611: "The
 * request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization header".
 * The real one has HTML or a log entry; the words here are the sandbox's own.
 * @matters sign-in lost: `grant` and `reconcile` are called with a token.
 */
const FORBIDDEN: Refusal = {
  status: 403,
  reason: "The request was not authenticated, or the caller is not allowed to invoke this service.",
};
/**
 * @decision A call with a token that can't be verified is refused with 401.
 * @evidence recorded: GoogleCloudPlatform/esp-v2#542: 401 with HTML for a token that Cloud Run does not take. Which
 * wrong claim leads to 401 and which to 403 is not public.
 * @matters sign-in lost: Cloud Tasks takes both for a failure.
 */
const MALFORMED: Refusal = { status: 401, reason: "The access token could not be verified." };

/**
 * Decides whether a request may reach a service: it is open to all, or the request carries an identity token of
 * Google's, for this service, of an account that holds run.routes.invoke (Cloud Run, Authentication overview).
 *
 * @decision The invoker is the account in the identity token, by run.routes.invoke on the Cloud Run service of the function.
 * @evidence documentation: Google Cloud, Cloud Scheduler, "Use authentication with HTTP targets": the job's account needs
 * roles/run.invoker for Cloud Run and for functions of the 2nd generation (https://cloud.google.com/scheduler/docs/http-target-auth)
 * @matters sign-in lost: roles/run.invoker is bound on the services: for invoker on `grant`, for scheduler on `reconcile`, for all on `receive`.
 */
export async function authoriseInvocation(
  authorization: string | undefined,
  service: { readonly resource: string; readonly uri: string },
  access: Access,
  tokens: Tokens,
): Promise<Refusal | undefined> {
  if (access.allowed({ kind: "anonymous" }, "run.routes.invoke", service.resource)) return undefined;
  if (authorization === undefined) return FORBIDDEN;
  const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
  if (token === undefined) return MALFORMED;
  try {
    const claims = await tokens.verifyIdentityToken(token, service.uri);
    const email = String(claims["email"]);
    const principal = { kind: "serviceAccount", email } as const;
    return access.allowed(principal, "run.routes.invoke", service.resource) ? undefined : FORBIDDEN;
  } catch (error) {
    const claimsAreWrong =
      error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed;
    return claimsAreWrong ? FORBIDDEN : MALFORMED;
  }
}
