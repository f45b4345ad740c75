import { Hono, type MiddlewareHandler } from "hono";
import { LinearRouter } from "hono/router/linear-router";
import { type Clock, systemClock } from "../../function/shared/clock.ts";
import { addTokenEndpoint } from "./auth/token-endpoint.ts";
import { refuseCalls, slowDown, troubleOf } from "./faults/calls.ts";
import { createHookCaller, type SendToHook } from "./hooks/calls.ts";
import { createDeliveries } from "./hooks/deliveries.ts";
import { createVerification, type VerifyHook } from "./hooks/verification.ts";
import { errorResponse, OktaError } from "./http/errors.ts";
import type { RouteEnvironment, Routes } from "./http/routes.ts";
import {
  admit,
  admitAnybody,
  createRateLimiter,
  limitConcurrency,
  type RateLimiter,
  type Window,
} from "./limits/rate-limit.ts";
import { type SignInAttempt, signInEvent } from "./log/sign-in-events.ts";
import { entriesOf, record } from "./log/system-log.ts";
import type { EventHook } from "./model/event-hook.ts";
import type { Faults } from "./model/faults.ts";
import { type Group, newGroup } from "./model/group.ts";
import { alphanumerics } from "./model/ids.ts";
import { createLimits, type Limits, type LimitsGiven } from "./model/limits.ts";
import type { LogEntry, LogEvent } from "./model/log-event.ts";
import type { OktaNotice } from "./model/notices.ts";
import { createOrg, findPerson, type Org, type OrgSettings } from "./model/org.ts";
import type { Person } from "./model/person.ts";
import { addAppPolicyRoutes } from "./routes/app-policies.ts";
import { addAppRoutes } from "./routes/apps.ts";
import { addAuthenticationRoute } from "./routes/authn.ts";
import { addEventHookRoutes } from "./routes/event-hooks.ts";
import { addGrantRoutes } from "./routes/grants.ts";
import { addGroupRoutes } from "./routes/groups.ts";
import { addMembershipRoutes } from "./routes/memberships.ts";
import { addOrganizationRoute, addOrgSettingRoutes } from "./routes/org.ts";
import { addPeopleRoutes, createPerson } from "./routes/people.ts";
import { addResourceSetRoutes } from "./routes/resource-sets.ts";
import { addGroupRoleRoutes, addRoleAssignmentRoutes } from "./routes/role-assignments.ts";
import { addRoleRoutes } from "./routes/roles.ts";
import { addSignInDoor, DOOR } from "./routes/sign-in-door.ts";
import { addSystemLogRoute } from "./routes/system-log.ts";

/** How an org is to be. Tokens, rate limits, pauses and all times that it writes go by the clock: the machine's. */
export interface LocalOktaOptions extends Partial<Pick<Clock, "now" | "sleep">> {
  /** Hears what happens; must not throw. */
  readonly observe?: (notice: OktaNotice) => void;
  /** As for a Workforce org, unless given. */
  readonly limits?: LimitsGiven;
}

/** An Okta org on this machine. */
export interface LocalOkta {
  /** The org's URL, without a slash at the end. */
  readonly url: string;
  /** A random API token (SSWS) of a super administrator. */
  readonly apiToken: string;
  /** What goes wrong, to be changed at any time; nothing at first. */
  readonly faults: Faults;
  /** How much the org takes and gives, to be changed at any time. */
  readonly limits: Limits;
  /** What its administrators switch on and off, to be changed at any time. */
  readonly settings: OrgSettings;
  /**
   * Makes an active user, who can sign in.
   *
   * @throws OktaError when the login is blank or taken
   */
  createPerson(profile: {
    readonly login: string;
    readonly displayName: string;
    /** With it, the user can sign in by the Authentication API. */
    readonly password?: string;
  }): Person;
  /**
   * Records the attempts in the System Log and delivers them, as one batch, to every active and verified hook that
   * subscribes to them. Deliveries run on after the return: `idle` awaits them.
   *
   * @throws SignInError when an attempt cannot be; then none of them is recorded
   */
  signIn(attempts: readonly SignInAttempt[]): LogEvent[];
  /** False when there is no such group. */
  isMember(groupId: string, userId: string): boolean;
  /** Names of the groups that a user was put into, so without Everyone. */
  groupsOf(userId: string): string[];
  /** Makes a user a member, as an administrator would. Nothing happens when there is no such group. */
  addMember(groupId: string, userId: string): void;
  /** Removes a member, as an administrator would. Nothing happens when there is none. */
  removeMember(groupId: string, userId: string): void;
  /** Brings in a group from a directory, as an app does that is connected to one; returns its id. */
  importGroup(name: string): string;
  /** Makes every rate limit whole again, as if its window had ended. */
  restoreLimits(): void;
  /** What is in the org now, to be read only. */
  readonly content: OrgContent;
  /** Resolves when no delivery (or retry) is under way or delayed. */
  idle(): Promise<void>;
  /** What a deployment made and is still there, worded for a person: `group "App Users" (00g…)`. */
  leftovers(): string[];
  /** Ends deliveries and connections. */
  close(): Promise<void>;
}

