import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createAddMember } from "../../../function/grant/add-member.ts";
import { createMemberCache, type MemberCache } from "../../../function/grant/member-cache.ts";
import type { OktaAnswer, OktaTransport } from "../../../function/shared/okta/client.ts";
import { createSimulatedClock, type SimulatedClock } from "../../../sandbox/simulation/clock.ts";
import { createTestLog } from "../../support/log.ts";

const ORG = "https://acme.okta.com";
const AGE = 600_000;
const MINUTE = 60_000;

let clock: SimulatedClock;
/** The members of each group, in pages of two. */
let groups: Map<string, string[]>;
/** When the members of a group changed last, by Okta's clock. */
let changed: number;
let calls: string[];
let underWay: string[];
let answer: (path: string) => OktaAnswer | undefined;
let entries: Readonly<Record<string, unknown>>[];
/** How long a page takes, in milliseconds. */
let pageTakes: number;
/** How far Okta's clock is ahead of ours. */
let ahead: number;

beforeEach(() => {
  clock = createSimulatedClock();
  groups = new Map([["00gA", ["00u1", "00u2", "00u3", "00u4", "00u5"]]]);
  changed = clock.now() - 86_400_000;
  calls = [];
  underWay = [];
  answer = () => undefined;
  pageTakes = 100;
  ahead = 0;
});

const send: OktaTransport = async ({ method, path }) => {
  const call = `${method} ${path.replace("/api/v1/groups/", "")}`;
  calls.push(call);
  underWay.push(call);
  const isPage = method === "GET" && path.includes("/users");
  await clock.sleep(isPage ? pageTakes : 100);
  underWay.splice(underWay.indexOf(call), 1);
  const answered = answer(path);
  if (answered !== undefined) return answered;
  if (method === "PUT") return put(path);
  if (isPage) return page(path);
  const body = { lastMembershipUpdated: new Date(changed).toISOString() };
  return { status: 200, headers: {}, body };
};

function put(path: string): OktaAnswer {
  const [groupId = "", , userId = ""] = path.replace("/api/v1/groups/", "").split("/");
  const members = groups.get(groupId) ?? [];
  if (!members.includes(userId)) {
    groups.set(groupId, [...members, userId]);
    changed = clock.now() + ahead;
  }
  return { status: 204, headers: {}, body: undefined };
}

function remove(userId: string, groupId = "00gA"): void {
  groups.set(
    groupId,
    (groups.get(groupId) ?? []).filter((id) => id !== userId),
  );
  changed = clock.now() + ahead;
}

function page(path: string): OktaAnswer {
  const url = new URL(path, ORG);
  const members = groups.get(url.pathname.split("/")[4] ?? "") ?? [];
  const after = Number(url.searchParams.get("after") ?? 0);
  const next =
    after + 2 < members.length
      ? [`<${ORG}${url.pathname}?limit=${url.searchParams.get("limit")}&after=${after + 2}>; rel="next"`]
      : [];
  const date = new Date(clock.now() + ahead).toUTCString();
  return {
    status: 200,
    headers: { date, link: [`<${ORG}${path}>; rel="self"`, ...next] },
    body: members.slice(after, after + 2).map((id) => ({ id, profile: { login: id } })),
  };
}

function knownMembers(maximumMembers = 1000, sender = send): MemberCache {
  const { log, entries: written } = createTestLog();
  entries = written;
  const limits = { maximumAgeMs: AGE, maximumMembers };
  return createMemberCache({ send: sender, sendToGroup: sender, orgUrl: ORG, clock, log, ...limits });
}

/** What `grant` does at a sign-in. @returns whether the user was known */
function signInWith(members: MemberCache) {
  const add = createAddMember(send, members);
  return async (userId: string, groupId = "00gA") => {
    const outcome = await clock.until(add(groupId, userId, clock.deadline(115_000)));
    return outcome.kind === "member" && outcome.known;
  };
}

const pages = () => calls.filter((call) => call.includes("?limit"));
const puts = () => calls.filter((call) => call.startsWith("PUT"));
const checks = () => calls.filter((call) => call === "GET 00gA");

/** Signs in people until the whole list is read. */
async function readAll(signIn: (userId: string) => Promise<boolean>) {
  for (const userId of ["00u1", "00u2", "00u3", "00u4"]) await signIn(userId);
}

