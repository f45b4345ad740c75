/** node:http, and undici with one pool for the queue. */
import { Agent, request } from "undici";
import { ANSWER_WITHIN, keepToken, TASKS_URL, TOKEN_URL, taskOf } from "./hook.ts";
import { serveHook } from "./server.ts";

const dispatcher = new Agent({ connections: 50 });

const token = keepToken(async () => {
  const { body } = await request(TOKEN_URL, { dispatcher, headers: { "metadata-flavor": "Google" } });
  // The metadata server's own answer.
  return (await body.json()) as { access_token: string; expires_in: number };
});

serveHook(async (signIn) => {
  const { statusCode, body } = await request(TASKS_URL, {
    dispatcher,
    method: "POST",
    headers: { authorization: `Bearer ${await token()}`, "content-type": "application/json" },
    body: JSON.stringify({ task: taskOf(signIn) }),
    signal: AbortSignal.timeout(ANSWER_WITHIN),
  });
  await body.dump();
  if (statusCode !== 200 && statusCode !== 409) throw new Error(`Cloud Tasks answered ${statusCode}.`);
});
