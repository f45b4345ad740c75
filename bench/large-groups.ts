import { createAddMember } from "../function/grant/add-member.ts";
import { createMemberCache } from "../function/grant/member-cache.ts";
import { RateLimitError } from "../function/shared/errors.ts";
import { createLog } from "../function/shared/log.ts";
import type { OktaAnswer, OktaTransport } from "../function/shared/okta/client.ts";
import { followRateLimit } from "../function/shared/okta/rate-limit.ts";
import { createRateLimiter } from "../sandbox/okta/limits/rate-limit.ts";
import { createMembers } from "../sandbox/okta/model/group.ts";
import { createLimits } from "../sandbox/okta/model/limits.ts";
import { createRandom, createSimulatedClock, type SimulatedClock } from "../sandbox/simulation/clock.ts";

/** What an hour with a large group measured. Times in seconds of the simulated clock. */
export interface LargeGroup {
  readonly members: number;
  /** Calls to Okta by what they were for. */
  readonly calls: { readonly memberships: number; readonly lists: number; readonly groups: number };
  /** From a newcomer's sign-in to the membership. */
  readonly wait: { readonly median: number; readonly p99: number; readonly maximum: number };
  /** Newcomers who are not in the group at the end. */
  readonly missing: number;
}

/** An hour, in which newcomers and members sign in at random moments. */
export interface LargeGroupScenario {
  readonly members: number;
  readonly newcomers: number;
  /** How many sign-ins of members there are. */
  readonly memberSignIns: number;
  /** In what time all sign in, in milliseconds. */
  readonly within: number;
  /** How long Okta takes for a page of the list, in milliseconds. */
  readonly pageTakes: number;
}

const ORG = "https://acme.okta.simulated";
const GROUP = "00gLarge";
const USERS = `/api/v1/groups/${GROUP}/users`;

/** What the queue does by default: tasks under way at once, and its back-off, in milliseconds. */
const DISPATCHES = 20;
const SHORTEST_BACKOFF = 5_000;
const LONGEST_BACKOFF = 600_000;

/** What a call takes that is not a page, in milliseconds. */
const CALL_TAKES = 150;

/** Lets an hour happen to what `grant` knows members by, from a cold start on, in simulated time. */
export async function measureLargeGroup(scenario: LargeGroupScenario): Promise<LargeGroup> {
  const clock = createSimulatedClock();
  const random = createRandom(1);
  const org = createOrg(clock, scenario);
  // The group has been what it is for a while.
  await clock.advance(3600_000);
  const began = clock.now();
  const limited = () => followRateLimit(org.send, { clock, reserve: 0.1, random });
  const send = limited();
  const members = createMemberCache({
    send,
    sendToGroup: limited(),
    orgUrl: ORG,
    clock,
    log: createLog("simulated", () => undefined),
    maximumAgeMs: 600_000,
    maximumMembers: 500_000,
  });
  const add = createAddMember(send, members);

  const people = [
    ...Array.from({ length: scenario.newcomers }, (_, index) => `00uNewcomer${index}`),
    ...Array.from({ length: scenario.memberSignIns }, () => `00u${Math.floor(random() * scenario.members)}`),
  ];
  const waiting: { readonly userId: string; attempts: number }[] = [];
  let underWay = 0;
  const dispatch = () => {
    while (underWay < DISPATCHES) {
      const task = waiting.shift();
      if (task === undefined) return;
      underWay += 1;
      void add(GROUP, task.userId, clock.deadline(115_000))
        .catch((error: unknown) => {
          const asked = error instanceof RateLimitError ? error.retryAfterMs : 0;
          const backoff = Math.min(LONGEST_BACKOFF, SHORTEST_BACKOFF * 2 ** task.attempts);
          clock.setTimer(() => enqueue({ ...task, attempts: task.attempts + 1 }), Math.max(asked, backoff));
        })
        .finally(() => {
          underWay -= 1;
          dispatch();
        });
    }
  };
  const enqueue = (task: { readonly userId: string; attempts: number }) => {
    waiting.push(task);
    dispatch();
  };
  const signedInAt = new Map<string, number>();
  for (const userId of people) {
    const at = Math.floor(random() * scenario.within);
    signedInAt.set(userId, began + at);
    clock.setTimer(() => enqueue({ userId, attempts: 0 }), at);
  }
  await clock.advance(Math.max(3600_000, scenario.within));

  const waits = people
    .slice(0, scenario.newcomers)
    .flatMap((userId) => {
      const joinedAt = org.joinedAt.get(userId);
      return joinedAt === undefined ? [] : [(joinedAt - (signedInAt.get(userId) ?? 0)) / 1000];
    })
    .sort((one, other) => one - other);
  const at = (part: number) => waits[Math.min(waits.length - 1, Math.floor(part * waits.length))] ?? 0;
  return {
    members: scenario.members,
    calls: org.calls,
    wait: { median: at(0.5), p99: at(0.99), maximum: at(1) },
    missing: scenario.newcomers - waits.length,
  };
}

/** Of an org only one group, with its list and the limits of a Workforce plan. */
function createOrg(clock: SimulatedClock, { members: count, pageTakes }: LargeGroupScenario) {
  const members = createMembers(clock.now);
  for (let index = 0; index < count; index += 1) members.add(`00u${index}`);
  const limiter = createRateLimiter(clock.now, createLimits());
  const calls = { memberships: 0, lists: 0, groups: 0 };
  const joinedAt = new Map<string, number>();

  const answer = (
    method: string,
    url: URL,
  ): Pick<OktaAnswer, "status" | "body"> & { readonly link?: string } => {
    if (method === "PUT") {
      calls.memberships += 1;
      const userId = url.pathname.slice(USERS.length + 1);
      if (!members.has(userId)) joinedAt.set(userId, clock.now());
      members.add(userId);
      return { status: 204, body: undefined };
    }
    if (url.pathname !== USERS) {
      calls.groups += 1;
      return { status: 200, body: { lastMembershipUpdated: new Date(members.changedAt).toISOString() } };
    }
    calls.lists += 1;
    const { userIds, next } = members.page(Number(url.searchParams.get("after") ?? 0), 1000);
    const link = next === undefined ? "" : `<${ORG}${USERS}?limit=1000&after=${next}>; rel="next"`;
    return { status: 200, body: userIds.map((id) => ({ id })), link };
  };

  const send: OktaTransport = async ({ method, path }) => {
    const url = new URL(path, ORG);
    const isPage = method === "GET" && url.pathname === USERS;
    const takes = isPage ? pageTakes : CALL_TAKES;
    await clock.sleep(takes / 2);
    const allowance = limiter.take(method, url.pathname, "app");
    const { link = "", ...answered } =
      allowance?.allowed === false ? { status: 429, body: {} } : answer(method, url);
    const headers = {
      link,
      date: new Date(clock.now()).toUTCString(),
      "x-rate-limit-limit": String(allowance?.limit),
      "x-rate-limit-remaining": String(allowance?.remaining),
      "x-rate-limit-reset": String(allowance?.reset),
    };
    await clock.sleep(takes / 2);
    return { ...answered, headers };
  };
  return { send, calls, joinedAt };
}
