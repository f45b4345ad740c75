import { describe, expect, it } from "vitest";
import type { HookRequest, SendToHook } from "../../../sandbox/okta/hooks/calls.ts";
import { createInMemoryOkta, type InMemoryOktaOptions } from "../../../sandbox/okta/in-memory.ts";
import type { OktaNotice } from "../../../sandbox/okta/model/notices.ts";
import { createSimulatedClock } from "../../../sandbox/simulation/clock.ts";
import { prepareOrg } from "../../../sandbox/simulation/org.ts";
import { makeAssertion, newKey } from "./local.ts";

const URL = "https://acme.okta.example";
const START = Date.parse("2026-01-05T10:00:00Z");
const HOOK = { uri: "https://hooks.example/okta", secret: "hook-secret", events: ["user.session.start"] };
const ATTEMPT = { kind: "success", login: "jane@example.com" } as const;
const key = newKey();

/** Echoes a challenge, and accepts a delivery. */
const welcome: SendToHook = async ({ method, headers }) =>
  method === "POST"
    ? { status: 204, body: "" }
    : { status: 200, body: JSON.stringify({ verification: headers["x-okta-verification-challenge"] }) };

/** An org by a simulated clock, with Jane, a group, two apps and a hook. */
async function start(options: Partial<InMemoryOktaOptions> = {}) {
  const clock = createSimulatedClock(START);
  const notices: OktaNotice[] = [];
  const received: HookRequest[] = [];
  let behaviour = welcome;
  const okta = createInMemoryOkta({
    url: URL,
    now: clock.now,
    sleep: clock.sleep,
    observe: (notice) => notices.push(notice),
    sendToHook(request, signal) {
      received.push(request);
      return behaviour(request, signal);
    },
    ...options,
  });
  const jane = okta.createPerson({ login: ATTEMPT.login, displayName: "Jane Doe" });
  const org = await prepareOrg(okta, { groups: ["App Users"], publicKey: key.publicJwk, hook: HOOK });
  const [groupId = ""] = org.groupIds;
  return {
    clients: org.clients,
    okta,
    clock,
    received,
    groupId,
    path: `/api/v1/groups/${groupId}/users/${jane.id}`,
    isMember: () => okta.isMember(groupId, jane.id),
    deliveries: () => notices.filter((notice) => notice.kind === "delivery"),
    behave(next: SendToHook) {
      behaviour = next;
    },
    async tokenRequest(clientId: string, scope: string) {
      return new Request(`${URL}/oauth2/v1/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "client_credentials",
          scope,
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion: await makeAssertion(okta, clientId, key, clock.now()),
        }),
      });
    },
    as: (authorization: string, method: string, path: string, signal?: AbortSignal) =>
      new Request(URL + path, {
        method,
        headers: { authorization },
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}

it("the whole way goes without a network: event, delivery, token, membership, list, log", async () => {
  const { okta, received, clients, groupId, path, isMember, tokenRequest, as } = await start();
  const events = okta.signIn([ATTEMPT]);
  await okta.idle();
  expect(received.map(({ method, uri }) => `${method} ${uri}`)).toEqual([
    `GET ${HOOK.uri}`,
    `POST ${HOOK.uri}`,
  ]);
  expect(received[1]?.headers).toMatchObject({
    Authorization: `Bearer ${HOOK.secret}`,
    "content-type": "application/json",
  });
  expect(JSON.parse(received[1]?.body ?? "").data).toEqual({ events });

  const bearer = async (clientId: string, scope: string) => {
    const response = await okta.fetch(await tokenRequest(clientId, scope));
    return `Bearer ${JSON.parse(await response.text()).access_token}`;
  };
  const writer = await bearer(clients.grant, "okta.groups.manage");
  const reader = await bearer(clients.reconcile, "okta.logs.read");
  expect((await okta.fetch(as(writer, "PUT", path))).status).toBe(204);
  expect(isMember()).toBe(true);
  const list = await okta.fetch(as(writer, "GET", `/api/v1/groups/${groupId}/users?limit=1000`));
  expect(await list.json()).toMatchObject([{ profile: { login: ATTEMPT.login } }]);
  const log = await okta.fetch(as(reader, "GET", "/api/v1/logs"));
  expect(await log.json()).toEqual(expect.arrayContaining(events));
  expect(log.headers.get("link")).toContain(`<${URL}/api/v1/logs?after=`);
  expect((await okta.fetch(as(reader, "PUT", path))).status).toBe(403);
});

it("an answer is there before the event loop turns, so that a clock knows when nothing is left to happen", async () => {
  const { okta, clients, path, tokenRequest, as } = await start();
  const requests = [
    await tokenRequest(clients.grant, "okta.groups.manage"),
    as(`SSWS ${okta.apiToken}`, "PUT", path),
  ];
  const statuses: number[] = [];
  for (const request of requests) okta.fetch(request).then(({ status }) => statuses.push(status));
  await new Promise(setImmediate);
  expect(statuses.toSorted()).toEqual([200, 204]);
});

it("a batch out of order is sent from its end", async () => {
  const { okta, received } = await start();
  okta.faults.deliveries.push({ trouble: { kind: "out-of-order" } });
  const events = okta.signIn([ATTEMPT, ATTEMPT, ATTEMPT]);
  await okta.idle();
  const sent = received.slice(1).map(({ body = "" }) => JSON.parse(body).data.events);
  expect(sent).toEqual(events.map((event) => [event]).reverse());
});

describe("by the org's clock", () => {
  it("go the times of answers, and the limits", async () => {
    const { okta, clock, as } = await start({ limits: { rates: { groups: 1 } } });
    const get = () => okta.fetch(as("", "GET", "/api/v1/groups"));
    await clock.advance(60_000);
    expect((await get()).headers.get("date")).toBe("Mon, 05 Jan 2026 10:01:00 GMT");
    const limited = await get();
    expect([limited.status, limited.headers.get("x-rate-limit-reset")]).toEqual([
      429,
      String(START / 1000 + 120),
    ]);
    await clock.advance(60_000);
    expect((await get()).status).toBe(401);
  });

  it("goes a slow answer", async () => {
    const { okta, clock, path, isMember, as } = await start();
    okta.faults.calls.push({ trouble: { kind: "slow", milliseconds: 5000 } });
    let answered: number | undefined;
    okta.fetch(as(`SSWS ${okta.apiToken}`, "PUT", path)).then(() => {
      answered = clock.now() - START;
    });
    await clock.advance(4999);
    expect([isMember(), answered]).toEqual([true, undefined]);
    await clock.advance(1);
    expect(answered).toBe(5000);
  });

  it("goes the silence of a hook, and the pause before the retry", async () => {
    const { okta, clock, behave, deliveries } = await start();
    const times: number[] = [];
    behave((_request, signal) => {
      times.push(clock.now() - START);
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    okta.signIn([ATTEMPT]);
    await clock.until(okta.idle());
    expect(times).toEqual([0, 3250]);
    expect(deliveries()).toMatchObject([
      { attempt: 1, ok: false, milliseconds: 3000, reason: "no answer within 3 seconds" },
      { attempt: 2, ok: false, milliseconds: 3000 },
    ]);
    expect(clock.now() - START).toBe(6250);
  });

  it("goes a hook that never hears that nobody waits for it any more", async () => {
    const { okta, clock, behave, deliveries } = await start();
    behave(() => new Promise(() => undefined));
    okta.signIn([ATTEMPT]);
    await clock.until(okta.idle());
    expect(deliveries()).toHaveLength(2);
  });

  it("goes a delayed delivery", async () => {
    const { okta, clock, received } = await start();
    okta.faults.deliveries.push({ trouble: { kind: "delayed", milliseconds: 3_600_000 } });
    okta.signIn([ATTEMPT]);
    await clock.advance(3_599_999);
    expect(received).toHaveLength(1);
    await clock.advance(1);
    expect(received).toHaveLength(2);
  });

  it("goes nothing more once all is done", async () => {
    const { okta, clock } = await start();
    okta.signIn([ATTEMPT]);
    await clock.drain();
    await okta.idle();
    expect(clock.now()).toBe(START);
  });
});

describe("fetch rejects", () => {
  it.each([
    [false, false],
    [true, true],
  ])("when the connection is reset, with the work done: %s", async (done, isMember) => {
    const setting = await start();
    setting.okta.faults.calls.push({ trouble: { kind: "reset", done } });
    const request = setting.as(`SSWS ${setting.okta.apiToken}`, "PUT", setting.path);
    const refusal = await setting.okta.fetch(request).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TypeError);
    expect(refusal).toMatchObject({ message: "fetch failed", cause: { code: "ECONNRESET" } });
    expect(setting.isMember()).toBe(isMember);
  });

  it("when the request is given up, whose work is done all the same", async () => {
    const { okta, clock, path, isMember, as } = await start();
    okta.faults.calls.push({ trouble: { kind: "slow", milliseconds: 60_000 } });
    const { signal } = clock.deadline(1000);
    const answer = okta.fetch(as(`SSWS ${okta.apiToken}`, "PUT", path, signal));
    await expect(clock.until(answer)).rejects.toMatchObject({ name: "TimeoutError" });
    expect([isMember(), clock.now() - START]).toEqual([true, 1000]);
  });

  it("when the request was given up before, and does nothing", async () => {
    const { okta, path, isMember, as } = await start();
    const answer = okta.fetch(as(`SSWS ${okta.apiToken}`, "PUT", path, AbortSignal.abort()));
    await expect(answer).rejects.toMatchObject({ name: "AbortError" });
    expect(isMember()).toBe(false);
  });
});

it("closing ends pauses and deliveries under way", async () => {
  const { okta, clock, behave, deliveries, as } = await start();
  behave(() => new Promise(() => undefined));
  okta.signIn([ATTEMPT]);
  okta.faults.deliveries.push({ trouble: { kind: "delayed", milliseconds: 1000 } });
  okta.signIn([ATTEMPT]);
  okta.faults.calls.push({ trouble: { kind: "slow", milliseconds: 1000 } });
  const slow = okta.fetch(as("", "GET", "/api/v1/groups"));
  await okta.close();
  expect((await slow).status).toBe(401);
  expect(deliveries()[0]).toMatchObject({ ok: false, reason: "no answer" });
  expect(clock.now()).toBe(START);
});

it("an org without a way to hooks reaches none", async () => {
  const notices: OktaNotice[] = [];
  const okta = createInMemoryOkta({ url: URL, observe: (notice) => notices.push(notice) });
  const prepared = prepareOrg(okta, { groups: [], publicKey: key.publicJwk, hook: HOOK });
  await expect(prepared).rejects.toThrow(/400 .*execution failed/);
  expect(notices).toContainEqual(
    expect.objectContaining({ kind: "verification", reason: "no answer (ECONNREFUSED)" }),
  );
});

it("orgs share nothing", async () => {
  const [one, other] = [createInMemoryOkta({ url: URL }), createInMemoryOkta({ url: URL })];
  one.createPerson({ login: ATTEMPT.login, displayName: "Jane Doe" });
  one.faults.calls.push({ trouble: { kind: "server-error" } });
  other.createPerson({ login: ATTEMPT.login, displayName: "Jane Roe" });
  const statuses = [one, other].map(async (okta) => {
    const headers = { authorization: `SSWS ${other.apiToken}` };
    return (await okta.fetch(new Request(`${URL}/api/v1/groups`, { headers }))).status;
  });
  expect(await Promise.all(statuses)).toEqual([500, 200]);
});
