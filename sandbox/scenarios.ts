import type { SignInAttempt } from "./okta/log/sign-in-events.ts";

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
      case: "actor is no person",
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
