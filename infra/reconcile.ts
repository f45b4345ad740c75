import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { ReconcileEnvironment } from "../function/shared/contract.ts";
import { numberOf } from "./checks.ts";
import type { DeployedFunction, FunctionOptions } from "./google/function.ts";
import { allowEnqueuing, createQueue, type Queue } from "./google/queue.ts";
import { createSchedule } from "./google/schedule.ts";
import { allowSigning, createSigningKey } from "./google/signing-key.ts";
import { createServiceApp, type ServiceApp, type ServiceAppArgs } from "./okta/service-app.ts";
import type { ResolvedRule } from "./rules.ts";
import { RECONCILE_CONCURRENCY, runSeconds } from "./settings.ts";
import { type FunctionContext, type Inputs, oktaEnvironment } from "./shared.ts";

/** Every hour, at a minute at which few others start something. */
const CHECK_SCHEDULE = "41 * * * *";

/** What finds the sign-ins that Okta's event hook did not report. */
export interface Reconcile {
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

/**
 * The function that reads the System Log, with its key, its service app and its state; the schedule that calls it, and the
 * queue by which it calls itself again when there is more.
 */
export function createReconcile(
  name: string,
  args: FunctionContext & {
    readonly rules: readonly ResolvedRule[];
    /** The queue of memberships, and where it leads. */
    readonly queue: Queue;
    readonly grant: DeployedFunction;
    /** Client ids of the apps as which `grant` acts. */
    readonly grantClientIds: pulumi.Output<string>[];
  },
  { child, google }: FunctionOptions,
): Reconcile {
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
    GRANT_CLIENT_IDS: pulumi.all(args.grantClientIds).apply((ids): string => ids.join(",")),
    RUN_SECONDS: String(runSeconds(settings)),
    PROJECT: project,
  };
  const reconcile = args.host.declare(
    {
      entryPoint: "reconcile",
      description: "Reads Okta's System Log for sign-ins that the event hook did not report.",
      account: accounts.reconcile,
      environment,
      secrets: [],
      ingress: "internal",
      invoker: { binding: `${name}-schedule-invokes-reconcile`, member: accounts.scheduler.member },
      memory: settings.reconcileMemory,
      cpu: settings.reconcileCpu,
      concurrency: RECONCILE_CONCURRENCY,
      timeoutSeconds: settings.reconcileTimeoutSeconds,
      minInstances: 0,
      // A single reader of the log can keep to Okta's rate limits.
      maxInstances: 1,
    },
    // It acts as the new app as soon as it serves: by then the app must have its scope and its role.
    app.ready,
  );
  const continuationQueue = createQueue(
    `${name}-continuations`,
    {
      project,
      region,
      target: reconcile,
      caller: accounts.scheduler,
      // A replay, and a poll that continues.
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
  const declareSchedule = (
    suffix: string,
    { kind, cron, description }: { kind: "poll" | "check"; cron: string; description: string },
  ) =>
    createSchedule(
      `${name}-${suffix}`,
      {
        project,
        region,
        description,
        cron,
        target: reconcile,
        caller: accounts.scheduler,
        body: pulumi.jsonStringify({ kind, continuationQueue: continuationQueue.id }),
        deadlineSeconds: settings.reconcileTimeoutSeconds,
      },
      {
        ...google,
        // The first run comes within minutes: everything on its way must exist.
        dependsOn: [...google.dependsOn, ...reconcile.ready, state.mayUse, maySign, mayEnqueue, mayContinue],
      },
    );
  const schedules = [
    declareSchedule("schedule", {
      kind: "poll",
      cron: settings.reconcileSchedule,
      description: "Makes reconcile continue to read Okta's System Log.",
    }),
    ...(settings.operations
      ? [
          declareSchedule("check", {
            kind: "check",
            cron: CHECK_SCHEDULE,
            description: "Makes reconcile compare memberships with the sign-ins in Okta's System Log.",
          }),
        ]
      : []),
  ];
  return {
    continuationQueue: continuationQueue.id,
    stateBucket: state.bucket,
    appId: app.appId,
    // A schedule that is not as declared is an error of the whole component.
    service: pulumi.all([reconcile.service, pulumi.all(schedules)]).apply(([service]) => service),
    ready: [state.resource],
  };
}

/** A stack that was created before its time was recorded has at least its bucket's. Times in ISO 8601. */
function earlier([recorded, bucketSince]: readonly [string | undefined, string]): string {
  if (recorded === undefined) return bucketSince;
  return Date.parse(recorded) < Date.parse(bucketSince) ? recorded : bucketSince;
}

/** Where `reconcile` keeps its place in the System Log, and how far each replay is. */
interface State {
  /** Name of the bucket. */
  readonly bucket: pulumi.Output<string>;
  /** Since when it exists, in ISO 8601. */
  readonly since: pulumi.Output<string>;
  readonly resource: gcp.storage.Bucket;
  /** The binding by which the account may read and write it. */
  readonly mayUse: pulumi.Resource;
}

/** How long what was overwritten or deleted can be brought back, in seconds: 7 days. */
const RETENTION = 604_800;

/** The bucket of the state, with the one account that uses it. */
function createState(
  name: string,
  args: {
    readonly project: string;
    readonly region: string;
    readonly account: gcp.serviceaccount.Account;
    /** Refuse to delete it. */
    readonly protect: boolean;
    readonly labels: pulumi.Input<Readonly<Record<string, string>>>;
  },
  options: pulumi.CustomResourceOptions,
): State {
  const bucket = new gcp.storage.Bucket(
    `${name}-state`,
    {
      project: args.project,
      location: args.region,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      // It means nothing to another deployment. What must not delete it is `protect`.
      forceDestroy: true,
      // Overwritten objects and a deleted bucket are kept, too, so no versions are needed (Google Cloud, "Soft delete").
      softDeletePolicy: { retentionDurationSeconds: RETENTION },
      labels: args.labels,
    },
    { ...options, ...(args.protect ? { protect: true } : {}) },
  );
  const mayUse = new gcp.storage.BucketIAMMember(
    `${name}-reconcile-keeps-state`,
    {
      bucket: bucket.name,
      // Overwriting takes the right to delete, and without the right to list a missing object is answered 403 instead of
      // 404 (Google Cloud, "IAM permissions for JSON methods"); this is the narrowest role that has both and reads.
      role: "roles/storage.objectUser",
      member: args.account.member,
    },
    { ...options, deletedWith: bucket },
  );
  return { bucket: bucket.name, since: bucket.timeCreated, resource: bucket, mayUse };
}

/**
 * When the stack was first made, in ISO 8601. The moment stands in the Pulumi state only, as a keeper of a random value that
 * nobody uses: nothing that is deleted in Google Cloud or Okta, or made again, changes it.
 */
function recordBeginning(
  name: string,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<string | undefined> {
  const moment = new random.RandomUuid(
    `${name}-beginning`,
    { keepers: { since: new Date().toISOString() } },
    // Later runs of the program keep the first one's.
    { ...options, ignoreChanges: ["keepers"] },
  );
  return moment.keepers.apply((keepers) => keepers?.["since"]);
}

/**
 * The app as which `reconcile` reads the System Log. No permission of a custom role lets one read it, so the app has the
 * narrowest standard role that does: REPORT_ADMIN, which holds for the whole org but can change nothing (Okta, "Report
 * administrators"). That is why it is not the app that writes memberships.
 */
function createLogReader(
  name: string,
  args: ServiceAppArgs,
  options: pulumi.CustomResourceOptions,
): ServiceApp {
  return createServiceApp(
    {
      app: `${name}-log-reader`,
      scopes: `${name}-log-reader-scopes`,
      roleAssignment: `${name}-log-reader-role-assignment`,
    },
    {
      ...args,
      label: `${name} (${args.stack}): log reader`,
      scopes: ["okta.logs.read"],
      role: { assignment: { type: "REPORT_ADMIN" }, parts: [] },
    },
    options,
  );
}
