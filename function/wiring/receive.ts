import { readReceiveSettings } from "../config.ts";
import { createTaskQueue } from "../google/task-queue.ts";
import type { Handler } from "../http.ts";
import type { Log } from "../log.ts";
import { createReceive } from "../receive.ts";
import { createJudge } from "../rules.ts";
import { wireGoogle } from "./google.ts";
import type { Outside } from "./outside.ts";

/**
 * Makes `receive` of its settings and of what it reaches the world by.
 *
 * @throws SettingsError, ConditionError
 */
export async function wireReceive(
  log: Log,
  environment: NodeJS.ProcessEnv,
  outside: Outside,
): Promise<Handler> {
  const settings = readReceiveSettings(environment);
  const { clock } = outside;
  return createReceive({
    secrets: settings.secrets,
    judge: await createJudge(settings.rules, log, clock.now),
    queue: createTaskQueue({
      endpoint: settings.tasksEndpoint,
      queue: settings.queue,
      targetUrl: settings.grantUrl,
      post: wireGoogle(environment, outside).post,
      now: clock.now,
    }),
    log,
    clock,
  });
}
