import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../settings.ts";
import { differing, whenAsDeclared } from "./as-declared.ts";
import type { DeployedFunction } from "./function.ts";

/** A queue whose tasks all go to one function. */
export interface Queue {
  /** Full name: projects/P/locations/L/queues/Q. */
  readonly id: pulumi.Output<string>;
  readonly resource: gcp.cloudtasks.Queue;
}

/**
 * Cloud Tasks with target and identity set on the queue itself: whatever address a task names, it goes to the target,
 * with a token of the caller's. So an account that enqueues needs no right to act as the caller. A queue's name is blocked for days
 * after a destroy, so Pulumi names it.
 */
export function createQueue(
  name: string,
  args: {
    readonly project: string;
    readonly region: string;
    readonly target: DeployedFunction;
    /** The account that the queue calls as. */
    readonly caller: gcp.serviceaccount.Account;
    readonly dispatchesPerSecond: number;
    readonly concurrentDispatches: number;
    /** How a failed task is retried. */
    readonly settings: Pick<Settings, "queueMinBackoff" | "queueMaxBackoff" | "queueRetryDuration">;
  },
  options: pulumi.CustomResourceOptions,
): Queue {
  const { target, settings } = args;
  const declared = {
    httpTarget: {
      httpMethod: "POST",
      uriOverride: target.uri.apply(overrideFor),
      oidcToken: { serviceAccountEmail: args.caller.email, audience: target.uri },
    },
    rateLimits: {
      maxDispatchesPerSecond: args.dispatchesPerSecond,
      maxConcurrentDispatches: args.concurrentDispatches,
    },
    retryConfig: {
      // A task is given up when both are used up; the few attempts leave it to the duration.
      maxAttempts: 10,
      maxRetryDuration: settings.queueRetryDuration,
      minBackoff: settings.queueMinBackoff,
      maxBackoff: settings.queueMaxBackoff,
      maxDoublings: 16,
    },
    // Every attempt, so that the log has also the last one of a task that is given up. Nothing of a task's body is in it.
    stackdriverLoggingConfig: { samplingRatio: 1 },
  };
  const resource = new gcp.cloudtasks.Queue(
    name,
    { project: args.project, location: args.region, ...declared },
    options,
  );
  const { httpTarget, rateLimits, retryConfig, stackdriverLoggingConfig } = resource;
  const paths = pulumi
    .all([declared, { httpTarget, rateLimits, retryConfig, stackdriverLoggingConfig }])
    .apply(([wanted, answered]) => differing(wanted, answered));
  return { id: whenAsDeclared(`queue ${name}`, resource.id, paths), resource };
}

/** Lets a member put tasks into a queue. */
export function allowEnqueuing(
  name: string,
  args: { readonly project: string; readonly region: string; readonly member: pulumi.Input<string> },
  queue: Queue,
  options: pulumi.CustomResourceOptions,
): gcp.cloudtasks.QueueIamMember {
  return new gcp.cloudtasks.QueueIamMember(
    name,
    // The name of the queue: left out, it would be made up and bind to nothing.
    {
      project: args.project,
      location: args.region,
      name: queue.resource.name,
      role: "roles/cloudtasks.enqueuer",
      member: args.member,
    },
    { ...options, deletedWith: queue.resource },
  );
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