describe("a newcomer", () => {
  it("is added at once, however long a page takes", async () => {
    pageTakes = 9_000;
    const members = knownMembers();
    const add = createAddMember(send, members);
    const began = clock.now();
    const added = new Map<string, number>();
    answer = (path) => {
      const userId = path.split("/users/")[1];
      if (userId !== undefined) added.set(userId, clock.now() - began);
      return undefined;
    };
    await clock.until(
      Promise.all(
        Array.from({ length: 20 }, (_, index) => add("00gA", `00uN${index}`, clock.deadline(115_000))),
      ),
    );
    expect([...added.values()]).toEqual(Array(20).fill(100));
  });

  it("finds a connection free, however many groups have lists that take long", async () => {
    pageTakes = 2_000;
    for (let group = 0; group < 100; group += 1) groups.set(`00g${group}`, ["00u1", "00u2", "00u3", "00u4"]);
    // As `connectToOkta`: calls for which no connection is free wait in the order in which they came.
    let free = 10;
    const waiting: (() => void)[] = [];
    const pooled: OktaTransport = async (request) => {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else free -= 1;
      try {
        return await send(request);
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    };
    const add = createAddMember(pooled, knownMembers(1000, pooled));
    const signIn = (groupId: string, userId: string) => add(groupId, userId, clock.deadline(115_000));
    const before = Array.from({ length: 100 }, (_, group) =>
      ["00uN1", "00uN2"].map((id) => signIn(`00g${group}`, id)),
    );
    await clock.advance(3_000);
    let took = Number.POSITIVE_INFINITY;
    const began = clock.now();
    answer = (path) => {
      if (path.endsWith("00uNewcomer")) took = clock.now() - began;
      return undefined;
    };
    await clock.until(Promise.all([...before.flat(), signIn("00gA", "00uNewcomer")]));
    expect(took).toBeLessThanOrEqual(300);
  });

  it("waits for no list at further sign-ins that come while a task reads one", async () => {
    pageTakes = 2_000;
    groups.set(
      "00gA",
      Array.from({ length: 100 }, (_, index) => `00u${index}`),
    );
    const add = createAddMember(send, knownMembers());
    const ended: number[] = [];
    const signIn = async (userId: string) => {
      await add("00gA", userId, clock.deadline(115_000));
      ended.push(clock.now());
    };
    const all = ["00uN1", "00uN2", "00uN2", "00uN2"].map(signIn);
    await clock.advance(1_000);
    expect(ended).toHaveLength(3);
    const later = ["00uN1", "00uN2", "00u99", "00u99"].map(signIn);
    await clock.advance(1_000);
    expect(ended).toHaveLength(7);
    await clock.until(Promise.all([...all, ...later]));
    expect(puts()).toHaveLength(3);
  });

  it("is a member at once for those who come after", async () => {
    const signIn = signInWith(knownMembers());
    expect(await signIn("00u9")).toBe(false);
    expect(await signIn("00u9")).toBe(true);
    expect(puts()).toHaveLength(1);
  });

  it("costs no page where only newcomers sign in, once the list is read", async () => {
    const signIn = signInWith(knownMembers());
    await readAll(signIn);
    const before = pages().length;
    for (let index = 0; index < 50; index += 1) {
      await clock.advance(MINUTE);
      await signIn(`00uN${index}`);
    }
    expect(pages()).toHaveLength(before);
  });
});

describe("the list", () => {
  it("costs nothing for one sign-in, and then at most a page for each", async () => {
    groups.set(
      "00gA",
      Array.from({ length: 40 }, (_, index) => `00u${index + 1}`),
    );
    const signIn = signInWith(knownMembers());
    const counts: number[] = [];
    for (let index = 40; index > 30; index -= 1) {
      await signIn(`00u${index}`);
      counts.push(pages().length);
    }
    expect(counts).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(pages()).size).toBe(9);
  });

  it("answers for those on the pages that are read", async () => {
    const signIn = signInWith(knownMembers());
    await signIn("00u5");
    await signIn("00u4");
    expect(pages()).toHaveLength(1);
    expect(await signIn("00u1")).toBe(true);
    expect(puts()).toHaveLength(2);
  });

  it("is read by one at a time in a group, each page once", async () => {
    pageTakes = 1_000;
    const members = knownMembers();
    const add = createAddMember(send, members);
    let most = 0;
    answer = () => {
      most = Math.max(most, underWay.filter((call) => call.includes("?limit")).length);
      return undefined;
    };
    await clock.until(
      Promise.all(
        Array.from({ length: 30 }, (_, index) => add("00gA", `00uN${index}`, clock.deadline(115_000))),
      ),
    );
    expect(most).toBeLessThanOrEqual(1);
    expect(new Set(pages()).size).toBe(pages().length);
  });

  it("is read only while a task is answered, when the instance has a CPU", async () => {
    pageTakes = 2_000;
    groups.set(
      "00gA",
      Array.from({ length: 60 }, (_, index) => `00u${index + 1}`),
    );
    const members = knownMembers();
    const add = createAddMember(send, members);
    for (let round = 0; round < 10; round += 1) {
      await clock.until(
        Promise.all(
          Array.from({ length: 5 }, (_, index) =>
            add("00gA", `00uN${round}${index}`, clock.deadline(115_000)),
          ),
        ),
      );
      expect(underWay).toEqual([]);
    }
    expect(pages().length).toBeGreaterThan(20);
  });

  it("ends the wait of those whom it shows", async () => {
    const waiting: AbortSignal[] = [];
    const stuck: OktaTransport = (request) => {
      if (request.method === "GET") return send(request);
      const { needless } = request;
      if (needless === undefined) throw new Error("The request can't be taken back.");
      waiting.push(needless);
      return new Promise((_, reject) => needless.addEventListener("abort", () => reject(needless.reason)));
    };
    const add = createAddMember(stuck, knownMembers());
    const outcomes = clock.until(
      Promise.all(["00u1", "00u2"].map((userId) => add("00gA", userId, clock.deadline(115_000)))),
    );
    expect(await outcomes).toEqual(Array(2).fill({ kind: "member", known: true }));
    expect(waiting).toHaveLength(2);
  });

  it("keeps groups apart", async () => {
    groups.set("00gB", ["00u9"]);
    const signIn = signInWith(knownMembers());
    await signIn("00uN1", "00gB");
    await signIn("00uN2", "00gB");
    expect(await signIn("00u9", "00gB")).toBe(true);
    expect(await signIn("00u9", "00gA")).toBe(false);
  });
});

