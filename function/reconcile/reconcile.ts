import { aborted, type Clock, type Deadline } from "../shared/clock.ts";
import { readConfig } from "../shared/config.ts";
import { type CheckTask, type ReconcileTask, type Rule, reconcileVariables } from "../shared/contract.ts";
import { createEnqueueAll } from "../shared/enqueue.ts";
import { OutOfTimeError, RequestError } from "../shared/errors.ts";
import { createObjectStore, type ObjectStore } from "../shared/google/object-store.ts";
import {
  type ContinuationQueue,
  createContinuationQueue,
  createTaskQueue,
  type TaskQueue,
} from "../shared/google/task-queue.ts";
import { type Handler, handle, readJson, respondJson } from "../shared/http.ts";
import { createIncidents } from "../shared/incidents.ts";
import type { Log } from "../shared/log.ts";
import { wireOkta } from "../shared/okta/transport.ts";
import { createRuleMatcher, type RuleMatcher } from "../shared/rules.ts";
import { type OktaRuntime, wireGoogle } from "../shared/runtime.ts";
import { check } from "./check.ts";
import { classifyError } from "./classify-error.ts";
import { createCursors, throttleWrites } from "./cursor.ts";
import type { Run } from "./pages.ts";
import { poll } from "./poll.ts";
import { replay } from "./replay.ts";
import type { Origin } from "./starting-point.ts";
import { createLogReader, type ReadLog } from "./system-log.ts";
import { parseTask } from "./task.ts";

