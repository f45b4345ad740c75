import { defaultSettings, runSeconds, taskSeconds } from "../infra/settings.ts";
import { createSimulatedClock } from "../sandbox/simulation/clock.ts";
import { type Company, createCompany } from "../sandbox/simulation/company.ts";
import { queueSettings } from "../sandbox/simulation/google.ts";
import { plainHook } from "./plain-hook.ts";

/** What a scenario measured. Times are of the simulated clock. */
export interface Measured {
  readonly people: number;
  /** Calls to Okta by what they were for. */
  readonly calls: Readonly<Record<"memberships" | "lists" | "groups" | "logs" | "tokens", number>>;
  /** Of the calls that count in the bucket of memberships, those answered 429. */
  readonly refused: number;
  /** People who should be in the group at the end and are not. */
  readonly lost: number;
  /** From the first sign-in to the last membership. */
  readonly seconds: number;
}

/** How a scenario is to be. */
export interface Scenario {
  readonly people: number;
  readonly design: "signin-groups" | "plain hook";
  /** Whether all are in the group before. */
  readonly members: boolean;
  /** Calls a minute in the bucket of memberships. */
  readonly bucket: number;
  /** The part of the bucket that is left to others, 0 to 90. */
  readonly reservePercent: number;
  /** In what time all sign in, in milliseconds. */
  readonly within: number;
  /** How many sign-ins come in one delivery. */
  readonly batch: number;
}

const MINUTE = 60_000;

/** Lets a morning happen in simulated time. */
export async function measure(scenario: Scenario): Promise<Measured> {
  const { people, design, members, bucket, reservePercent, within, batch } = scenario;
  const clock = createSimulatedClock();
  const calls = { memberships: 0, lists: 0, groups: 0, logs: 0, tokens: 0 };
  let refused = 0;
  let lastMembership = 0;
  const plain = design === "plain hook";
  let company: Company | undefined;
  const groupOf = (made: Company | undefined) => made?.groupIds.get("App Users") ?? "";
  const made = await createCompany({
    clock,
    seed: 1,
    rules: [{ group: "App Users", on: ["user.session.start"] }],
    queue: queueSettings(defaultSettings),
    settings: {
      taskSeconds: taskSeconds(defaultSettings),
      memberSnapshotSeconds: 600,
      rateLimitReservePercent: reservePercent,
      runSeconds: runSeconds(defaultSettings),
    },
    pollInterval: 5 * MINUTE,
    // An app may use half of a bucket, an API token all of it.
    limits: { rates: { groups: plain ? bucket : bucket * 2 } },
    latency: [60, 240],
    ...(plain
      ? { receiver: plainHook(() => ({ apiToken: company?.okta.apiToken ?? "", groupId: groupOf(company) })) }
      : {}),
    observe: (notice) => {
      if (notice.kind !== "request" || company === undefined) return;
      const { method, path, status } = notice;
      const kind = path.startsWith("/api/v1/groups/")
        ? method === "PUT"
          ? "memberships"
          : path.endsWith("/users")
            ? "lists"
            : "groups"
        : path === "/api/v1/logs"
          ? "logs"
          : "tokens";
      // The plain hook has nothing that reads the System Log.
      if (plain && kind !== "memberships") return;
      calls[kind] += 1;
      if (status === 429 && (kind === "memberships" || kind === "lists")) refused += 1;
      if (status === 204 && kind === "memberships") lastMembership = clock.now();
    },
  });
  if (plain) made.stopPolls();

  const logins = Array.from({ length: people }, (_, index) => `person-${index}@acme.example`);
  const ids = logins.map((login) => made.okta.createPerson({ login, displayName: login }).id);
  if (members) for (const id of ids) made.okta.addMember(groupOf(made), id);
  company = made;

  const began = clock.now();
  const deliveries = Math.ceil(people / batch);
  for (let index = 0; index < deliveries; index += 1) {
    const attempts = logins
      .slice(index * batch, (index + 1) * batch)
      .map((login) => ({ kind: "success", login }) as const);
    clock.setTimer(() => void made.okta.signIn(attempts), Math.floor((index * within) / deliveries));
  }
  const missing = () => ids.filter((id) => !made.okta.isMember(groupOf(made), id)).length;
  // Three times as long as the bucket needs is too long.
  const patience = within + 3 * MINUTE + (members ? 0 : 3 * Math.ceil(people / bucket) * MINUTE);
  await clock.advance(within);
  while (missing() > 0 && clock.now() - began < patience) await clock.advance(MINUTE / 2);
  // What is still on its way is counted, too.
  await clock.advance(MINUTE);
  const lost = missing();
  await made.close();
  return {
    people,
    calls,
    refused,
    lost,
    seconds: Math.max(0, (lastMembership - began) / 1000),
  };
}

/** The shortest time in which so many calls fit into a bucket: the last window need not be waited out. */
export function shortestDrain(calls: number, bucket: number, reservePercent: number): number {
  const share = bucket - Math.ceil((bucket * reservePercent) / 100);
  return (Math.ceil(calls / share) - 1) * 60;
}
