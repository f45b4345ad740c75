import type { Api, Cloud } from "../cloud.ts";
import { alreadyExists, GoogleError, notFound } from "../errors.ts";
import { fields } from "../fields.ts";
import { requireActAs } from "../iam/act-as.ts";
import { policyRoutes } from "../iam/policies.ts";
import { requireQueueRegion } from "../locations.ts";
import { type Call, masked, type Route } from "../routes.ts";
import { createIdleness } from "../timers.ts";
import { readTask } from "./http-request.ts";
import { createQueue, type Queue } from "./queue.ts";
import type { Send } from "./send.ts";
import { type QueueSettings, readSettings } from "./settings.ts";
import { describeTask, type Task } from "./task.ts";

/** Queues and tasks (Cloud Tasks, REST reference v2). */
export interface Tasks extends Api {
  /** Whether no task waits or is being dispatched. */
  isIdle(): boolean;
  /** Resolves when no task waits or is being dispatched. */
  idle(): Promise<void>;
  /** The tasks of each queue, by its id. */
  byQueue(): ReadonlyMap<string, readonly Task[]>;
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

  /**
   * @decision A queue that is not there is answered with 404 NOT_FOUND when it is read, changed, paused, resumed,
   * purged or deleted.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/services/cloudtasks/resource_cloud_tasks_queue.go: HandleNotFoundError drops it from the state on
   * 404, and makes nothing of other refusals.
   * @matters deployment fails: a refresh after a deletion by hand makes the queue again.
   */
  function existing(call: Call): Queue {
    const queue = queues.get(nameOf(call));
    if (!queue) throw notFound(nameOf(call));
    return queue;
  }

  function requireTargetAccount(call: Call, settings: QueueSettings): void {
    const email = settings.httpTarget?.oidcToken?.serviceAccountEmail;
    if (email !== undefined) requireActAs(cloud, call, email);
  }

  /**
   * @decision A queue is made by a POST with its full name in the body, whose id has up to 100 letters, digits and
   * hyphens; another name is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/queue.proto, Queue.name (required
   * in CreateQueue, the form of QUEUE_ID).
   * @matters deployment fails: Pulumi names the queues, up to 255 characters long unless the program sees to it.
   *
   * @decision A queue whose name exists is refused with 409 ALREADY_EXISTS.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/cloudtasks.proto,
   * CreateQueueRequest.queue: its name "cannot be the same as an existing queue"; google/rpc/code.proto has the code
   * for it.
   * @matters sandbox only: each queue has a suffix of its own.
   *
   * @decision The name of a deleted queue can't be used again for a while, and its creation is refused with 400
   * FAILED_PRECONDITION. Here it stays so.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/cloudtasks.proto, DeleteQueue: a
   * queue with the same name can't be created for 7 days. Of the code, only that of a task for such a queue is
   * public: GoogleCloudPlatform/python-docs-samples#4034.
   * @matters deployment fails: the queues are named with a suffix, so that an update after a destroy works.
   */
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

  /**
   * @decision A PATCH changes what updateMask names of a queue's rates, retries, HTTP target and logging; it can't
   * change the state.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/queue.proto, Queue.state:
   * "UpdateQueue cannot be used to change state"; cloudtasks.proto, UpdateQueueRequest.update_mask.
   * @matters deployment fails: the queues' settings are changed in place.
   *
   * @decision A PATCH of a queue that is not there is refused with 404.
   * @evidence assumed: the API's description says that UpdateQueue makes such a queue (googleapis/googleapis f8291d2,
   * google/cloud/tasks/v2/cloudtasks.proto), but a deleted name can't be used for 7 days.
   * @show Delete a queue by hand, change its rate and update without a refresh: the provider's PATCH is refused, or
   * makes a queue of that name.
   * @matters misleading: an update without a refresh, after somebody deleted the queue by hand, would be green.
   */
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
   *
   * @decision A task for a queue that is not there is refused with 400 FAILED_PRECONDITION, and in other words for one that was
   * deleted lately.
   * @evidence recorded: stackkit/laravel-google-cloud-tasks-queue#103: code 9, FAILED_PRECONDITION, "Queue does not exist.";
   * GoogleCloudPlatform/python-docs-samples#4034: 400, "The queue no longer exists, though a queue with this name existed
   * recently."
   * @matters misleading: `npm run replay` says that the queue is gone, and not that Google Cloud refuses.
   */
  function createTask(call: Call): object {
    const queue = queues.get(nameOf(call));
    if (!queue) {
      const reason = blocked.has(nameOf(call))
        ? "The queue no longer exists, though a queue with this name existed recently."
        : "Queue does not exist.";
      throw new GoogleError("FAILED_PRECONDITION", reason);
    }
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
    /**
     * @decision A queue is paused, resumed and purged by methods of their own, which answer the queue.
     * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/cloudtasks.proto, PauseQueue,
     * ResumeQueue, PurgeQueue.
     * @matters wrong access: docs/rotation.md purges the queue after a leak of the hook's secret.
     */
    function handle(call: Call): object {
      const queue = existing(call);
      act(queue);
      return queue.resource();
    }
    return {
      ...one,
      method: "POST",
      path: `${one.path}:${verb}`,
      permission: `cloudtasks.queues.${verb}`,
      handle,
    };
  }

