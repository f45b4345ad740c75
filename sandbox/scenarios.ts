import { setTimeout } from "node:timers/promises";
import type { Clouds } from "./environment.ts";
import type { SignInAttempt } from "./okta/log/sign-in-events.ts";
import type { Trace, Traces } from "./traces.ts";

/** One sign-in of the demonstration, and whether the person shall be in the group after it. */
export interface Scenario {
  readonly case: string;
  readonly attempt: SignInAttempt;
  readonly expected: boolean;
  /** The event hook never hears of it; what reads the System Log must find it. */
  readonly deliveryLost?: true;
}

/** The scenarios, in order. Those of one list happen close together: Okta delivers them in one batch. */
export const scenarios: readonly (readonly Scenario[])[] = [
  [{ case: "first sign-in", attempt: { kind: "success", login: "newcomer@example.com" }, expected: true }],
  [
    {
      case: "the same person again",
      attempt: { kind: "success", login: "newcomer@example.com" },
      expected: true,
    },
  ],
  [
    {
      case: "wrong password",
      attempt: { kind: "wrong-password", login: "forgetful@example.com" },
      expected: false,
    },
  ],
  [
    {
      case: "unknown user",
      attempt: { kind: "unknown-user", login: "mistyped@example.com" },
      expected: false,
    },
  ],
  [
    {
      case: "actor is not a person",
      attempt: { kind: "system-principal", login: "system@okta.com" },
      expected: false,
    },
  ],
  [
    { case: "batch: success", attempt: { kind: "success", login: "early@example.com" }, expected: true },
    {
      case: "batch: success, Classic Engine",
      attempt: { kind: "success", login: "classic@example.com", platform: "classic" },
      expected: true,
    },
    {
      case: "batch: wrong password, Classic Engine",
      attempt: { kind: "wrong-password", login: "locked-out@example.com", platform: "classic" },
      expected: false,
    },
    {
      case: "batch: one more success",
      attempt: { kind: "success", login: "late@example.com" },
      expected: true,
    },
  ],
  [
    {
      case: "delivery lost, found in the System Log",
      attempt: { kind: "success", login: "unheard@example.com" },
      expected: true,
      deliveryLost: true,
    },
  ],
];

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
 * Runs the scenarios, batch after batch, and waits for each to come to its end.
 *
 * @param groupId the group that people shall be in
 * @param report takes each result with its way
 */
export async function runScenarios(
  scenarios: readonly (readonly Scenario[])[],
  { okta, idle, runJobs }: Clouds,
  groupId: string,
  traces: Traces,
  report: (result: SignInResult, trace: Trace) => void,
): Promise<SignInResult[]> {
  const results: SignInResult[] = [];
  const accounts = scenarios
    .flat()
    .filter(({ attempt: { kind } }) => kind === "success" || kind === "wrong-password");
  for (const login of new Set(accounts.map(({ attempt }) => attempt.login))) {
    okta.createPerson({ login, displayName: login });
  }
  for (const batch of scenarios) {
    const lost = batch.some(({ deliveryLost }) => deliveryLost);
    if (lost) okta.faults.deliveries.push({ trouble: { kind: "lost" }, times: 1 });
    const events = okta.signIn(batch.map(({ attempt }) => attempt));
    // In place of the minutes until the next time of the schedule.
    const over = lost ? runJobs() : idle();
    await Promise.race([over, setTimeout(PATIENCE, undefined, { ref: false })]);
    for (const [index, scenario] of batch.entries()) {
      const event = events[index];
      const trace = event === undefined ? undefined : traces.of(event.uuid);
      if (event === undefined || trace === undefined)
        throw new Error(`Okta recorded no event for "${scenario.case}".`);
      const result = {
        case: scenario.case,
        event: event.eventType,
        expected: scenario.expected,
        member: okta.isMember(groupId, event.actor.id),
        milliseconds: Math.round(trace.milliseconds),
      };
      results.push(result);
      report(result, trace);
    }
  }
  return results;
}
