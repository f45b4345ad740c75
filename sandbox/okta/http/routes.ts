import type { Context, Hono } from "hono";
import type { App } from "../model/app.ts";

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

/** Who calls: the super administrator by API token, or an app by access token. */
export type Principal =
  | { readonly kind: "api-token" }
  | { readonly kind: "app"; readonly app: App; readonly scopes: ReadonlySet<string> };