/** What reconcile works with. */
export interface ReconcileDependencies {
  readonly readLog: ReadLog;
  /** The state bucket. */
  readonly objects: ObjectStore;
  readonly queue: TaskQueue;
  /** The same queue, with the tasks of one replay kept apart from all others. */
  readonly queueOf: (replayId: string) => TaskQueue;
  readonly continuations: ContinuationQueue;
  /** Client ids of the apps as which `grant` acts. */
  readonly grantClientIds: ReadonlySet<string>;
  readonly rules: readonly Rule[];
  readonly matchRules: RuleMatcher;
  /** Such as `https://acme.okta.com`. */
  readonly orgUrl: string;
  readonly origin: Origin;
  /** Name of the Pulumi stack, for the commands in errors. */
  readonly stack: string;
  readonly log: Log;
  readonly clock: Clock;
  /** How long one run may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** A task is a few short fields. */
const MAXIMUM_BODY_BYTES = 16 * 1024;

/** Polls, checks and replays need the same: when one succeeds, all incidents are resolved. */
const SCOPE = "reconcile";

/** Parts of a run's time: after the first, no page is started; by the second, the last page must be queued. */
const LAST_PAGE = 0.5;
const END_OF_PAGES = 0.9;

/**
 * Finds in Okta's System Log what the event hook did not deliver, and queues it for `grant`. Cloud Scheduler makes it poll and check,
 * and `npm run replay` sends it a replay. Cloud Run checks who may call: the service is private.
 *
 * Answers 200 when the run did what it could, and 503 when the call shall be retried.
 */
export function createReconcile(dependencies: ReconcileDependencies): Handler {
  const { rules, orgUrl, clock, timeoutMs } = dependencies;
  const eventTypes = [...new Set(rules.flatMap((rule) => rule.on))].sort();
  const objects = throttleWrites(dependencies.objects, clock);
  const cursors = createCursors(objects, orgUrl);
  const incidents = createIncidents(dependencies.log, clock.now);

  const enqueueAll = createEnqueueAll(clock);

  const start = (log: Log, pages: Deadline, end: Deadline): Run => {
    const startedAt = clock.now();
    return {
      log,
      now: clock.now,
      startedAt,
      lastPageAt: startedAt + timeoutMs * LAST_PAGE,
      pages,
      end,
      enqueueAll,
      counts: { pages: 0, events: 0, wanted: 0, queued: 0, alreadyQueued: 0 },
      reached: undefined,
    };
  };

  const work = (task: Exclude<ReconcileTask, CheckTask>, run: Run): Promise<string> =>
    task.kind === "poll"
      ? poll(task, run, { ...dependencies, cursors, eventTypes })
      : replay(task, run, { ...dependencies, objects, eventTypes });

  /** @returns what is answered when the run ends well, and what logs it */
  const finish = async (
    task: ReconcileTask,
    run: Run,
  ): Promise<{ readonly answer: object; readonly report: () => void }> => {
    if (task.kind === "check") {
      const checked = await check(task, run, { ...dependencies, objects, eventTypes });
      return { answer: checked, report: () => run.log.signal("grants-checked", checked) };
    }
    const outcome = await work(task, run);
    const answer = { outcome, ...run.counts };
    const event = task.kind === "poll" ? "polled" : "replayed";
    const report = () => run.log.signal(event, { ...describe(task, run, clock.now()), ...answer });
    return { answer, report };
  };

  return async (request, response) => {
    using pages = clock.deadline(Math.floor(timeoutMs * END_OF_PAGES));
    using end = clock.deadline(timeoutMs);
    const run = start(dependencies.log.of(request), pages, end);
    const { log, counts } = run;
    await handle(response, log, async () => {
      if (request.method !== "POST") {
        throw new RequestError(405, "Only POST is answered here.", { allow: "POST" });
      }
      const task = parseTask(await readJson(request, MAXIMUM_BODY_BYTES, run.end.signal));
      if (task === undefined) throw new RequestError(400, "The body is not a task of reconcile.");
      try {
        const { answer, report } = await Promise.race([finish(task, run), outOfTime(run)]);
        incidents.resolve(SCOPE);
        report();
        respondJson(response, 200, answer);
      } catch (error) {
        const { fields, retryAfterSeconds, ...trouble } = classifyError(error);
        const said = describe(task, run, clock.now());
        const { message } = trouble;
        log.signal("run-failed", { ...said, outcome: "retry", ...counts, ...fields }, { message });
        // The position of a replay lies in the past on purpose, so it does not say how long something has waited.
        const waitingSince = task.kind === "poll" ? run.reached : undefined;
        incidents.report({ ...trouble, scope: SCOPE, details: { ...said, ...fields }, waitingSince });
        const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
        respondJson(response, 503, { outcome: "retry", ...counts }, headers);
      }
    });
  };
}

/** A poll logs how far behind it is; an alert watches that. */
function describe(
  task: ReconcileTask,
  { reached }: Run,
  now: number,
): { readonly replay?: string; readonly behindSeconds?: number } {
  if (task.kind === "check") return {};
  if (task.kind !== "poll") return { replay: task.id };
  return reached === undefined ? {} : { behindSeconds: Math.max(0, Math.round((now - reached) / 1000)) };
}

/** Ends the run in time, even if something ignores its signal. */
async function outOfTime({ end }: Run): Promise<never> {
  await aborted(end.signal);
  throw new OutOfTimeError("The run's time is up.");
}

/** One poll and one replay may be under way. */
const MAXIMUM_CALLS = 2;

/** A query of the System Log may take Okta 30 s (Okta, "System Log API"). In milliseconds. */
const ANSWER_TIMEOUT_MS = 35_000;

/** A page of 1,000 events, of 4 KiB each as a rule, in bytes. */
const MAXIMUM_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * Makes the handler of `reconcile` from its environment variables and its runtime.
 *
 * @throws ConfigError, ConditionError
 */
export async function wireReconcile(
  log: Log,
  environment: NodeJS.ProcessEnv,
  runtime: OktaRuntime,
): Promise<Handler> {
  const config = readConfig("reconcile", reconcileVariables, environment);
  const { orgUrl, rules, stackSince, backfillDays, tasksEndpoint, storageEndpoint } = config;
  const { clock } = runtime;
  const { get, post } = wireGoogle(environment, runtime);
  const use = {
    scope: "okta.logs.read",
    connections: MAXIMUM_CALLS,
    maximumAnswerBytes: MAXIMUM_ANSWER_BYTES,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
  };
  const queue = {
    endpoint: tasksEndpoint,
    queue: config.queue,
    targetUrl: config.grantUrl,
    post,
    now: clock.now,
  };
  return createReconcile({
    readLog: createLogReader(wireOkta(config, use, post, runtime, log)("system-log"), orgUrl),
    objects: createObjectStore({
      endpoint: storageEndpoint,
      bucket: config.stateBucket,
      get,
      post,
    }),
    queue: createTaskQueue({ ...queue, source: "reconcile" }),
    queueOf: (replay) => createTaskQueue({ ...queue, source: "replay", replay }),
    continuations: createContinuationQueue({ endpoint: tasksEndpoint, post }),
    grantClientIds: config.grantClientIds,
    rules,
    matchRules: await createRuleMatcher(rules, log, clock.now),
    orgUrl,
    origin: { stackSince, backfillDays },
    stack: config.stack,
    log,
    clock,
    timeoutMs: config.runTimeoutMs,
  });
}
