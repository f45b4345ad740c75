import type { MiddlewareHandler } from "hono";
import { errorResponse, OAuthError, OktaError } from "../http/errors.ts";
import type { RouteEnvironment } from "../http/routes.ts";
import { type Call, type CallFault, type CallTrouble, strikes } from "../model/faults.ts";
import type { Org } from "../model/org.ts";

type Trouble<Kind> = Extract<CallTrouble, { readonly kind: Kind }>;

/** The trouble, of one of these kinds, that strikes the call; undefined when none does. */
export function troubleOf<Kind extends CallTrouble["kind"]>(
  faults: readonly CallFault[],
  { method, path }: Call,
  ...kinds: readonly Kind[]
): Trouble<Kind> | undefined {
  const isOfKind = (trouble: CallTrouble): trouble is Trouble<Kind> =>
    kinds.some((kind) => kind === trouble.kind);
  for (const fault of faults) {
    if (isOfKind(fault.trouble) && concerns(fault, { method, path }) && strikes(fault)) return fault.trouble;
  }
  return undefined;
}

function concerns({ method, path, when }: CallFault, call: Call): boolean {
  if (method !== undefined && method !== call.method) return false;
  if (path !== undefined && !call.path.startsWith(path)) return false;
  return when === undefined || when(call);
}

/** Codes and summaries of Okta's error code list, by status; other statuses are answered as a server error. */
const ERRORS: Readonly<Record<number, readonly [code: string, summary: string]>> = {
  403: ["E0000006", "You do not have permission to perform the requested action"],
  404: ["E0000007", "Not found: Resource not found"],
  429: ["E0000047", "API call exceeded rate limit due to too many requests."],
  503: ["E0000010", "Service is in read only mode."],
};

const KINDS = ["server-error", "read-only", "foreign", "unknown-user"] as const;

/**
 * Answers what is to be refused, or fails for now.
 *
 * @own A test or the sandbox's console switches these refusals on.
 */
export function refuseCalls({ faults }: Org): MiddlewareHandler<RouteEnvironment> {
  return async ({ req: { method, path } }, next) => {
    const refusal = faults.refuse?.(method, path);
    if (refusal !== undefined) return refuse(refusal.status, refusal.headers);
    const trouble = troubleOf(faults.calls, { method, path }, ...KINDS);
    if (trouble === undefined) return next();
    if (trouble.kind === "foreign") return foreignPage(trouble.status);
    if (trouble.kind === "unknown-user") return unknownUser(path.slice(path.lastIndexOf("/") + 1));
    if (trouble.kind === "read-only") return refuse(503);
    // The token endpoint words its own errors as OAuth 2.0 does.
    if (path === "/oauth2/v1/token")
      return errorResponse(new OAuthError(500, "server_error", "Internal Server Error"));
    return refuse(500);
  };
}

/** @own A test switches it on: a page as proxies and content delivery networks answer it, and nothing of it is Okta's. */
function foreignPage(status: number): Response {
  const body = "<html><title>Request blocked</title></html>";
  return new Response(status === 204 ? null : body, { status, headers: { "content-type": "text/html" } });
}

/** @own A test switches it on: Okta may not know everywhere what is new (for groups: okta/terraform-provider-okta#647). */
function unknownUser(id: string): Response {
  return errorResponse(new OktaError(404, "E0000007", `Not found: Resource not found: ${id} (User)`));
}

/**
 * @own A test or the sandbox's console switches these refusals on.
 */
function refuse(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  const [code, summary] = ERRORS[status] ?? ["E0000009", "Internal Server Error"];
  return errorResponse(new OktaError(status, code, summary, { headers }));
}

/** Holds back the answers that are to be slow. */
export function slowDown({ faults, sleep }: Org): MiddlewareHandler<RouteEnvironment> {
  return async ({ req: { method, path } }, next) => {
    const trouble = troubleOf(faults.calls, { method, path }, "slow");
    await next();
    if (trouble !== undefined) await sleep(trouble.milliseconds);
  };
}
