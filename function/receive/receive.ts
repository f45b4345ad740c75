import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { challengeSecretOf } from "../shared/challenge-secret.ts";
import type { Clock } from "../shared/clock.ts";
import { readConfig } from "../shared/config.ts";
import { HOOK_AUTHENTICATION_HEADER, type MembershipTask, receiveVariables } from "../shared/contract.ts";
import { createEnqueueAll, tasksOf } from "../shared/enqueue.ts";
import { RequestError } from "../shared/errors.ts";
import { parseDelivery } from "../shared/events.ts";
import { createTaskQueue, type TaskQueue } from "../shared/google/task-queue.ts";
import { type Handler, handle, readJson, respondEmpty, respondJson } from "../shared/http.ts";
import type { Log } from "../shared/log.ts";
import { createRuleMatcher, type RuleMatcher } from "../shared/rules.ts";
import { type Runtime, wireGoogle } from "../shared/runtime.ts";

/**
 * Okta waits 3 s and retries once, so the answer comes before that. When 80 large deliveries come at once, a request can wait for half
 * a second until its own time begins (`npm run bench -- --only hang`).
 */
const ANSWER_WITHIN_MS = 2_250;

/** Okta documents no limit; a batch of 500 events is about half of this. */
const MAXIMUM_BODY_BYTES = 1024 * 1024;

/** What the receiver works with. */
export interface ReceiveDependencies {
  /** Secrets that Okta may send: the current one, and the previous one during a rotation. */
  readonly secrets: readonly string[];
  readonly matchRules: RuleMatcher;
  readonly queue: TaskQueue;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Answers Okta's event hook (Okta, "Event hooks"): GET verifies, POST delivers. Both carry the hook secret (the GET, too:
 * Okta support, "Unable to verify event hook. Hook <hook name> execution failed", shows the request). Okta acts on the status: 2xx
 * only when every event that matches a rule is in the queue, 5xx so that Okta retries once, 4xx only for what can never become
 * valid, since Okta never repeats it.
 */
export function createReceive(dependencies: ReceiveDependencies): Handler {
  const { queue, clock } = dependencies;
  const enqueueAll = createEnqueueAll(clock);
  const isAuthentic = createAuthentication(dependencies.secrets);

  return async (request, response) => {
    const started = clock.now();
    using deadline = clock.deadline(ANSWER_WITHIN_MS);
    const log = dependencies.log.of(request);
    await handle(response, log, async () => {
      if (request.method !== "GET" && request.method !== "POST") {
        throw new RequestError(405, "Only GET and POST are answered here.", { allow: "GET, POST" });
      }
      if (!isAuthentic(request)) {
        throw new RequestError(
          401,
          `The ${HOOK_AUTHENTICATION_HEADER} header does not hold the hook secret.`,
          {
            "www-authenticate": "Bearer",
          },
        );
      }
      if (request.method === "GET") {
        const verification = readChallenge(request);
        log.signal("challenge-answered", {});
        return respondJson(response, 200, { verification });
      }

      const { tasks, ...described } = await readDelivery(request, deadline.signal, dependencies, log);
      const counts = await enqueueAll(tasks, queue, deadline);
      const summary = { ...described, ...counts, milliseconds: clock.now() - started };
      if (counts.failed > 0) {
        log.signal("delivery-failed", summary);
        return respondJson(response, 503, {
          error: `${counts.failed} of ${tasks.length} tasks could not be queued. Deliver again.`,
        });
      }
      log.signal("delivery-taken", summary);
      respondEmpty(response);
    });
  };
}

/** What remains of a delivery after matching. */
interface MatchedDelivery {
  readonly deliveryId: string;
  readonly events: number;
  readonly skipped: number;
  readonly tasks: readonly MembershipTask[];
}

/**
 * Reads a delivery and matches its events. A function of its own, so that nothing holds the body while tasks wait for the queue:
 * parsed, it is many times as large, and an instance takes many deliveries at once.
 */
async function readDelivery(
  request: IncomingMessage,
  signal: AbortSignal,
  { matchRules, clock }: ReceiveDependencies,
  log: Log,
): Promise<MatchedDelivery> {
  const { id, events, skipped, unprocessable } = parseDelivery(
    await readJson(request, MAXIMUM_BODY_BYTES, signal),
  );
  for (const { index, fault } of unprocessable) {
    log.signal("event-skipped", { deliveryId: id, index, fault });
  }
  const delivery = { deliveryId: id };
  const tasks = await tasksOf(events, matchRules, clock.now, signal, delivery).catch((error: unknown) => {
    throw signal.aborted
      ? new RequestError(503, "The events could not be matched against the rules in time.")
      : error;
  });
  return { deliveryId: id, events: events.length, skipped, tasks };
}

/**
 * Compares digests, so that neither time nor length reveals anything about a secret. A challenge may also carry what only has
 * challenges answered, which an uptime check sends.
 */
function createAuthentication(secrets: readonly string[]): (request: IncomingMessage) => boolean {
  const digest = (value: string) => hash("sha256", value, "buffer");
  const ofDeliveries = secrets.map((secret) => digest(`Bearer ${secret}`));
  const ofChallenges = [
    ...ofDeliveries,
    ...secrets.map((secret) => digest(`Bearer ${challengeSecretOf(secret)}`)),
  ];
  const name = HOOK_AUTHENTICATION_HEADER.toLowerCase();
  return (request) => {
    const expected = request.method === "GET" ? ofChallenges : ofDeliveries;
    const value = request.headers[name];
    const actual = digest(typeof value === "string" ? value : "");
    // Compares every secret, even after a match.
    return expected.map((secret) => timingSafeEqual(secret, actual)).includes(true);
  };
}

function readChallenge(request: IncomingMessage): string {
  const challenge = request.headers["x-okta-verification-challenge"];
  if (typeof challenge !== "string" || challenge === "") {
    throw new RequestError(400, "A GET must carry the x-okta-verification-challenge header.");
  }
  return challenge;
}

/**
 * Makes the handler of `receive` from its environment variables and its runtime.
 *
 * @throws ConfigError, ConditionError
 */
export async function wireReceive(
  log: Log,
  environment: NodeJS.ProcessEnv,
  runtime: Runtime,
): Promise<Handler> {
  const config = readConfig("receive", receiveVariables, environment);
  const { clock } = runtime;
  return createReceive({
    secrets: [config.hookSecret, config.previousHookSecret].filter((secret) => secret !== ""),
    matchRules: await createRuleMatcher(config.rules, log, clock.now),
    queue: createTaskQueue({
      endpoint: config.tasksEndpoint,
      queue: config.queue,
      targetUrl: config.grantUrl,
      source: "hook",
      post: wireGoogle(environment, runtime).post,
      now: clock.now,
    }),
    log,
    clock,
  });
}
