import type { Context, Hono, MiddlewareHandler } from "hono";
import { forbidden } from "./errors.ts";
import type { Principal } from "./principal.ts";

/** What stands by while a request is answered. */
export interface RouteEnvironment {
  readonly Variables: {
    principal: Principal;
    /** How the notice of this request names who called. */
    principalName: string;
  };
}

/** Where modules add the calls that they answer. */
export type Routes = Hono<RouteEnvironment>;

/** A request to the org, and its answer to be. */
export type RouteContext = Context<RouteEnvironment>;

/** Lets only the super administrator's API token through: apps have no business with the org's configuration. */
export const superAdministrator: MiddlewareHandler<RouteEnvironment> = async (context, next) => {
  if (context.get("principal").kind !== "api-token") throw forbidden();
  await next();
};

/** 204. */
export function noContent(): Response {
  return new Response(null, { status: 204 });
}
