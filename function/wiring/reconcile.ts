import { readConfig } from "../config.ts";
import { reconcileVariables } from "../contract.ts";
import { createContinuationQueue } from "../google/continuation-queue.ts";
import { createObjectStore } from "../google/object-store.ts";
import { createTaskQueue } from "../google/task-queue.ts";
import type { Handler } from "../http.ts";
import type { Log } from "../log.ts";
import { createLogReader } from "../okta/system-log.ts";
import { createReconcile } from "../reconcile.ts";
import { createJudge } from "../rules.ts";
import { wireGoogle } from "./google.ts";
import { wireOkta } from "./okta.ts";
import type { OktaOutside } from "./outside.ts";

/** One poll and one replay may be under way. */
const CONNECTIONS = 2;

/** A query of the System Log may take Okta 30 s (Okta, "System Log API"). In milliseconds. */
const ANSWER_TIMEOUT = 35_000;

/** A page of 1,000 events, of 4 KiB each as a rule, in bytes. */
const MAXIMUM_ANSWER = 32 * 1024 * 1024;

/**
 * Makes `reconcile` of its configuration and of what it reaches the world by.
 *
 * @throws ConfigError, ConditionError
 */
export async function wireReconcile(
  log: Log,
  environment: NodeJS.ProcessEnv,
  outside: OktaOutside,
): Promise<Handler> {
  const config = readConfig("reconcile", reconcileVariables, environment);
  const { orgUrl, rules, stackSince, backfillDays, tasksEndpoint, storageEndpoint } = config;
  const { clock } = outside;
  const { get, post } = wireGoogle(environment, outside);
  const use = {
    scope: "okta.logs.read",
    connections: CONNECTIONS,
    maximumAnswer: MAXIMUM_ANSWER,
    answerTimeout: ANSWER_TIMEOUT,
  };
  const queue = {
    endpoint: tasksEndpoint,
    queue: config.queue,
    targetUrl: config.grantUrl,
    post,
    now: clock.now,
  };
  return createReconcile({
    readLog: createLogReader(wireOkta(config, use, post, outside)(), orgUrl),
    objects: createObjectStore({
      endpoint: storageEndpoint,
      bucket: config.stateBucket,
      get,
      post,
    }),
    queue: createTaskQueue(queue),
    queueOf: (replay) => createTaskQueue({ ...queue, replay }),
    continuations: createContinuationQueue({ endpoint: tasksEndpoint, post }),
    rules,
    judge: await createJudge(rules, log, clock.now),
    orgUrl,
    origin: { stackSince, backfillDays },
    stack: config.stack,
    log,
    clock,
    timeout: config.runTimeout,
  });
}
