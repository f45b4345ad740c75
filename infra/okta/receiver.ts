import { randomUUID } from "node:crypto";
import { HOOK_AUTHENTICATION_HEADER } from "../../function/shared/contract.ts";
import { DeploymentError } from "../errors.ts";
import { outboundFetch, proxyHint } from "../outbound-fetch.ts";

/** Pause between two attempts, in milliseconds. */
const PAUSE = 2_000;

/** Okta waits 3 s for an answer. */
const ANSWER_WITHIN = 3_000;

/**
 * Asks the receiver as Okta will (Okta, "Event hooks": one-time verification), until it echoes the challenge.
 *
 * @param now the clock, in milliseconds
 * @throws DeploymentError when it does not answer in time; the message says what it does instead and what to check
 */
export async function waitForReceiver(args: {
  readonly url: string;
  readonly secret: string;
  readonly seconds: number;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly report: (message: string) => void;
}): Promise<void> {
  const { url, secret, seconds, now, sleep, report } = args;
  const end = now() + seconds * 1000;
  let last = "";
  for (;;) {
    const problem = await askReceiver(url, secret);
    if (problem === undefined) return;
    if (problem !== last) report(`Waiting for ${url}: ${problem}`);
    last = problem;
    if (now() + PAUSE > end) {
      throw new DeploymentError(
        "receiver",
        `The receiver at ${url} did not answer Okta's challenge within ${seconds} s: ${problem}. ${remedy(problem)} ` +
          'Then run "pulumi up" again; it continues from here.',
      );
    }
    await sleep(PAUSE);
  }
}

/** @returns what is wrong, or nothing when the challenge came back */
async function askReceiver(url: string, secret: string): Promise<string | undefined> {
  const challenge = randomUUID();
  try {
    const response = await outboundFetch(url, {
      headers: {
        [HOOK_AUTHENTICATION_HEADER]: `Bearer ${secret}`,
        "x-okta-verification-challenge": challenge,
      },
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    const text = await response.text();
    if (response.status !== 200) return `it answers ${response.status}`;
    return text === JSON.stringify({ verification: challenge })
      ? undefined
      : "it does not echo the challenge";
  } catch (error) {
    return error instanceof Error && error.name === "TimeoutError"
      ? "it does not answer in 3 s"
      : `it cannot be reached${proxyHint()}`;
  }
}

function remedy(problem: string): string {
  if (problem.endsWith("403")) {
    return "Google Cloud does not let everybody call it: an organization policy may forbid that (docs/deployment.md#organization-policies).";
  }
  if (problem.endsWith("401"))
    return "It runs with another secret: check whether its last deployment succeeded.";
  return "Look at its logs in the Google Cloud console.";
}