  const routes: readonly Route[] = [
    /**
     * @decision A queue is made by cloudtasks.queues.create on the project.
     * @evidence documentation: Cloud Tasks, REST reference v2, queues.create: "Authorization requires the following IAM
     * permission on the specified resource"
     * (https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues/create).
     * @matters sandbox only: the one who deploys is the owner here.
     */
    { ...project, method: "POST", path: QUEUES, permission: "cloudtasks.queues.create", handle: createOne },
    /**
     * @decision The queues of a location are listed by a GET of queues. Here the whole list is one page.
     * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/cloudtasks.proto, ListQueues: up
     * to 9,800 on a page.
     * @matters sandbox only: nothing of the product lists queues.
     */
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
    /**
     * @decision A queue is answered with its state and with every limit, the defaults and the burst size that Google
     * chose included.
     * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/queue.proto, Queue.state,
     * RateLimits.max_burst_size (output only), and "Cloud Tasks will pick the default" of each limit.
     * @matters deployment fails: a refresh must not take the defaults for a change.
     */
    {
      ...one,
      method: "GET",
      permission: "cloudtasks.queues.get",
      handle: (call) => existing(call).resource(),
    },
    { ...one, method: "PATCH", permission: "cloudtasks.queues.update", handle: patch },
    /**
     * @decision A DELETE deletes a queue with its tasks and answers an empty object.
     * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/cloudtasks.proto, DeleteQueue:
     * "will delete the queue even if it has tasks in it".
     * @matters sign-in lost: destroying the stack drops the memberships that wait in the queue.
     */
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
    /**
     * @decision The tasks of a queue are listed, the bodies in the full view only, for which
     * cloudtasks.tasks.fullView on the queue is needed.
     * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/task.proto, Task.View: FULL
     * "requires cloudtasks.tasks.fullView"; cloudtasks.proto, ListTasks.
     * @matters wrong access: the tasks' bodies name persons; cloudtasks.viewer may read them.
     */
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
    /**
     * @decision One task is read by its name, while it waits or is dispatched.
     * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/cloudtasks.proto, GetTask;
     * task.proto, Task.response_count.
     * @matters sandbox only: nothing of the product reads a task.
     */
    {
      ...onTask,
      method: "GET",
      permission: "cloudtasks.tasks.get",
      handle(call) {
        const full = wantsFullView(call, call.query("responseView"), taskOf(call));
        return describeTask(existing(call).get(call.parameter("task")), full);
      },
    },
    /**
     * @decision A task that waits or is dispatched can be deleted; another is answered with 404.
     * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/cloudtasks.proto, DeleteTask: not
     * "if it has executed successfully or permanently failed"; RunTask names NOT_FOUND for such a task.
     * @matters sandbox only: nothing of the product deletes a task.
     */
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
    byQueue: () =>
      new Map([...queues].map(([name, queue]) => [name.slice(name.lastIndexOf("/") + 1), queue.list()])),
    idle: idleness.idle,
    close() {
      for (const queue of queues.values()) queue.close();
      queues.clear();
      idleness.check();
    },
  };
}
