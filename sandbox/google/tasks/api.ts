import type { Api, Cloud } from "../cloud.ts";
import { alreadyExists, GoogleError, notFound } from "../errors.ts";
import { fields } from "../fields.ts";
import { requireActAs } from "../iam/act-as.ts";
import { policyRoutes } from "../iam/policy-routes.ts";
import { createIdleness } from "../idleness.ts";
import { requireQueueRegion } from "../regions.ts";
import type { Call, Route } from "../routes.ts";
import { masked } from "../update-mask.ts";
import { readTask } from "./http-request.ts";
import { createQueue, type Queue } from "./queue.ts";
import type { Send } from "./send.ts";
import { type QueueSettings, readSettings } from "./settings.ts";
import { describeTask } from "./task.ts";

/** Queues and tasks (Cloud Tasks, REST reference v2). */
export interface Tasks extends Api {
  /** Whether no task waits or is being dispatched. */
  isIdle(): boolean;
  /** Resolves when no task waits or is being dispatched. */
  idle(): Promise<void>;
  close(): void;
}

const SERVICE = "cloudtasks.googleapis.com";
const QUEUES = "/v2/projects/{project}/locations/{location}/queues";
const CHANGEABLE = ["rateLimits", "retryConfig", "httpTarget", "stackdriverLoggingConfig"];
const QUEUE_ID = /^[A-Za-z0-9-]{1,100}$/;