/** What is in an org. It changes while the org runs. */
export interface OrgContent {
  /** By id, in the order of creation. */
  readonly people: ReadonlyMap<string, Person>;
  readonly groups: ReadonlyMap<string, Group>;
  /** By id, or by login in whatever case. */
  person(idOrLogin: string): Person | undefined;
  readonly hooks: ReadonlyMap<string, EventHook>;
  /** The System Log, in the order of arrival. */
  log(): readonly LogEntry[];
  /** An event by its uuid, also one that is not in the log yet. */
  event(uuid: string): LogEvent | undefined;
  /** How full the limits are that calls have counted in, for the org and for each app. */
  windows(): readonly Window[];
}

/** An org, and the way in for requests. */
export interface AnsweringOkta extends LocalOkta {
  /** Rejects as `fetch` does when the connection is to be reset. */
  answer(request: Request): Promise<Response>;
}

/**
 * Makes an org.
 *
 * @param url of the org, without a slash at the end
 * @param sendToHook how it reaches hooks
 */
export function createLocalOkta(
  url: string,
  sendToHook: SendToHook,
  { observe = () => undefined, limits, ...given }: LocalOktaOptions,
): AnsweringOkta {
  const clock = { ...systemClock, ...given };
  const closing = new AbortController();
  const sleep = (milliseconds: number) => clock.sleep(milliseconds, closing.signal);
  const org = createOrg({ url, now: clock.now, sleep, notify: observe, limits: createLimits(limits) });
  const caller = createHookCaller(clock, sendToHook, closing.signal);
  const deliveries = createDeliveries(org, caller);
  const signIn = (attempts: readonly SignInAttempt[]): LogEvent[] => {
    const events = attempts.map((attempt) => signInEvent(org, attempt));
    for (const event of events) record(org, event);
    deliveries.deliver(events);
    return events;
  };
  const limiter = createRateLimiter(org.now, org.limits);
  const api = createApi(org, createVerification(org, caller), signIn, limiter);

  return {
    url,
    apiToken: org.apiToken,
    faults: org.faults,
    limits: org.limits,
    settings: org.settings,
    createPerson: (profile) => createPerson(org, profile),
    signIn,
    isMember: (groupId, userId) => org.groups.get(groupId)?.members.has(userId) === true,
    groupsOf: (userId) =>
      [...org.groups.values()]
        .filter(({ type, members }) => type !== "BUILT_IN" && members.has(userId))
        .map(({ name }) => name),
    addMember: (groupId, userId) => org.groups.get(groupId)?.members.add(userId),
    removeMember: (groupId, userId) => org.groups.get(groupId)?.members.remove(userId),
    importGroup(name) {
      const group = newGroup({ type: "APP_GROUP", name, description: null }, org.now);
      org.groups.set(group.id, group);
      return group.id;
    },
    restoreLimits: limiter.restore,
    content: {
      people: org.people,
      groups: org.groups,
      person: (idOrLogin) => findPerson(org, idOrLogin),
      hooks: org.eventHooks,
      log: () => entriesOf(org),
      event: (uuid) =>
        [org.log.late, org.log.entries]
          .map((entries) => entries.findLast(({ event }) => event.uuid === uuid)?.event)
          .find((event) => event !== undefined),
      windows: limiter.windows,
    },
    idle: deliveries.idle,
    leftovers: () => listLeftovers(org),
    async close() {
      closing.abort();
      await deliveries.idle();
    },
    async answer(request) {
      const call = { method: request.method, path: new URL(request.url).pathname };
      const reset = call.path === DOOR ? undefined : troubleOf(org.faults.calls, call, "reset");
      if (reset !== undefined && reset.done !== true) throw connectionReset();
      const answered = await api.fetch(request);
      const response = (await org.faults.alter?.(call, answered)) ?? answered;
      if (reset !== undefined) throw connectionReset();
      return response;
    },
  };
}

