import * as pulumi from "@pulumi/pulumi";
import type { PollTask, ReconcileEnvironment } from "../function/shared/contract.ts";
import { recordBeginning } from "./beginning.ts";
import { numberOf } from "./checks.ts";
import { type Inputs, oktaEnvironment } from "./environment.ts";
import { allowInvoking, createFunction, type DeployedFunction } from "./google/function.ts";
import { allowEnqueuing, createQueue, type Queue } from "./google/queue.ts";
import { createSchedule } from "./google/schedule.ts";
import { allowSigning, createSigningKey } from "./google/signing-key.ts";
import { createState } from "./google/state.ts";
import { createLogReader } from "./okta/log-reader.ts";
import type { PartArgs, PartOptions } from "./part.ts";
import type { ResolvedRule } from "./rules.ts";
import { RECONCILE_CONCURRENCY } from "./settings.ts";

/** What finds the sign-ins of which Okta's event hook told nothing. */
export interface Reconciliation {
  /** Full name of the queue that leads back to `reconcile`. */
  readonly continuationQueue: pulumi.Output<string>;
  /** Name of the bucket of the cursor and of the progress of replays. */
  readonly stateBucket: pulumi.Output<string>;
  /** Okta's id of the service app that reads the System Log. */
  readonly appId: pulumi.Output<string>;
  /** Name of the Cloud Run service. */
  readonly service: pulumi.Output<string>;
  /** What has to be in place before the first event comes: from the stack's beginning on, the log is read. */
  readonly ready: pulumi.Resource[];
}

/** Seconds of the function's time-out that a run leaves for its end and for a cold start. */
const SPARE_SECONDS = 30;

/**
 * The function that reads the System Log, with its key, its service app and its state; the schedule that calls it, and the
 * queue by which it calls itself again when there is more.
 */
export function createReconciliation(
  name: string,
  args: PartArgs & {
    readonly rules: readonly ResolvedRule[];
    /** The queue of memberships, and where it leads. */
    readonly queue: Queue;
    readonly grant: DeployedFunction;
  },
  { child, google }: PartOptions,
): Reconciliation {
  const { project, region, orgUrl, stack, settings, labels, accounts } = args;
  const { member } = accounts.reconcile;

  const state = createState(
    name,
    { project, region, account: accounts.reconcile, protect: settings.protectGroups, labels },
    google,
  );
  const key = createSigningKey(
    `${name}-log-reader-key`,
    {
      ring: args.keyRing,
      rotation: { number: settings.signingKeyRotation, revoked: settings.signingKeyRevoked },
      protectionLevel: settings.signingKeyProtection,
      labels,
    },
    google,
  );
  const app = createLogReader(name, { orgUrl, stack, keys: key.versions }, child);

  const environment: Inputs<ReconcileEnvironment> = {
    ...oktaEnvironment({ orgUrl, app, key: key.versions.current, settings }),
    RULES: pulumi.jsonStringify(args.rules),
    QUEUE: args.queue.id,
    GRANT_URL: args.grant.uri,
    STATE_BUCKET: state.bucket,
    STACK_SINCE: pulumi.all([recordBeginning(name, child), state.since]).apply(earlier),
    STACK: stack,
    BACKFILL_DAYS: String(numberOf(settings.backfill)),
    RUN_SECONDS: String(settings.reconcileTimeoutSeconds - SPARE_SECONDS),
    PROJECT: project,
  };
  const reconcile = createFunction(
    name,
    {
      project,
      region,
      entryPoint: "reconcile",
      description: "Reads Okta's System Log for sign-ins of which the event hook told nothing.",
      source: args.source,
      builder: accounts.build,
      account: accounts.reconcile,
      environment,
      secrets: [],
      // Cloud Scheduler and Cloud Tasks count as internal.
      ingress: "ALLOW_INTERNAL_ONLY",
      memory: settings.reconcileMemory,
      cpu: settings.reconcileCpu,
      concurrency: RECONCILE_CONCURRENCY,
      timeoutSeconds: settings.reconcileTimeoutSeconds,
      minInstances: 0,
      // One reader of the log, which so can keep to Okta's rate limits.
      maxInstances: 1,
      labels,
    },
    // It acts as the new app as soon as it serves: by then the app must have its scope and its role.
    { ...google, dependsOn: [...google.dependsOn, ...app.ready] },
  );
  const schedulerMayCall = allowInvoking(
    `${name}-schedule-invokes-reconcile`,
    { project, region, member: accounts.scheduler.member },
    reconcile,
    child,
  );
  const continuationQueue = createQueue(
    `${name}-continuations`,
    {
      project,
      region,
      target: reconcile,
      caller: accounts.scheduler,
      // A replay, and beside it a poll that goes on.
      dispatchesPerSecond: 1,
      concurrentDispatches: 2,
      settings,
    },
    google,
  );
  const maySign = allowSigning(`${name}-reconcile-signs`, { member }, key, google);
  const mayEnqueue = allowEnqueuing(
    `${name}-reconcile-enqueues`,
    { project, region, member },
    args.queue,
    google,
  );
  const mayContinue = allowEnqueuing(
    `${name}-reconcile-continues`,
    { project, region, member },
    continuationQueue,
    google,
  );
  const task: { readonly [K in keyof PollTask]: pulumi.Input<PollTask[K]> } = {
    kind: "poll",
    continuationQueue: continuationQueue.id,
  };
  const schedule = createSchedule(
    `${name}-schedule`,
    {
      project,
      region,
      description: "Has reconcile read on in Okta's System Log.",
      cron: settings.reconcileSchedule,
      target: reconcile,
      caller: accounts.scheduler,
      body: pulumi.jsonStringify(task),
      deadlineSeconds: settings.reconcileTimeoutSeconds,
    },
    {
      ...google,
      // The first time comes within minutes: the whole way must be open.
      dependsOn: [...google.dependsOn, schedulerMayCall, state.mayUse, maySign, mayEnqueue, mayContinue],
    },
  );
  return {
    continuationQueue: continuationQueue.id,
    stateBucket: state.bucket,
    appId: app.appId,
    // A schedule that is not as declared is an error of the whole.
    service: pulumi.all([reconcile.service, schedule]).apply(([service]) => service),
    ready: [state.resource],
  };
}

/** A stack that was made before its moment was recorded has at least its bucket's. Times in ISO 8601. */
function earlier([recorded, bucketSince]: readonly [string | undefined, string]): string {
  if (recorded === undefined) return bucketSince;
  return Date.parse(recorded) < Date.parse(bucketSince) ? recorded : bucketSince;
}
