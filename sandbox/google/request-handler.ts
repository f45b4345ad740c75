import type { Cloud } from "./cloud.ts";
import { GoogleError } from "./errors.ts";
import { faultResponse, faultyCall, meetFault, refusalResponse } from "./faults.ts";
import { type Principal, principalName } from "./iam/tokens.ts";
import { createCall, createRouter, type Match, type Route } from "./routes.ts";

const ANONYMOUS: Principal = { kind: "anonymous" };

/** A request's address, as the API behind it sees it. */
interface Addressed {
  readonly url: URL;
  /** The API that it names; undefined where the path says it all. */
  readonly service: string | undefined;
}

/**
 * All APIs are at one address here, and some have a method at the same path. So a path may begin with the host that it has at
 * Google: /cloudtasks.googleapis.com/v2/projects/….
 */
function addressOf(given: string): Addressed {
  const url = new URL(given);
  const [prefix, service] = /^\/([a-z]+\.googleapis\.com)(?=\/)/.exec(url.pathname) ?? [];
  if (prefix !== undefined) url.pathname = url.pathname.slice(prefix.length);
  return { url, service };
}

/** Makes the one entrance to all APIs: who calls, is the API enabled, may they, and then the method itself. */
export function createRequestHandler(
  cloud: Cloud,
  routes: readonly Route[],
): (request: Request) => Promise<Response> {
  const find = createRouter(routes);

  function authenticate(request: Request): Principal {
    const token = /^Bearer (\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    return (token === undefined ? undefined : cloud.tokens.authenticate(token)) ?? ANONYMOUS;
  }

  /**
   * @decision A call that names another project is refused with 403, whether there is such a project or not.
   * @evidence recorded: CrowdStrike/falcon-integration-gateway pull request 98, 403 for a project without rights,
   * "(or it may not exist)"; the words here are the sandbox's own.
   * @matters misleading: a mistyped project looks like a missing right.
   */
  function requireProject(named: string | undefined): void {
    if (named === undefined || named === cloud.project || named === cloud.projectNumber) return;
    throw new GoogleError("PERMISSION_DENIED", `The caller does not have permission on project '${named}'.`);
  }

  /** @returns undefined when the caller is to be left without an answer */
  async function answer(
    request: Request,
    url: URL,
    principal: Principal,
    match: Match | undefined,
  ): Promise<Response | undefined> {
    /**
     * @decision A path that no method has is refused with 404. Here as JSON; a real one answers HTML or JSON, as the
     * service has it.
     * @evidence documentation: googleapis/googleapis f8291d2, google/rpc/code.proto: NOT_FOUND, HTTP 404.
     * @matters sandbox only: the plugins and the functions call methods that there are.
     */
    if (!match) throw new GoogleError("NOT_FOUND", `There is no method ${request.method} ${url.pathname}.`);
    /**
     * @decision A call without a token, or with one that is not valid, is refused with 401 UNAUTHENTICATED.
     * @evidence recorded: rohitaryal/imageFX-api#2: 401, "Request had invalid authentication credentials. Expected
     * OAuth 2 access token…". Cloud Storage answers so as well here; its own words differ.
     * @matters misleading: what a person without a login sees.
     */
    if (principal.kind === "anonymous") {
      throw new GoogleError(
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token.",
      );
    }
    const fault = meetFault(cloud.faults, faultyCall(match.route.permission));
    if (!fault) return carryOut(request, url, principal, match);
    if (fault.takesEffect) await carryOut(request, url, principal, match).catch(() => undefined);
    return faultResponse(fault, url.pathname);
  }

  async function carryOut(
    request: Request,
    url: URL,
    principal: Principal,
    { route, variables }: Match,
  ): Promise<Response> {
    requireProject(variables["project"]);
    if (route.service !== undefined) cloud.requireService(route.service);
    const body = new Uint8Array(await request.arrayBuffer());
    const call = createCall({ url, headers: request.headers, body }, principal, variables);
    if (route.permission !== undefined) {
      cloud.access.require(principal, route.permission, route.resource(call));
    }
    const result = await route.handle(call);
    return result instanceof Response ? result : Response.json(result);
  }

  return async (request) => {
    const { url, service } = addressOf(request.url);
    const match = find(request.method, url.pathname, service);
    const principal = authenticate(request);
    /**
     * @own A refusal that a test asked for.
     */
    const refusal = cloud.faults.refuse?.(request.method, url.pathname);
    const response = refusal
      ? refusalResponse(refusal, url.pathname)
      : await answer(request, url, principal, match).catch((error: unknown) => {
          /**
           * @own An error in the sandbox itself is reported as INTERNAL, so that a test sees it.
           */
          const known = error instanceof GoogleError ? error : new GoogleError("INTERNAL", String(error));
          return known.response(url.pathname);
        });
    cloud.notify({
      kind: "request",
      method: request.method,
      path: url.pathname,
      status: response?.status ?? 0,
      principal: principalName(principal),
      permission: match?.route.permission,
    });
    return response ?? callerLeaves(request.signal);
  };
}

/**
 * An answer that nobody sees: it is given when the caller has gone.
 *
 * @own The answer that nobody sees, since the caller has gone: a fault that a test asked for.
 */
function callerLeaves(signal: AbortSignal): Promise<Response> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(new Response(null, { status: 499 })), { once: true });
  });
}
