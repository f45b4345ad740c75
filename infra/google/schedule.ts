import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { differing, whenAsDeclared } from "./as-declared.ts";
import type { DeployedFunction } from "./function.ts";

/**
 * Calls a private function on a schedule.
 *
 * @returns the job's id, when the job is as declared
 */
export function createSchedule(
  name: string,
  args: {
    readonly project: string;
    readonly region: string;
    readonly description: string;
    /** Five cron fields, in UTC. */
    readonly cron: string;
    readonly target: DeployedFunction;
    /** The account that the schedule calls as. */
    readonly caller: gcp.serviceaccount.Account;
    /** JSON. */
    readonly body: pulumi.Output<string>;
    /** How long an answer is waited for; Cloud Scheduler waits 30 minutes at most. */
    readonly deadlineSeconds: number;
  },
  options: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { target } = args;
  const declared = {
    schedule: args.cron,
    timeZone: "Etc/UTC",
    attemptDeadline: `${args.deadlineSeconds}s`,
    httpTarget: {
      httpMethod: "POST",
      uri: target.uri,
      headers: { "Content-Type": "application/json" },
      body: args.body.apply((json) => Buffer.from(json).toString("base64")),
      oidcToken: { serviceAccountEmail: args.caller.email, audience: target.uri },
    },
    // For a short failure; after a longer one the next run continues.
    retryConfig: {
      retryCount: 2,
      minBackoffDuration: "10s",
      maxBackoffDuration: "60s",
      maxDoublings: 2,
    },
  };
  const resource = new gcp.cloudscheduler.Job(
    name,
    { project: args.project, region: args.region, description: args.description, ...declared },
    options,
  );
  const { schedule, timeZone, attemptDeadline, httpTarget, retryConfig } = resource;
  const paths = pulumi
    .all([declared, { schedule, timeZone, attemptDeadline, httpTarget, retryConfig }])
    .apply(([wanted, answered]) => differing(wanted, answered));
  return whenAsDeclared(`schedule ${name}`, resource.id, paths);
}