describe("a list that is there", () => {
  it("counts on for one call where nobody was added or removed", async () => {
    const signIn = signInWith(knownMembers());
    await readAll(signIn);
    calls = [];
    for (let minute = 1; minute <= 120; minute += 1) {
      await clock.advance(MINUTE);
      expect(await signIn(`00u${(minute % 5) + 1}`)).toBe(true);
    }
    expect(calls.length).toBe(checks().length);
    expect(checks().length).toBeLessThanOrEqual(16);
  });

  it.each([-3600_000, 3600_000])("does so when Okta's clock is off by %i ms", async (off) => {
    ahead = off;
    changed += off;
    const signIn = signInWith(knownMembers());
    await readAll(signIn);
    calls = [];
    for (let minute = 1; minute <= 30; minute += 1) {
      await clock.advance(MINUTE);
      await signIn("00u1");
    }
    expect(calls.length).toBe(checks().length);
    remove("00u2");
    for (let minute = 1; minute <= 11; minute += 1) {
      await clock.advance(MINUTE);
      await signIn("00u1");
    }
    expect(await signIn("00u2")).toBe(false);
  });

  it("is read again before it is too old where somebody was, when it has spared more calls than it costs", async () => {
    const signIn = signInWith(knownMembers());
    await readAll(signIn);
    calls = [];
    await signIn("00u9");
    for (let minute = 1; minute <= 30; minute += 1) {
      await clock.advance(MINUTE);
      expect(await signIn(`00u${(minute % 5) + 1}`)).toBe(true);
    }
    expect(puts()).toEqual(["PUT 00gA/users/00u9"]);
    expect(pages().length).toBeGreaterThan(0);
    expect(pages().length).toBeLessThanOrEqual(9);
  });

  it("is not read again where it would cost more than it spares", async () => {
    groups.set(
      "00gA",
      Array.from({ length: 100 }, (_, index) => `00u${index + 1}`),
    );
    const signIn = signInWith(knownMembers());
    for (let index = 1; index <= 60; index += 1) await signIn(`00u${100 - index}`);
    expect(pages()).toHaveLength(50);
    calls = [];
    await signIn("00u200");
    for (let minute = 1; minute <= 60; minute += 1) {
      await clock.advance(MINUTE);
      await signIn(`00u${minute}`);
    }
    expect(pages()).toEqual([]);
  });

  it("is taken for old where Okta does not say when the group changed", async () => {
    const signIn = signInWith(knownMembers());
    await readAll(signIn);
    answer = (path) => (path.endsWith("/00gA") ? { status: 200, headers: {}, body: {} } : undefined);
    calls = [];
    for (let minute = 1; minute <= 20; minute += 1) {
      await clock.advance(MINUTE);
      await signIn(`00u${(minute % 5) + 1}`);
    }
    expect(pages().length).toBeGreaterThan(0);
  });
});

