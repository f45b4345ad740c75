import { createGooglePost } from "../google/api.ts";
import { createAccessToken } from "../google/credentials.ts";
import { createTaskQueue } from "../google/task-queue.ts";
import type { Handler } from "../http.ts";
import type { Log } from "../log.ts";
import { createReceive } from "../receive.ts";
import { createJudge } from "../rules.ts";
import { readReceiveSettings } from "../settings.ts";

/**
 * Gives `receive` the real clock, queue and credentials.
 *
 * @throws SettingsError, ConditionError
 */
export async function wireReceive(log: Log, environment: NodeJS.ProcessEnv): Promise<Handler> {
  const settings = readReceiveSettings(environment);
  return createReceive({
    secrets: settings.secrets,
    judge: await createJudge(settings.rules, log, Date.now),
    queue: createTaskQueue({
      endpoint: settings.tasksEndpoint,
      queue: settings.queue,
      targetUrl: settings.grantUrl,
      post: createGooglePost(createAccessToken(), fetch),
    }),
    log,
    now: Date.now,
  });
}