/** What `fetch` rejects with when the other side resets the connection. */
function connectionReset(): TypeError {
  const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" });
  return new TypeError("fetch failed", { cause });
}

/** What a deployment made in the org and is still there, each worded for a person. People do not count. */
function listLeftovers(org: Org): string[] {
  const groups = [...org.groups.values()].filter(({ type }) => type === "OKTA_GROUP");
  return [
    ...groups.map(({ id, name }) => `group "${name}" (${id})`),
    ...[...org.apps.values()].map(({ id, settings }) => `app "${settings.label}" (${id})`),
    ...[...org.grants.values()].map(({ clientId, scopeId }) => `grant of ${scopeId} to the app ${clientId}`),
    ...[...org.roles.values()].map(({ id, label }) => `role "${label}" (${id})`),
    ...[...org.resourceSets.values()].map(({ id, label }) => `resource set "${label}" (${id})`),
    ...[...org.roleAssignments.values()].map(
      ({ id, type, clientId }) => `assignment of a role (${type}) to the app ${clientId} (${id})`,
    ),
    ...[...org.eventHooks.values()].map(({ id, name }) => `event hook "${name}" (${id})`),
  ];
}

/** Everything that the org answers over HTTP. */
export function createApi(
  org: Org,
  verify: VerifyHook,
  signIn: (attempts: readonly SignInAttempt[]) => readonly LogEvent[],
  limiter: RateLimiter = createRateLimiter(org.now, org.limits),
): Routes {
  // This router needs no preparation, so that thousands of orgs can be made in a row.
  const routes: Routes = new Hono<RouteEnvironment>({ router: new LinearRouter() });
  routes.onError((error) => errorResponse(error));
  /**
   * @decision A path that does not exist is answered with 404 E0000008.
   * @evidence documentation: okta/okta-developer-docs 468de9c, data/error-codes.json, E0000008.
   * @matters misleading: an org URL with a path in it gives such answers.
   */
  routes.notFound(() => errorResponse(new OktaError(404, "E0000008", "The requested path was not found")));

  routes.use(observe(org));
  addSignInDoor(routes, org, signIn);
  for (const middleware of [limitConcurrency(org), slowDown(org), refuseCalls(org)]) routes.use(middleware);
  addOrganizationRoute(routes, org);

  addAuthenticationRoute(routes, org, signIn);

  routes.use("/oauth2/v1/token", admitAnybody(org, limiter));
  addTokenEndpoint(routes, org);

  for (const path of ["/api/*", "/oauth2/v1/clients/*"]) routes.use(path, admit(org, limiter));
  addPeopleRoutes(routes, org);
  addMembershipRoutes(routes, org);
  addGroupRoutes(routes, org);
  addGroupRoleRoutes(routes, org);
  addAppPolicyRoutes(routes, org);
  addAppRoutes(routes, org);
  addOrgSettingRoutes(routes, org);
  addGrantRoutes(routes, org);
  addRoleRoutes(routes, org);
  addResourceSetRoutes(routes, org);
  addEventHookRoutes(routes, org, verify);
  addSystemLogRoute(routes, org);
  addRoleAssignmentRoutes(routes, org);
  return routes;
}

/**
 * Gives every answer its request id and the org's time, and reports the request to the observer.
 *
 * @decision Every answer has x-okta-request-id, the org's time in `date`, and forbids to be kept.
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_groups_it/…test_group_users_operations (headers).
 * @matters misleading: the functions log the request id of a refusal, and reckon waits by `date`.
 */
function observe(org: Org): MiddlewareHandler<RouteEnvironment> {
  return async (context, next) => {
    context.set("principalName", "anonymous");
    await next();
    const requestId = alphanumerics(28);
    context.res.headers.set("x-okta-request-id", requestId);
    context.res.headers.set("date", new Date(org.now()).toUTCString());
    context.res.headers.set("cache-control", "no-cache, no-store");
    org.notify({
      kind: "request",
      method: context.req.method,
      path: context.req.path,
      status: context.res.status,
      requestId,
      principal: context.get("principalName"),
    });
  };
}
