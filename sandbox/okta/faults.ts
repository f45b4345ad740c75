import type { MiddlewareHandler } from "hono";
import { errorResponse, OktaError } from "./errors.ts";
import type { RouteEnvironment } from "./routes.ts";

/** What the org answers in place of doing what it was asked. */
export interface Refusal {
  /** From 400. */
  readonly status: number;
  /** Such as `x-rate-limit-reset`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Troubles that can be switched on and off while the org runs. */
export interface Faults {
  /** Asked about each request before anything else; the path is without its query. */
  refuse?: ((method: string, path: string) => Refusal | undefined) | undefined;
}

/** Codes and summaries of Okta's error code list, by status; other statuses are answered as a server error. */
const ERRORS: Readonly<Record<number, readonly [code: string, summary: string]>> = {
  403: ["E0000006", "You do not have permission to perform the requested action"],
  404: ["E0000007", "Not found: Resource not found"],
  429: ["E0000047", "API call exceeded rate limit due to too many requests."],
  503: ["E0000010", "Service is in read only mode."],
};

/** Answers what is to be refused. */
export function applyFaults(faults: Faults): MiddlewareHandler<RouteEnvironment> {
  return async (context, next) => {
    const refusal = faults.refuse?.(context.req.method, context.req.path);
    if (refusal === undefined) return next();
    const [code, summary] = ERRORS[refusal.status] ?? ["E0000009", "Internal Server Error"];
    return errorResponse(new OktaError(refusal.status, code, summary, { headers: refusal.headers ?? {} }));
  };
}
