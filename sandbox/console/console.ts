import { Hono } from "hono";
import { parseJson } from "../../function/shared/json.ts";
import type { Progress } from "../deploy/creation.ts";
import type { Registration } from "../deploy/registration.ts";
import type { OwnWorkspace } from "../engine/workspace.ts";
import type { Clouds } from "../environment.ts";
import type { GoogleNotice } from "../google/notices.ts";
import { machineTimers, type Timers } from "../google/timers.ts";
import { SignInError } from "../okta/log/sign-in-events.ts";
import type { LogEvent } from "../okta/model/log-event.ts";
import type { OktaNotice } from "../okta/model/notices.ts";
import { followTraces, type Traces } from "../traces.ts";
import { createAlerts } from "./alerts.ts";
import { createGraph } from "./deployment.ts";
import { detailsOf } from "./details.ts";
import { createFaults, functionNames } from "./faults.ts";
import { createLoad, readLoad } from "./load.ts";
import { RequestError } from "./request-error.ts";
import { rowOf, type Surroundings } from "./rows.ts";
import { deployedRules, tryRules } from "./rules.ts";
import { readSignIn, type SignInRequest, signPeopleIn } from "./sign-ins.ts";
import { type ConsoleStack, createConsoleStack } from "./stack.ts";
import { type Phase, stateOf } from "./state.ts";
import { createStream } from "./stream.ts";

/** What a console is made with. */
export interface ConsoleOptions {
  readonly clouds: Clouds;
  /** What deploys: `pulumi` or `embedded`. */
  readonly engine: string;
  /** How many events are kept. */
  readonly keep?: number;
  /** The clock by which alerts fire; the machine's unless given. */
  readonly clock?: Timers;
}

/** Knows what happens in the sandbox, shows it to pages, and does what they ask for. */
export interface Console {
  /** The API behind the page, without any check of who calls. */
  readonly api: Hono;
  readonly traces: Traces;
  readonly onOkta: (notice: OktaNotice) => void;
  readonly onGoogle: (notice: GoogleNotice) => void;
  readonly onProgress: (progress: Progress) => void;
  readonly onRegistration: (
    registration: Pick<Registration, "urn" | "type" | "parent" | "dependencies" | "inputs">,
  ) => void;
  /** Takes the workspace of the Pulumi CLI, where it deploys. */
  readonly onWorkspace: (workspace: OwnWorkspace) => void;
  setPhase(phase: Phase, failure?: string): void;
  /** Ends the load and takes every fault back, so that the sandbox can be destroyed. */
  settle(): Promise<void>;
  close(): void;
}

/** The latest entries of the System Log that a page is shown. */
const LOG_ENTRIES = 500;
/** The people that a page is shown; it can search for others. */
const PEOPLE = 500;

