import type { Clock } from "../clock.ts";
import type { OktaAnswer, OktaSend } from "./client.ts";
import { RateLimitError } from "./rate-limit.ts";

/** Shortest and longest wait before the second attempt, in milliseconds. */
const SHORTEST_WAIT = 200;
const LONGEST_WAIT = 2_000;

/** What a second attempt needs of a request's time, in milliseconds. */
const TIME_OF_A_CALL = 1_000;

/**
 * Sends a request once more, after a random wait, when Okta failed or was not reached. What fails twice is left to the
 * queue, which has days. Only for requests that may be repeated.
 *
 * @param random from 0 up to 1
 */
export function retryOnce(
  send: OktaSend,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): OktaSend {
  return async (request) => {
    const mayRepeat = async (): Promise<boolean> => {
      const wait = SHORTEST_WAIT + random() * (LONGEST_WAIT - SHORTEST_WAIT);
      if (clock.now() + wait + TIME_OF_A_CALL > request.deadline.at) return false;
      await clock.sleep(wait, request.deadline.signal);
      return !request.deadline.signal.aborted;
    };
    let answer: OktaAnswer;
    try {
      answer = await send(request);
    } catch (error) {
      if (error instanceof RateLimitError || !(await mayRepeat())) throw error;
      return send(request);
    }
    return isFailure(answer.status) && (await mayRepeat()) ? send(request) : answer;
  };
}

/** 501 says that Okta will never do it (Okta, "Errors": E0000060). */
function isFailure(status: number): boolean {
  return status >= 500 && status !== 501;
}
