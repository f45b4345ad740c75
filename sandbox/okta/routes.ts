import type { Context, Hono } from "hono";
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

/** 204. */
export function noContent(): Response {
  return new Response(null, { status: 204 });
}
