/** The queue by Node's own fetch. */
import { ANSWER_WITHIN, keepToken, type SignIn, TASKS_URL, TOKEN_URL, taskOf } from "./hook.ts";

const token = keepToken(async () => {
  const response = await fetch(TOKEN_URL, { headers: { "metadata-flavor": "Google" } });
  // The metadata server's own answer.
  return (await response.json()) as { access_token: string; expires_in: number };
});

/** @throws when the task is not in the queue */
export async function enqueueByFetch(signIn: SignIn): Promise<void> {
  const response = await fetch(TASKS_URL, {
    method: "POST",
    headers: { authorization: `Bearer ${await token()}`, "content-type": "application/json" },
    body: JSON.stringify({ task: taskOf(signIn) }),
    signal: AbortSignal.timeout(ANSWER_WITHIN),
  });
  await response.text();
  if (!response.ok && response.status !== 409) throw new Error(`Cloud Tasks answered ${response.status}.`);
}
