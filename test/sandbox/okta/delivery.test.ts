import { describe, expect, it } from "vitest";
import type { SignInAttempt } from "../../../sandbox/okta/log/sign-in-events.ts";
import { startTestOkta } from "./local.ts";
import { type Behaviour, makeHook, startReceiver } from "./receiver.ts";

const JANE = "jane@example.com";
const SIGN_IN: SignInAttempt = { kind: "success", login: JANE };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function start() {
  const now = Date.parse("2026-01-05T10:00:03.093Z");
  const okta = await startTestOkta({ now: () => now });
  okta.createPerson({ login: JANE, displayName: "Jane Doe" });
  const receiver = await startReceiver();
  const hookId = await makeHook(okta, "Sign-ins", receiver.url);
  return { okta, receiver, hookId };
}

it("a delivery is a POST of the documented envelope with the configured secret", async () => {
  const { okta, receiver, hookId } = await start();
  const events = okta.signIn([SIGN_IN]);
  await okta.idle();

  expect(receiver.deliveries).toEqual([
    {
      eventType: "com.okta.event_hook",
      eventTypeVersion: "1.0",
      cloudEventsVersion: "0.1",
      source: `${okta.url}/api/v1/eventHooks/${hookId}`,
      eventId: expect.stringMatching(UUID),
      data: { events },
      eventTime: "2026-01-05T10:00:03.093Z",
      contentType: "application/json",
    },
  ]);
  expect(receiver.received.at(-1)).toMatchObject({
    method: "POST",
    url: "/hook",
    headers: {
      accept: "application/json",
      "content-type": "application/json",
      authorization: "Bearer hook-secret",
    },
  });
  expect(okta.noticesOf("delivery")).toEqual([
    {
      kind: "delivery",
      hookId,
      eventId: receiver.deliveries[0].eventId,
      eventUuids: events.map(({ uuid }) => uuid),
      attempt: 1,
      ok: true,
      status: 204,
      milliseconds: expect.any(Number),
    },
  ]);
  expect(JSON.stringify(okta.notices)).not.toContain("hook-secret");
});

it("all events of one call come in one batch, in their order, to every hook that wants them", async () => {
  const { okta, receiver } = await start();
  const other = await startReceiver();
  await makeHook(okta, "Apps", other.url, ["user.authentication.sso"]);
  const events = okta.signIn([
    SIGN_IN,
    { ...SIGN_IN, eventType: "user.authentication.sso" },
    { kind: "wrong-password", login: JANE },
    { ...SIGN_IN, eventType: "user.authentication.verify" },
  ]);
  await okta.idle();

  const uuids = (deliveries: readonly { data: { events: { uuid: string }[] } }[]) =>
    deliveries.map(({ data }) => data.events.map(({ uuid }) => uuid));
  expect(uuids(receiver.deliveries)).toEqual([[events[0]?.uuid, events[2]?.uuid]]);
  expect(uuids(other.deliveries)).toEqual([[events[1]?.uuid]]);
});

describe("a hook gets nothing", () => {
  const changes: readonly (readonly [string, string])[] = [
    ["that is inactive", "lifecycle/deactivate"],
    ["that is unverified", ""],
  ];
  it.each(changes)("%s", async (_case, change) => {
    const { okta, receiver, hookId } = await start();
    const path = `/api/v1/eventHooks/${hookId}`;
    if (change !== "") await okta.call("POST", `${path}/${change}`);
    else {
      const events = { type: "EVENT_TYPE", items: ["user.session.start"] };
      const channel = { type: "HTTP", version: "1.0.0", config: { uri: `${receiver.url}?new` } };
      await okta.call("PUT", path, { name: "Sign-ins", events, channel });
    }
    okta.signIn([SIGN_IN]);
    await okta.idle();
    expect(receiver.deliveries).toEqual([]);

    await okta.call("POST", `${path}/lifecycle/${change === "" ? "verify" : "activate"}`);
    okta.signIn([SIGN_IN]);
    await okta.idle();
    expect(receiver.deliveries).toHaveLength(1);
  });
});

describe("after an answer", () => {
  const status =
    (...statuses: readonly number[]): Behaviour =>
    (response, _received, index) =>
      response.writeHead(statuses[Math.min(index, statuses.length - 1)] ?? 500, { location: "/" }).end();
  const closed: Behaviour = (response) => {
    response.destroy();
  };
  const cases: readonly (readonly [string, Behaviour, number, boolean])[] = [
    ["200", status(200), 1, true],
    ["204", status(204), 1, true],
    ["202", status(202), 1, false],
    ["302, which is not followed", status(302), 1, false],
    ["400", status(400), 1, false],
    ["401", status(401), 1, false],
    ["429", status(429), 1, false],
    ["500", status(500), 2, false],
    ["503, then 204", status(503, 204), 2, true],
    ["503, then 400", status(503, 400), 2, false],
    ["a closed connection", closed, 2, false],
  ];
  it.each(cases)("%s there are so many attempts: %i", async (_case, behaviour, attempts, ok) => {
    const { okta, receiver, hookId } = await start();
    receiver.behave(behaviour);
    const before = okta.noticesOf("event").length;
    const [event] = okta.signIn([SIGN_IN]);
    await okta.idle();

    expect(receiver.deliveries).toHaveLength(attempts);
    expect(new Set(receiver.deliveries.map(({ eventId }) => eventId)).size).toBe(1);
    const notices = okta.noticesOf("delivery");
    expect(notices.map(({ attempt }) => attempt)).toEqual([1, 2].slice(0, attempts));
    expect(notices.at(-1)).toMatchObject({ hookId, ok, eventUuids: [event?.uuid] });
    expect(notices.at(-1)?.reason === undefined).toBe(ok);
    const written = okta.noticesOf("event").slice(before + 1);
    expect(written).toMatchObject(ok ? [] : [{ eventType: "event_hook.delivery", result: "FAILURE" }]);
    expect(written).toHaveLength(ok ? 0 : 1);
  });
});

it("silence for 3 seconds and a body without end are time-outs, and tried once more", async () => {
  const { okta, receiver } = await start();
  const other = await startReceiver();
  await makeHook(okta, "Other", other.url);
  receiver.behave(() => undefined);
  other.behave((response) => response.writeHead(200).write("{"));
  okta.signIn([SIGN_IN]);
  await okta.idle();

  expect([receiver.deliveries.length, other.deliveries.length]).toEqual([2, 2]);
  const notices = okta.noticesOf("delivery");
  expect(notices).toHaveLength(4);
  for (const notice of notices) {
    expect(notice).toMatchObject({ ok: false, reason: "no answer within 3 seconds" });
    expect(notice).not.toHaveProperty("status");
  }
});

it("a failing hook does not keep another from its events", async () => {
  const { okta, receiver } = await start();
  const other = await startReceiver();
  await makeHook(okta, "Other", other.url);
  receiver.behave((response) => response.writeHead(500).end());
  okta.signIn([SIGN_IN]);
  await okta.idle();
  expect([receiver.deliveries.length, other.deliveries.length]).toEqual([2, 1]);
});

it("closing ends a delivery that is under way", async () => {
  const { okta, receiver } = await start();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  receiver.behave(() => reach());
  okta.signIn([SIGN_IN]);
  await reached;
  await okta.close();

  expect(receiver.deliveries).toHaveLength(1);
});
