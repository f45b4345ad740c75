import { beforeEach, describe, expect, it } from "vitest";
import type { OktaAnswer, OktaSend } from "../../../function/okta/client.ts";
import { createMemberSnapshots, type MemberSnapshots } from "../../../function/okta/members.ts";
import { createSimulatedClock, type SimulatedClock } from "../../../sandbox/simulation/clock.ts";
import { createTestLog } from "../../support/log.ts";

const ORG = "https://acme.okta.com";
const AGE = 600_000;

let clock: SimulatedClock;
/** The members of each group, in pages of two. */
let groups: Map<string, string[]>;
let paths: string[];
let answer: (path: string) => OktaAnswer | undefined;
let entries: Readonly<Record<string, unknown>>[];

beforeEach(() => {
  clock = createSimulatedClock();
  groups = new Map([["00gA", ["00u1", "00u2", "00u3", "00u4", "00u5"]]]);
  paths = [];
  answer = () => undefined;
});

const send: OktaSend = async ({ path }) => {
  paths.push(path);
  await clock.sleep(100);
  return answer(path) ?? page(path);
};

function page(path: string): OktaAnswer {
  const url = new URL(path, ORG);
  const members = groups.get(url.pathname.split("/")[4] ?? "") ?? [];
  const after = Number(url.searchParams.get("after") ?? 0);
  const next =
    after + 2 < members.length ? [`<${ORG}${url.pathname}?limit=1000&after=${after + 2}>; rel="next"`] : [];
  return {
    status: 200,
    headers: { link: [`<${ORG}${path}>; rel="self"`, ...next] },
    body: members.slice(after, after + 2).map((id) => ({ id, profile: { login: id } })),
  };
}

function snapshots(maximumMembers = 1000): MemberSnapshots {
  const { log, entries: written } = createTestLog();
  entries = written;
  return createMemberSnapshots({ send, orgUrl: ORG, clock, log, maximumAge: AGE, maximumMembers });
}

function has(members: MemberSnapshots, userId: string, groupId = "00gA"): Promise<boolean> {
  return clock.until(members.has(groupId, userId, clock.deadline(60_000)));
}

it("lists every page once, for however many ask", async () => {
  const members = snapshots();
  const asked = Promise.all(
    ["00u1", "00u5", "00u9"].map((id) => members.has("00gA", id, clock.deadline(60_000))),
  );
  expect(await clock.until(asked)).toEqual([true, true, false]);
  expect(paths).toEqual([
    "/api/v1/groups/00gA/users?limit=1000",
    "/api/v1/groups/00gA/users?limit=1000&after=2",
    "/api/v1/groups/00gA/users?limit=1000&after=4",
  ]);
  expect(await has(members, "00u5")).toBe(true);
  expect(paths).toHaveLength(3);
});

it("answers for who is on a page before the last page is there", async () => {
  const members = snapshots();
  void members.has("00gA", "00u9", clock.deadline(60_000));
  await clock.advance(150);
  expect(await members.has("00gA", "00u2", clock.deadline(60_000))).toBe(true);
  expect(paths).toHaveLength(2);
  await clock.drain();
});

it("knows who has just been added, also while it lists", async () => {
  const members = snapshots();
  const asked = members.has("00gA", "00u9", clock.deadline(60_000));
  members.add("00gA", "00u9");
  expect(await clock.until(asked)).toBe(true);
  members.add("00gA", "00u8");
  expect(await has(members, "00u8")).toBe(true);
});

it("forgets who was removed at most one interval later", async () => {
  const members = snapshots();
  expect(await has(members, "00u1")).toBe(true);
  groups.set("00gA", []);
  await clock.advance(AGE - 1000);
  expect(await has(members, "00u1")).toBe(true);
  await clock.advance(1000);
  expect(await has(members, "00u1")).toBe(false);
});

it("keeps groups apart", async () => {
  groups.set("00gB", ["00u9"]);
  const members = snapshots();
  expect(await has(members, "00u9", "00gB")).toBe(true);
  expect(await has(members, "00u9", "00gA")).toBe(false);
});

describe("a list that can't be had", () => {
  const refusal: OktaAnswer = { status: 403, headers: {}, body: { errorCode: "E0000006" } };

  it("is warned about once, and asked for again an interval later", async () => {
    const members = snapshots();
    answer = () => refusal;
    expect(await has(members, "00u1")).toBe(false);
    expect(await has(members, "00u2")).toBe(false);
    expect(paths).toHaveLength(1);
    await clock.advance(AGE);
    expect(await has(members, "00u1")).toBe(false);
    expect(paths).toHaveLength(2);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      severity: "WARNING",
      groupId: "00gA",
      reason: "Okta answered 403 E0000006",
    });

    answer = () => undefined;
    await clock.advance(AGE);
    expect(await has(members, "00u1")).toBe(true);
    expect(entries.at(-1)).toMatchObject({ severity: "INFO" });
  });

  it("still knows whom it added itself, for as long as a list would count", async () => {
    const members = snapshots();
    answer = () => refusal;
    expect(await has(members, "00u9")).toBe(false);
    members.add("00gA", "00u9");
    expect(await has(members, "00u9")).toBe(true);
    await clock.advance(AGE);
    expect(await has(members, "00u9")).toBe(false);
  });

  it("for a passing reason is asked for again a minute later", async () => {
    const members = snapshots();
    answer = () => ({ status: 503, headers: {}, body: {} });
    expect(await has(members, "00u1")).toBe(false);
    answer = () => undefined;
    expect(await has(members, "00u1")).toBe(false);
    await clock.advance(60_000);
    expect(await has(members, "00u1")).toBe(true);
  });

  it("for a page in the middle keeps what came before", async () => {
    const members = snapshots();
    answer = (path) => (path.includes("after=2") ? { status: 500, headers: {}, body: {} } : undefined);
    expect(await has(members, "00u2")).toBe(true);
    expect(await has(members, "00u3")).toBe(false);
  });

  it("does not hold a task back beyond its deadline", async () => {
    const members = snapshots();
    answer = () => undefined;
    const began = clock.now();
    expect(await clock.until(members.has("00gA", "00u5", clock.deadline(250)))).toBe(false);
    expect(clock.now() - began).toBe(250);
    await clock.drain();
  });
});

it("never follows a next link to another host, which would get the token", async () => {
  const members = snapshots();
  answer = () => ({
    ...page(paths[0] ?? ""),
    headers: { link: '<https://evil.example/api/v1/groups>; rel="next"' },
  });
  expect(await has(members, "00u3")).toBe(false);
  expect(paths).toHaveLength(1);
  expect(entries[0]).toMatchObject({ severity: "WARNING", reason: expect.stringContaining("leads away") });
});

it("stops at its maximum, of all groups together, and says so", async () => {
  groups.set("00gB", ["00u7", "00u8", "00u9"]);
  const members = snapshots(6);
  expect(await has(members, "00u5")).toBe(true);
  expect(await has(members, "00u7", "00gB")).toBe(true);
  expect(await has(members, "00u9", "00gB")).toBe(false);
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({ groupId: "00gB", reason: expect.stringContaining("more than 6") });
  members.add("00gB", "00u9");
  expect(await has(members, "00u9", "00gB")).toBe(false);
});
