import { errors } from "jose";
import type { Access } from "../iam/access.ts";
import type { Tokens } from "../iam/tokens.ts";

/** Why a request does not reach a function. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly reason: string;
}

const FORBIDDEN: Refusal = {
  status: 403,
  reason: "The request was not authenticated, or the caller is not allowed to invoke this service.",
};
const MALFORMED: Refusal = { status: 401, reason: "The access token could not be verified." };

/**
 * Decides whether a request may reach a service: it is open to all, or the request carries an identity token of
 * Google's, for this service, of an account that holds run.routes.invoke (Cloud Run, Authentication overview).
 *
 * @decision The invoker is the account in the identity token, by run.routes.invoke on the Cloud Run service of the function.
 * @evidence documentation: Google Cloud, Cloud Scheduler, "Use authentication with HTTP targets": the job's account needs
 * roles/run.invoker for Cloud Run and for functions of the 2nd generation (https://cloud.google.com/scheduler/docs/http-target-auth)
 * @matters sign-in lost: roles/run.invoker is bound on the services: for invoker on `grant`, for trigger on `reconcile`, for all on `receive`.
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