/** The Cloud Tasks API of one project. @param send how requests of tasks go out */
export function createTasks(cloud: Cloud, send: Send): Tasks {
  const queues = new Map<string, Queue>();
  const blocked = new Set<string>();
  const parentOf = (call: Call) => `projects/${cloud.project}/locations/${call.parameter("location")}`;
  const nameOf = (call: Call) => `${parentOf(call)}/queues/${call.parameter("queue")}`;
  const taskOf = (call: Call) => `${nameOf(call)}/tasks/${call.parameter("task")}`;
  const isIdle = () => [...queues.values()].every((queue) => queue.isIdle());
  const idleness = createIdleness(isIdle);

  function existing(call: Call): Queue {
    const queue = queues.get(nameOf(call));
    if (!queue) throw notFound(nameOf(call));
    return queue;
  }

  function requireTargetAccount(call: Call, settings: QueueSettings): void {
    const email = settings.httpTarget?.oidcToken?.serviceAccountEmail;
    if (email !== undefined) requireActAs(cloud, call, email);
  }

  function createOne(call: Call): object {
    requireQueueRegion(call.parameter("location"));
    cloud.locations.require("a queue", call.parameter("location"));
    const body = call.fields();
    const name = body.string("name");
    const id = name.startsWith(`${parentOf(call)}/queues/`)
      ? name.slice(`${parentOf(call)}/queues/`.length)
      : "";
    if (!QUEUE_ID.test(id)) {
      throw new GoogleError(
        "INVALID_ARGUMENT",
        `Queue name must be formatted: "${parentOf(call)}/queues/<QUEUE_ID>"`,
      );
    }
    if (queues.has(name)) throw alreadyExists(name);
    if (blocked.has(name)) {
      throw new GoogleError(
        "FAILED_PRECONDITION",
        "The queue cannot be created because a queue with this name existed too recently.",
      );
    }
    const settings = readSettings(body);
    requireTargetAccount(call, settings);
    const queue = createQueue({
      name,
      settings,
      notify: cloud.notify,
      identityToken: cloud.tokens.issueIdentityToken,
      onChange: idleness.check,
      clock: cloud.clock,
      send,
    });
    queues.set(name, queue);
    return queue.resource();
  }

  function patch(call: Call): object {
    const queue = existing(call);
    const settings = readSettings(fields(masked(call, { ...queue.resource() }, CHANGEABLE), ""));
    requireTargetAccount(call, settings);
    queue.configure(settings);
    return queue.resource();
  }

  function wantsFullView(call: Call, view: unknown, resource: string): boolean {
    // 2 is FULL in the protocol's enum Task.View, for clients that send enums as numbers.
    const full = view === "FULL" || view === 2 || view === "2";
    if (full) cloud.access.require(call.principal, "cloudtasks.tasks.fullView", resource);
    return full;
  }

  /**
   * @decision A task is made by cloudtasks.tasks.create on its queue.
   * @evidence recorded: stackkit/laravel-google-cloud-tasks-queue#26: "lacks IAM permission "cloudtasks.tasks.create" for the
   * resource "projects/…/locations/us-central1/queues/cuentas"".
   * @matters sign-in lost: roles/cloudtasks.enqueuer is bound on the queues, for `receive` and `reconcile`.
   */
  function createTask(call: Call): object {
    const queue = existing(call);
    const body = call.fields();
    const full = wantsFullView(call, body.raw["responseView"], nameOf(call));
    const input = readTask(body.object("task"), cloud.clock.now());
    if (input.request.oidcToken) requireActAs(cloud, call, input.request.oidcToken.serviceAccountEmail);
    return describeTask(queue.add(input), full);
  }

  const project = { service: SERVICE, resource: () => `projects/${cloud.project}` } as const;
  const one = { service: SERVICE, path: `${QUEUES}/{queue}`, resource: nameOf } as const;
  const onTask = { service: SERVICE, path: `${QUEUES}/{queue}/tasks/{task}`, resource: taskOf } as const;

  function verbRoute(verb: "pause" | "resume" | "purge", act: (queue: Queue) => void): Route {
    return {
      ...one,
      method: "POST",
      path: `${one.path}:${verb}`,
      permission: `cloudtasks.queues.${verb}`,
      handle(call) {
        const queue = existing(call);
        act(queue);
        return queue.resource();
      },
    };
  }

  const routes: readonly Route[] = [
    { ...project, method: "POST", path: QUEUES, permission: "cloudtasks.queues.create", handle: createOne },
    {
      ...project,
      method: "GET",
      path: QUEUES,
      permission: "cloudtasks.queues.list",
      handle: (call) => ({
        queues: [...queues.values()]
          .filter((queue) => queue.name.startsWith(`${parentOf(call)}/`))
          .map((queue) => queue.resource()),
      }),
    },
    {
      ...one,
      method: "GET",
      permission: "cloudtasks.queues.get",
      handle: (call) => existing(call).resource(),
    },
    { ...one, method: "PATCH", permission: "cloudtasks.queues.update", handle: patch },
    {
      ...one,
      method: "DELETE",
      permission: "cloudtasks.queues.delete",
      handle(call) {
        const queue = existing(call);
        queues.delete(queue.name);
        blocked.add(queue.name);
        cloud.policies.drop(queue.name);
        queue.close();
        return {};
      },
    },
    verbRoute("pause", (queue) => queue.setPaused(true)),
    verbRoute("resume", (queue) => queue.setPaused(false)),
    verbRoute("purge", (queue) => queue.purge()),
    {
      ...one,
      method: "POST",
      path: `${one.path}/tasks`,
      permission: "cloudtasks.tasks.create",
      handle: createTask,
    },
    {
      ...one,
      method: "GET",
      path: `${one.path}/tasks`,
      permission: "cloudtasks.tasks.list",
      handle(call) {
        const full = wantsFullView(call, call.query("responseView"), nameOf(call));
        return {
          tasks: existing(call)
            .list()
            .map((task) => describeTask(task, full)),
        };
      },
    },
    {
      ...onTask,
      method: "GET",
      permission: "cloudtasks.tasks.get",
      handle(call) {
        const full = wantsFullView(call, call.query("responseView"), taskOf(call));
        return describeTask(existing(call).get(call.parameter("task")), full);
      },
    },
    {
      ...onTask,
      method: "DELETE",
      permission: "cloudtasks.tasks.delete",
      handle(call) {
        existing(call).remove(call.parameter("task"));
        return {};
      },
    },
    ...policyRoutes(cloud.policies, {
      ...one,
      readMethod: "POST",
      permission: "cloudtasks.queues",
      exists: (name) => queues.has(name),
      grantable: "cloudtasks.",
    }),
  ];

  return {
    routes,
    leftovers: () => [...queues.keys()].map((name) => `queue ${name}`),
    isIdle,
    idle: idleness.idle,
    close() {
      for (const queue of queues.values()) queue.close();
      queues.clear();
      idleness.check();
    },
  };
}