describe("who was removed by hand", () => {
  it("gets in again at a sign-in one interval later", async () => {
    const signIn = signInWith(knownMembers());
    await readAll(signIn);
    remove("00u1");
    await clock.advance(AGE - 5_000);
    expect(await signIn("00u1")).toBe(true);
    await clock.advance(5_000);
    expect(await signIn("00u1")).toBe(false);
    expect(groups.get("00gA")).toContain("00u1");
  });

  it("gets in again so whatever signs in, is added, is removed and fails meanwhile", async () => {
    const user = fc.integer({ min: 1, max: 9 }).map((number) => `00u${number}`);
    const event = fc.record({
      seconds: fc.integer({ min: 0, max: 400 }),
      what: fc.oneof(
        { arbitrary: fc.record({ signsIn: user }), weight: 6 },
        { arbitrary: fc.record({ isRemoved: user }), weight: 2 },
        { arbitrary: fc.record({ fails: fc.constantFrom(403, 404, 410, 500, 0) }), weight: 1 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 60 }),
        fc.integer({ min: 0, max: 3_000 }),
        async (events, takes) => {
          clock = createSimulatedClock();
          groups = new Map([["00gA", ["00u1", "00u2", "00u3", "00u4", "00u5"]]]);
          changed = clock.now() - 86_400_000;
          answer = () => undefined;
          pageTakes = takes;
          const removedAt = new Map<string, number>();
          const add = createAddMember(send, knownMembers());
          for (const { seconds, what } of events) {
            await clock.advance(seconds * 1000);
            if ("isRemoved" in what) {
              remove(what.isRemoved);
              removedAt.set(what.isRemoved, clock.now());
            } else if ("fails" in what) {
              const { fails } = what;
              answer = (path) =>
                fails !== 0 && !path.includes("/users/")
                  ? { status: fails, headers: {}, body: {} }
                  : undefined;
            } else {
              const signedInAt = clock.now();
              await clock.until(add("00gA", what.signsIn, clock.deadline(115_000)));
              const since = signedInAt - (removedAt.get(what.signsIn) ?? Number.NEGATIVE_INFINITY);
              if (since >= AGE) expect(groups.get("00gA")).toContain(what.signsIn);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("a list that can't be had", () => {
  const refusal: OktaAnswer = { status: 403, headers: {}, body: { errorCode: "E0000006" } };
  const isList = (path: string) => path.includes("?limit");

  it("is warned about once, and asked for again an interval later", async () => {
    const signIn = signInWith(knownMembers());
    answer = (path) => (isList(path) ? refusal : undefined);
    for (let index = 0; index < 10; index += 1) await signIn(`00uN${index}`);
    expect(pages()).toHaveLength(1);
    await clock.advance(AGE);
    for (let index = 10; index < 20; index += 1) await signIn(`00uN${index}`);
    expect(pages()).toHaveLength(2);
    expect(puts()).toHaveLength(20);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      severity: "WARNING",
      groupId: "00gA",
      reason: "Okta answered 403 E0000006",
    });

    answer = () => undefined;
    await clock.advance(AGE);
    for (let index = 20; index < 50; index += 1) await signIn(`00uN${index}`);
    expect(await signIn("00u1")).toBe(true);
    expect(entries.at(-1)).toMatchObject({ severity: "INFO" });
  });

  it("still knows whom it added itself, for as long as a list would count", async () => {
    const signIn = signInWith(knownMembers());
    answer = (path) => (isList(path) ? refusal : undefined);
    await signIn("00u9");
    expect(await signIn("00u9")).toBe(true);
    await clock.advance(AGE);
    expect(await signIn("00u9")).toBe(false);
  });

  it.each([500, 503, 429])(
    "for a page that fails with %i goes on a minute later from that page's link",
    async (status) => {
      const signIn = signInWith(knownMembers());
      let fails = true;
      answer = (path) => (fails && path.includes("after=2") ? { status, headers: {}, body: {} } : undefined);
      await readAll(signIn);
      expect(pages()).toHaveLength(2);
      fails = false;
      calls = [];
      await clock.advance(MINUTE);
      await signIn("00u5");
      expect(pages()[0]).toBe("GET 00gA/users?limit=1000&after=2");
      expect(await signIn("00u1")).toBe(true);
    },
  );

  it.each([400, 404, 410])("begins anew where Okta answers %i to the link", async (status) => {
    const signIn = signInWith(knownMembers());
    let fails = true;
    answer = (path) => (fails && path.includes("after=2") ? { status, headers: {}, body: {} } : undefined);
    await readAll(signIn);
    fails = false;
    calls = [];
    await clock.advance(MINUTE);
    for (let index = 1; index <= 9; index += 1) await signIn(`00uN${index}`);
    expect(pages()[0]).toBe("GET 00gA/users?limit=1000");
    expect(pages().length).toBeGreaterThan(1);
  });

  it("begins anew where the link is as old as a list may be", async () => {
    const signIn = signInWith(knownMembers());
    await signIn("00u5");
    await signIn("00u4");
    calls = [];
    await clock.advance(AGE);
    await signIn("00uN1");
    await signIn("00uN2");
    expect(pages()).toEqual(["GET 00gA/users?limit=1000"]);
  });

  it("is read in parts where a page is too large to be read", async () => {
    const signIn = signInWith(knownMembers());
    answer = (path) => {
      const limit = new URL(path, ORG).searchParams.get("limit");
      const isTooLarge = limit !== null && Number(limit) > 250;
      return isTooLarge ? { status: 200, headers: {}, body: undefined, isTooLarge } : undefined;
    };
    await readAll(signIn);
    expect(pages().slice(0, 4)).toEqual([
      "GET 00gA/users?limit=1000",
      "GET 00gA/users?limit=500",
      "GET 00gA/users?limit=250",
      "GET 00gA/users?limit=250&after=2",
    ]);
    expect(await signIn("00u5")).toBe(true);
    expect(entries).toEqual([]);
  });

  it("ends with a link to its own page", async () => {
    const signIn = signInWith(knownMembers());
    answer = (path) =>
      isList(path) ? { status: 200, headers: { link: `<${ORG}${path}>; rel="next"` }, body: [] } : undefined;
    for (let index = 0; index < 10; index += 1) await signIn(`00uN${index}`);
    expect(pages()).toHaveLength(1);
  });
});

it("never follows a next link to another host, which would get the token", async () => {
  const signIn = signInWith(knownMembers());
  answer = (path) =>
    path.includes("?limit")
      ? { ...page(path), headers: { link: '<https://evil.example/api/v1/groups>; rel="next"' } }
      : undefined;
  for (let index = 0; index < 5; index += 1) await signIn(`00uN${index}`);
  expect(pages()).toHaveLength(1);
  expect(entries[0]).toMatchObject({ severity: "WARNING", reason: expect.stringContaining("leads away") });
});

describe("at its maximum, of all groups together", () => {
  it("keeps what it has, and says so once", async () => {
    groups.set("00gB", ["00u6", "00u7", "00u8", "00u9"]);
    const signIn = signInWith(knownMembers(7));
    await readAll(signIn);
    for (const userId of ["00u6", "00u7", "00u8"]) await signIn(userId, "00gB");
    expect(await signIn("00u6", "00gB")).toBe(true);
    expect(await signIn("00u9", "00gB")).toBe(false);
    expect(await signIn("00u9", "00gB")).toBe(false);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ groupId: "00gB", reason: expect.stringContaining("more than 7") });
  });

  it("forgets first who was seen too long ago", async () => {
    groups.set("00gB", ["00u6", "00u7", "00u8", "00u9"]);
    const signIn = signInWith(knownMembers(7));
    await readAll(signIn);
    await clock.advance(AGE);
    for (const userId of ["00u6", "00u7", "00u8"]) await signIn(userId, "00gB");
    expect(await signIn("00u9", "00gB")).toBe(true);
    expect(entries).toEqual([]);
  });
});
