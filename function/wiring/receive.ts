import { readReceiveSettings } from "../environment.ts";
import { createGooglePost } from "../google/api.ts";
import { createTaskQueue } from "../google/task-queue.ts";
import type { Handler } from "../http.ts";
import type { Log } from "../log.ts";
import { createReceive } from "../receive.ts";
import { createJudge } from "../rules.ts";
import type { Outside } from "./outside.ts";

/**
 * Makes `receive` of its settings and of what it reaches the world by.
 *
 * @throws SettingsError, ConditionError
 */
export async function wireReceive(
  log: Log,
  environment: NodeJS.ProcessEnv,
  { clock, googleAccessToken, fetch }: Outside,
): Promise<Handler> {
  const settings = readReceiveSettings(environment);
  return createReceive({
    secrets: settings.secrets,
    judge: await createJudge(settings.rules, log, clock.now),
    queue: createTaskQueue({
      endpoint: settings.tasksEndpoint,
      queue: settings.queue,
      targetUrl: settings.grantUrl,
      post: createGooglePost(googleAccessToken, fetch),
    }),
    log,
    clock,
  });
}
