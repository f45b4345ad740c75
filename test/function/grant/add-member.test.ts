import { expect, it } from "vitest";
import { createAddMember } from "../../../function/grant/add-member.ts";
import { createMemberCache } from "../../../function/grant/member-cache.ts";
import { aborted } from "../../../function/shared/clock.ts";
import { RateLimitError } from "../../../function/shared/errors.ts";
import type { OktaAnswer, OktaTransport } from "../../../function/shared/okta/client.ts";
import { createSimulatedClock, type SimulatedClock } from "../../../sandbox/simulation/clock.ts";
import { createTestLog } from "../../support/log.ts";

/** Adds members by these calls, and keeps 100 of them for ten minutes. */
function addMemberBy(send: OktaTransport, clock: SimulatedClock) {
  const { log } = createTestLog();
  const orgUrl = "https://acme.okta.com";
  const limits = { maximumAgeMs: 600_000, maximumMembers: 100 };
  return createAddMember(send, createMemberCache({ send, sendToGroup: send, orgUrl, clock, log, ...limits }));
}

/** An org that lists nobody and takes 100 ms for each call. */
function world(put: (userId: string) => OktaAnswer = () => ({ status: 204, headers: {}, body: undefined })) {
  const clock = createSimulatedClock();
  const calls: string[] = [];
  const send = async ({ method, path }: { method: string; path: string }): Promise<OktaAnswer> => {
    calls.push(`${method} ${path}`);
    await clock.sleep(100);
    return method === "GET" ? { status: 200, headers: {}, body: [] } : put(path.split("/").at(-1) ?? "");
  };
  const add = addMemberBy(send, clock);
  return {
    clock,
    puts: () => calls.filter((call) => call.startsWith("PUT")),
    add: (groupId: string, userId: string) => add(groupId, userId, clock.deadline(60_000)),
  };
}

it("costs one PUT for all sign-ins of a person that wait at once, and none after", async () => {
  const { clock, puts, add } = world();
  const outcomes = await clock.until(Promise.all(Array.from({ length: 30 }, () => add("00gA", "00u1"))));
  expect(outcomes).toEqual(Array(30).fill({ kind: "member", known: false }));
  expect(await clock.until(add("00gA", "00u1"))).toEqual({ kind: "member", known: true });
  expect(puts()).toEqual(["PUT /api/v1/groups/00gA/users/00u1"]);
});

it("keeps people and groups apart", async () => {
  const { clock, puts, add } = world();
  await clock.until(Promise.all([add("00gA", "00u1"), add("00gA", "00u2"), add("00gB", "00u1")]));
  expect(puts().sort()).toEqual([
    "PUT /api/v1/groups/00gA/users/00u1",
    "PUT /api/v1/groups/00gA/users/00u2",
    "PUT /api/v1/groups/00gB/users/00u1",
  ]);
});

it("holds nobody to the deadline of who asked first, and nobody beyond their own", async () => {
  const clock = createSimulatedClock();
  let puts = 0;
  const send = async ({ method }: { method: string }): Promise<OktaAnswer> => {
    if (method === "GET") return { status: 200, headers: {}, body: [] };
    puts += 1;
    // The first call never ends, whatever its signal says.
    if (puts === 1) return new Promise(() => undefined);
    return { status: 204, headers: {}, body: undefined };
  };
  const add = addMemberBy(send, clock);
  const began = clock.now();
  const ended = (patience: number) =>
    add("00gA", "00u1", clock.deadline(patience)).then(
      ({ kind }) => [kind, clock.now() - began],
      (error: Error) => [error.name, clock.now() - began],
    );
  const outcomes = await clock.until(Promise.all([ended(10_000), ended(30_000), ended(4_000)]));
  expect(outcomes).toEqual([
    ["TimeoutError", 10_000],
    ["member", 10_000],
    ["TimeoutError", 4_000],
  ]);
  expect(puts).toBe(2);
});

it("takes 204 for success, and nothing else", async () => {
  for (const status of [200, 201, 202, 206, 299, 302]) {
    const { clock, add } = world(() => ({ status, headers: {}, body: undefined }));
    expect(await clock.until(add("00gA", "00u1"))).toMatchObject({
      kind: "transient",
      refusal: { reason: "foreign" },
    });
  }
});

it("gives all who wait the same failure, and the next one a new attempt", async () => {
  let status = 503;
  const { clock, puts, add } = world(() => ({ status, headers: {}, body: {} }));
  const outcomes = await clock.until(Promise.all([add("00gA", "00u1"), add("00gA", "00u1")]));
  expect(outcomes.map(({ kind }) => kind)).toEqual(["transient", "transient"]);
  status = 204;
  expect((await clock.until(add("00gA", "00u1"))).kind).toBe("member");
  expect(puts()).toHaveLength(2);
});

it("is done without a call when the list shows, before its turn comes, that the user is a member", async () => {
  const clock = createSimulatedClock();
  const calls: string[] = [];
  const page: OktaAnswer = { status: 200, headers: {}, body: [{ id: "00u1" }, { id: "00u2" }] };
  // The rate limit leaves room for one membership, and then only for the list.
  const send: OktaTransport = async ({ method, path, needless }) => {
    if (method === "GET") return page;
    if (!path.endsWith("00u3")) {
      await aborted(needless ?? AbortSignal.timeout(0));
      throw new RateLimitError(0);
    }
    calls.push(path);
    return { status: 204, headers: {}, body: undefined };
  };
  const add = addMemberBy(send, clock);
  const signIns = ["00u1", "00u2", "00u3"].map((userId) => add("00gA", userId, clock.deadline(60_000)));
  expect(await clock.until(Promise.all(signIns))).toEqual([
    { kind: "member", known: true },
    { kind: "member", known: true },
    { kind: "member", known: false },
  ]);
  expect(calls).toHaveLength(1);
});
