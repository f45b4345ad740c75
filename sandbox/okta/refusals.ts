import type { MiddlewareHandler } from "hono";
import { troubleOf } from "./call-faults.ts";
import { errorResponse, OAuthError, OktaError } from "./errors.ts";
import type { RouteEnvironment } from "./routes.ts";
import type { Org } from "./state.ts";

/** Codes and summaries of Okta's error code list, by status; other statuses are answered as a server error. */
const ERRORS: Readonly<Record<number, readonly [code: string, summary: string]>> = {
  403: ["E0000006", "You do not have permission to perform the requested action"],
  404: ["E0000007", "Not found: Resource not found"],
  429: ["E0000047", "API call exceeded rate limit due to too many requests."],
  503: ["E0000010", "Service is in read only mode."],
};

/**
 * Answers what is to be refused, or fails for now.
 *
 * @own A test or the sandbox's console switches these refusals on.
 */
export function refuseCalls({ faults }: Org): MiddlewareHandler<RouteEnvironment> {
  return async ({ req: { method, path } }, next) => {
    const refusal = faults.refuse?.(method, path);
    if (refusal !== undefined) return refuse(refusal.status, refusal.headers);
    const trouble = troubleOf(faults.calls, { method, path }, "server-error", "read-only");
    if (trouble === undefined) return next();
    if (trouble.kind === "read-only") return refuse(503);
    // The token endpoint words its own errors as OAuth 2.0 does.
    if (path === "/oauth2/v1/token")
      return errorResponse(new OAuthError(500, "server_error", "Internal Server Error"));
    return refuse(500);
  };
}

/**
 * @own A test or the sandbox's console switches these refusals on.
 */
function refuse(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  const [code, summary] = ERRORS[status] ?? ["E0000009", "Internal Server Error"];
  return errorResponse(new OktaError(status, code, summary, { headers }));
}
