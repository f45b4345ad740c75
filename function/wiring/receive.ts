import { readConfig } from "../config.ts";
import { receiveVariables } from "../contract.ts";
import { createTaskQueue } from "../google/task-queue.ts";
import type { Handler } from "../http.ts";
import type { Log } from "../log.ts";
import { createReceive } from "../receive.ts";
import { createJudge } from "../rules.ts";
import { wireGoogle } from "./google.ts";
import type { Outside } from "./outside.ts";

/**
 * Makes `receive` of its configuration and of what it reaches the world by.
 *
 * @throws ConfigError, ConditionError
 */
export async function wireReceive(
  log: Log,
  environment: NodeJS.ProcessEnv,
  outside: Outside,
): Promise<Handler> {
  const config = readConfig("receive", receiveVariables, environment);
  const { clock } = outside;
  return createReceive({
    secrets: [config.hookSecret, config.previousHookSecret].filter((secret) => secret !== ""),
    judge: await createJudge(config.rules, log, clock.now),
    queue: createTaskQueue({
      endpoint: config.tasksEndpoint,
      queue: config.queue,
      targetUrl: config.grantUrl,
      post: wireGoogle(environment, outside).post,
      now: clock.now,
    }),
    log,
    clock,
  });
}