export function createConsole({ clouds, engine, keep, clock = machineTimers }: ConsoleOptions): Console {
  const { okta, google } = clouds;
  const faults = createFaults(clouds);
  const graph = createGraph(secrets);
  const requests = new Map<string, SignInRequest>();
  /** The events that are kept, since a search in the log would take longer with each of them. */
  const events = new Map<string, LogEvent>();
  let phase: Phase = "starting";
  let failure: string | undefined;
  let stack: ConsoleStack | undefined;

  /** The values that are never shown, whatever they stand in. */
  function secrets(): readonly string[] {
    const hook = [...okta.content.hooks.values()].map(({ channel }) => channel.authScheme?.value ?? "");
    return [okta.apiToken, google.deployerToken, ...hook].filter((secret) => secret !== "");
  }

  const surroundings: Surroundings = {
    event: (uuid) => events.get(uuid),
    isMember: okta.isMember,
    subscribed: () => new Set([...okta.content.hooks.values()].flatMap(({ events }) => events)),
  };
  const load = createLoad(
    okta,
    {
      queued: () => [...google.tasks().values()].reduce((sum, tasks) => sum + tasks.length, 0),
      members: () =>
        [...okta.content.groups.values()].reduce(
          (sum, { type, members }) => sum + (type === "OKTA_GROUP" ? members.size : 0),
          0,
        ),
      limit() {
        const windows = okta.content.windows().filter(({ name }) => name.startsWith("groups"));
        const tightest = windows.sort((one, other) => one.limit - one.used - (other.limit - other.used))[0];
        return tightest === undefined ? {} : { limit: tightest.limit, used: tightest.used };
      },
    },
    () => stream.stateChanged(),
  );
  const traces = followTraces(Date.now, {
    ...(keep === undefined ? {} : { keep }),
    onChange(trace) {
      // The org also records what happens to event hooks, for example.
      if (!trace.eventType.startsWith("user.")) return;
      const step = trace.steps.at(-1);
      if (step === undefined && trace.lines.length === 0) load.countSignIn(trace);
      if (step?.kind === "delivery" && trace.lines.length === 0) load.countStep(step);
      stream.changed(trace.uuid);
    },
    onForgotten: (uuid) => {
      requests.delete(uuid);
      events.delete(uuid);
      stream.gone(uuid);
    },
  });
  const stream = createStream({
    row(uuid) {
      const trace = traces.of(uuid);
      return trace === undefined ? undefined : rowOf(trace, surroundings);
    },
    state: () => ({
      ...stateOf(clouds, { phase, failure, engine, faults, load, resources: graph.counts() }),
      graph: graph.version,
      firing: alerts.firing(),
    }),
  });

  const alerts = createAlerts(
    clouds,
    () => phase === "up",
    () => stream.stateChanged(),
    clock,
  );

  const api = new Hono();
  api.onError((error) => {
    if (error instanceof RequestError || error instanceof SignInError) {
      return Response.json({ error: error.message }, { status: 400 });
    }
    return Response.json({ error: `The console failed: ${error.message}` }, { status: 500 });
  });
  const bodyOf = async (request: { text(): Promise<string> }): Promise<unknown> => {
    const value = parseJson(await request.text());
    if (value === undefined) throw new RequestError("The body is not JSON.");
    return value;
  };
  const done = () => {
    stream.stateChanged();
    return Response.json({});
  };

  api.get("/stream", ({ req }) => stream.open(req.header("last-event-id") ?? req.query("after")));
  api.get("/faults", () =>
    Response.json(faults.map(({ id, area, title, expect, heals }) => ({ id, area, title, expect, heals }))),
  );
  api.get("/graph", () => Response.json({ nodes: graph.nodes() }));
  api.get("/alerts", () => Response.json(alerts.shown()));
  api.get("/load", () => Response.json(load.seconds));
  api.get("/log", ({ req }) => {
    const search = (req.query("search") ?? "").toLowerCase();
    const found: unknown[] = [];
    const entries = okta.content.log();
    for (let index = entries.length - 1; index >= 0 && found.length < LOG_ENTRIES; index -= 1) {
      const event = entries[index]?.event;
      if (search === "" || JSON.stringify(event).toLowerCase().includes(search)) found.push(event);
    }
    return Response.json({ total: entries.length, events: found });
  });
  api.get("/people", ({ req }) => {
    const search = (req.query("search") ?? "").toLowerCase();
    const groups = [...okta.content.groups.values()].filter(({ type }) => type !== "BUILT_IN");
    const all = [...okta.content.people.values()].reverse();
    const found = all.filter(({ login, displayName }) =>
      `${login} ${displayName}`.toLowerCase().includes(search),
    );
    return Response.json({
      total: found.length,
      people: found.slice(0, PEOPLE).map(({ id, login, displayName, status }) => ({
        id,
        login,
        displayName,
        status,
        groups: groups.filter(({ members }) => members.has(id)).map(({ name }) => name),
      })),
    });
  });
  api.get("/queue", () => {
    const queues = [...google.tasks()].map(([name, tasks]) => ({
      name,
      tasks: tasks.slice(0, 200).map(({ id, attempts, createTime, scheduleTime, previousStatus, input }) => ({
        id,
        attempts,
        createTime,
        scheduleTime,
        previousStatus,
        body: parseJson(input.request.body.toString()),
      })),
      total: tasks.length,
    }));
    return Response.json({ queues });
  });
  api.get("/events/:uuid", async ({ req }) => {
    const trace = traces.of(req.param("uuid"));
    if (trace === undefined) {
      const error = "This event is no longer kept: the console keeps the latest 100,000.";
      return Response.json({ error }, { status: 404 });
    }
    return Response.json(await detailsOf(trace, events.get(trace.uuid), clouds, secrets()));
  });

  const requireStack = (): ConsoleStack => {
    if (stack !== undefined && phase === "up") return stack;
    throw new RequestError(
      "Only with the Pulumi CLI, and when everything is up: npm run engine:build builds one, npm start -- --engine pulumi uses it.",
    );
  };
  api.get("/stack", () => Response.json({ settings: stack?.settings ?? [] }));
  api.post("/stack/preview", async ({ req }) =>
    Response.json(await requireStack().preview(await bodyOf(req))),
  );
  api.post("/stack/up", async () => Response.json(await requireStack().up()));
  api.get("/rules", () => Response.json({ rules: deployedRules(clouds) }));
  api.post("/rules/try", async ({ req }) => Response.json(await tryRules(await bodyOf(req), clouds)));

  const signIn = (request: SignInRequest): Response => {
    const uuids = signPeopleIn(okta, request);
    for (const uuid of uuids) requests.set(uuid, { ...request, count: 1 });
    return Response.json({ uuids }, { status: 202 });
  };
  api.post("/sign-ins", async ({ req }) => signIn(readSignIn(await bodyOf(req))));
  api.post("/events/:uuid/again", ({ req }) => {
    const uuid = req.param("uuid");
    const event = events.get(uuid);
    const first = requests.get(uuid);
    if (event === undefined) throw new RequestError("This event is no longer kept.");
    const kind = event.actor.id === "unknown" ? "unknown-user" : "wrong-password";
    return signIn({
      count: 1,
      displayName: undefined,
      attempt: first?.attempt ?? {
        kind:
          event.actor.type === "User"
            ? event.outcome.result === "SUCCESS"
              ? "success"
              : kind
            : "system-principal",
        eventType: event.eventType,
        platform: event.request === undefined ? "identity-engine" : "classic",
      },
      login: event.actor.alternateId,
    });
  });
  api.post("/groups/:group/members/:user/remove", ({ req }) => {
    okta.removeMember(req.param("group"), req.param("user"));
    return done();
  });
  api.post("/faults/:id", async ({ req }) => {
    const fault = faults.find(({ id }) => id === req.param("id"));
    if (fault === undefined) throw new RequestError("There is no such fault.");
    await fault.turn(Object(await bodyOf(req)).isOn === true);
    return done();
  });
  api.post("/functions/:name/kill", async ({ req }) => {
    const name = functionNames.find((one) => one === req.param("name"));
    if (name === undefined)
      throw new RequestError(`The function must be one of: ${functionNames.join(", ")}.`);
    const pids = await google.kill(name, "SIGKILL").catch(() => {
      throw new RequestError(`${name} is not deployed yet.`);
    });
    return Response.json({ pids });
  });
  api.post("/reconcile", async () => {
    await clouds.runJobs();
    return done();
  });
  api.post("/load", async ({ req }) => {
    load.start(readLoad(await bodyOf(req)));
    return done();
  });
  api.post("/load/stop", () => {
    load.stop();
    return done();
  });

  return {
    api,
    traces,
    onOkta(notice) {
      const event = notice.kind === "event" ? okta.content.event(notice.uuid) : undefined;
      if (event?.eventType.startsWith("user.")) events.set(event.uuid, event);
      traces.onOkta(notice);
      alerts.onOkta(notice);
      if (notice.kind === "request") load.countCall(notice.status);
      else stream.stateChanged();
    },
    onGoogle(notice) {
      traces.onGoogle(notice);
      alerts.onGoogle(notice);
    },
    onRegistration({ urn, type, parent, dependencies, inputs }) {
      graph.declare({ urn, type, parent, dependencies, inputs });
      stream.stateChanged();
    },
    onProgress(progress) {
      if (progress.kind === "log" || progress.kind === "hook" || progress.kind === "retained") return;
      const state =
        progress.kind === "created" || progress.kind === "failed" || progress.kind === "deleted"
          ? progress.kind
          : "creating";
      if (progress.kind === "deleting") return;
      graph.progress(progress.type, progress.name, {
        state,
        ...("milliseconds" in progress ? { milliseconds: Math.round(progress.milliseconds) } : {}),
        ...("message" in progress ? { message: progress.message } : {}),
      });
      stream.stateChanged();
    },
    onWorkspace(workspace) {
      const onResources = (resources: readonly unknown[]) => {
        graph.replace(resources);
        stream.stateChanged();
      };
      stack = createConsoleStack(workspace, onResources, secrets);
    },
    setPhase(next, why) {
      phase = next;
      failure = why;
      stream.stateChanged();
    },
    async settle() {
      load.stop();
      for (const fault of faults) if (fault.isOn()) await fault.turn(false);
      okta.restoreLimits();
      stream.stateChanged();
    },
    close() {
      stack?.close();
      alerts.close();
      load.close();
      stream.close();
    },
  };
}
