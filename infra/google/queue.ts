import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../settings.ts";
import type { DeployedFunction } from "./function.ts";

/** The queue between `receive` and `grant`. */
export interface Queue {
  /** Full name: projects/P/locations/L/queues/Q. */
  readonly id: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  /** The binding by which the receiver may enqueue. */
  readonly mayEnqueue: pulumi.Resource;
}

/**
 * Cloud Tasks with target and identity set on the queue itself: whatever address a task names, it goes to `grant`, with
 * a token of the invoker's. So the receiver needs no right to act as the invoker. A queue's name is blocked for days
 * after a destroy, so Pulumi names it.
 */
export function createQueue(
  name: string,
  args: {
    readonly project: string;
    readonly region: string;
    readonly target: DeployedFunction;
    readonly invoker: gcp.serviceaccount.Account;
    readonly enqueuer: gcp.serviceaccount.Account;
    readonly settings: Settings;
  },
  options: pulumi.CustomResourceOptions,
): Queue {
  const { project, region, target, settings } = args;
  const queue = new gcp.cloudtasks.Queue(
    `${name}-memberships`,
    {
      project,
      location: region,
      httpTarget: {
        httpMethod: "POST",
        uriOverride: target.uri.apply(overrideFor),
        oidcToken: { serviceAccountEmail: args.invoker.email, audience: target.uri },
      },
      rateLimits: {
        maxDispatchesPerSecond: settings.queueDispatchesPerMinute / 60,
        maxConcurrentDispatches: settings.queueConcurrentDispatches,
      },
      retryConfig: {
        // A task is given up when both are used up; the few attempts leave it to the duration.
        maxAttempts: 10,
        maxRetryDuration: settings.queueRetryDuration,
        minBackoff: settings.queueMinBackoff,
        maxBackoff: settings.queueMaxBackoff,
        maxDoublings: 16,
      },
    },
    options,
  );
  const mayEnqueue = new gcp.cloudtasks.QueueIamMember(
    `${name}-receive-enqueues`,
    // The name of the queue: left out, it would be made up and bind to nothing.
    {
      project,
      location: region,
      name: queue.name,
      role: "roles/cloudtasks.enqueuer",
      member: args.enqueuer.member,
    },
    { ...options, deletedWith: queue },
  );
  return { id: queue.id, name: queue.name, mayEnqueue };
}

function overrideFor(uri: string): {
  scheme: string;
  host: string;
  port?: string;
  uriOverrideEnforceMode: string;
} {
  const url = URL.parse(uri);
  return {
    scheme: url?.protocol === "http:" ? "HTTP" : "HTTPS",
    host: url?.hostname ?? "",
    ...(url?.port ? { port: url.port } : {}),
    uriOverrideEnforceMode: "ALWAYS",
  };
}
