import { setTimeout } from "node:timers/promises";
import type { Scene } from "./cast.ts";
import type { Journey, Journeys } from "./journeys.ts";
import type { Clouds } from "./world.ts";

/** How one sign-in ended. */
export interface SignInResult {
  readonly case: string;
  /** Event type. */
  readonly event: string;
  /** Whether the person shall be in the group. */
  readonly expected: boolean;
  /** Whether the person is. */
  readonly member: boolean;
  /** From the event to the end of its way. */
  readonly milliseconds: number;
}

/** How long a sign-in may take before the demonstration gives up on it, in milliseconds. */
const PATIENCE = 60_000;

/**
 * Signs the cast in, batch after batch, and waits for each to come to its end.
 *
 * @param groupId the group that people shall be in
 * @param report takes each result with its way
 */
export async function signInCast(
  cast: readonly (readonly Scene[])[],
  { okta, idle, runJobs }: Clouds,
  groupId: string,
  journeys: Journeys,
  report: (result: SignInResult, journey: Journey) => void,
): Promise<SignInResult[]> {
  const results: SignInResult[] = [];
  const accounts = cast
    .flat()
    .filter(({ attempt: { kind } }) => kind === "success" || kind === "wrong-password");
  for (const login of new Set(accounts.map(({ attempt }) => attempt.login))) {
    okta.createPerson({ login, displayName: login });
  }
  for (const batch of cast) {
    const lost = batch.some(({ deliveryLost }) => deliveryLost);
    if (lost) okta.faults.deliveries.push({ trouble: { kind: "lost" }, times: 1 });
    const events = okta.signIn(batch.map(({ attempt }) => attempt));
    // In place of the minutes until the next time of the schedule.
    const over = lost ? runJobs() : idle();
    await Promise.race([over, setTimeout(PATIENCE, undefined, { ref: false })]);
    for (const [index, scene] of batch.entries()) {
      const event = events[index];
      const journey = event === undefined ? undefined : journeys.of(event.uuid);
      if (event === undefined || journey === undefined)
        throw new Error(`Okta recorded no event for "${scene.case}".`);
      const result = {
        case: scene.case,
        event: event.eventType,
        expected: scene.expected,
        member: okta.isMember(groupId, event.actor.id),
        milliseconds: Math.round(journey.milliseconds),
      };
      results.push(result);
      report(result, journey);
    }
  }
  return results;
}
