import { describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../../function/shared/clock.ts";
import type { DeliveryFault, DeliveryTrouble } from "../../../sandbox/okta/model/faults.ts";
import { startTestOkta } from "./local.ts";
import { makeHook, startReceiver } from "./receiver.ts";

const JANE = "jane@example.com";
const DELIVERY = 12_345;

/** An org with a hook, whose pauses of one length end when they are let, and all others as usual. */
async function start(...faults: readonly DeliveryFault[]) {
  const { promise: over, resolve: release } = Promise.withResolvers<void>();
  const sleep: Clock["sleep"] = (milliseconds, signal) =>
    milliseconds === DELIVERY ? over : systemClock.sleep(milliseconds, signal);
  const okta = await startTestOkta({ sleep });
  okta.createPerson({ login: JANE, displayName: "Jane Doe" });
  const receiver = await startReceiver();
  const hookId = await makeHook(okta, "Sign-ins", receiver.url);
  okta.faults.deliveries.push(...faults);
  return {
    okta,
    receiver,
    hookId,
    release,
    /** As many sign-ins in one batch. */
    signIn: (count = 1) =>
      okta.signIn(Array.from({ length: count }, () => ({ kind: "success", login: JANE }))),
    /** The events of each delivery, by uuid. */
    arrived: (): string[][] =>
      receiver.deliveries.map(({ data }) => data.events.map(({ uuid }: { uuid: string }) => uuid)),
    failures: () =>
      okta.noticesOf("event").filter(({ eventType }) => eventType === "event_hook.delivery").length,
  };
}

const uuids = (events: readonly { readonly uuid: string }[]) => events.map(({ uuid }) => uuid);

it("a lost delivery leaves nothing but the event in the log", async () => {
  const { okta, signIn, arrived, failures } = await start({ trouble: { kind: "lost" } });
  const [event] = signIn();
  await okta.idle();
  expect([arrived(), failures(), okta.noticesOf("delivery")]).toEqual([[], 0, []]);
  expect((await okta.call("GET", "/api/v1/logs")).body).toContainEqual(event);
});

it("a failed delivery is tried twice, reaches nobody, and is reported in the log", async () => {
  const { okta, signIn, arrived, failures } = await start({ trouble: { kind: "failed" } });
  const events = signIn();
  await okta.idle();
  expect([arrived(), failures()]).toEqual([[], 1]);
  const notices = okta.noticesOf("delivery");
  expect(notices.map(({ attempt, ok }) => [attempt, ok])).toEqual([
    [1, false],
    [2, false],
  ]);
  expect(notices[0]?.eventUuids).toEqual(uuids(events));
});

it("a duplicated delivery comes twice, under two ids", async () => {
  const { okta, receiver, signIn, arrived } = await start({ trouble: { kind: "duplicated" } });
  const events = signIn(2);
  await okta.idle();
  expect(arrived()).toEqual([uuids(events), uuids(events)]);
  const [one, other] = receiver.deliveries;
  expect(one.eventId).not.toBe(other.eventId);
});

it("the second of a duplicated delivery can be late", async () => {
  const trouble: DeliveryTrouble = { kind: "duplicated", milliseconds: DELIVERY };
  const { okta, signIn, arrived, release } = await start({ trouble, times: 1 });
  const first = uuids(signIn());
  const second = uuids(signIn());
  await expect.poll(() => arrived().length).toBe(2);
  expect(arrived()).toEqual(expect.arrayContaining([first, second]));
  release();
  await okta.idle();
  expect(arrived()[2]).toEqual(first);
});

it("a delayed delivery is overtaken", async () => {
  const trouble: DeliveryTrouble = { kind: "delayed", milliseconds: DELIVERY };
  const { okta, signIn, arrived, release } = await start({ trouble, times: 1 });
  const first = uuids(signIn());
  const second = uuids(signIn());
  await expect.poll(() => arrived().length).toBe(1);
  release();
  await okta.idle();
  expect(arrived()).toEqual([second, first]);
});

it("a delayed delivery does not reach a hook that was deactivated meanwhile", async () => {
  const trouble: DeliveryTrouble = { kind: "delayed", milliseconds: DELIVERY };
  const { okta, hookId, signIn, arrived, release } = await start({ trouble });
  signIn();
  await okta.call("POST", `/api/v1/eventHooks/${hookId}/lifecycle/deactivate`);
  release();
  await okta.idle();
  expect(arrived()).toEqual([]);
});

it("a batch out of order comes one by one, the last event first", async () => {
  const { okta, signIn, arrived } = await start({ trouble: { kind: "out-of-order" } });
  const events = signIn(3);
  await okta.idle();
  const sent = okta.noticesOf("delivery").map(({ eventUuids }) => eventUuids);
  expect(sent.toSorted()).toEqual(arrived().toSorted());
  expect(arrived().flat().toSorted()).toEqual(uuids(events).toSorted());
  expect(arrived()).toHaveLength(3);
});

describe("faults of deliveries", () => {
  it("strike so many times, one after the other", async () => {
    const { okta, signIn, arrived } = await start(
      { trouble: { kind: "duplicated" }, times: 1 },
      { trouble: { kind: "out-of-order" }, times: 1 },
    );
    const [one, other] = uuids(signIn(2));
    await okta.idle();
    expect(arrived().toSorted()).toEqual([[one], [one], [other], [other]].toSorted());
    const later = uuids(signIn(2));
    await okta.idle();
    expect(arrived().at(-1)).toEqual(later);
  });

  it("strike where they are to", async () => {
    const { okta, receiver, hookId, signIn } = await start();
    const other = await startReceiver();
    await makeHook(okta, "Other", other.url);
    okta.faults.deliveries = [
      {
        trouble: { kind: "lost" },
        when: (delivery) => delivery.hookId === hookId && delivery.events.length > 1,
      },
    ];
    signIn(2);
    signIn();
    await okta.idle();
    expect([receiver.deliveries.length, other.deliveries.length]).toEqual([1, 2]);
    okta.faults.deliveries = [];
    signIn(2);
    await okta.idle();
    expect(receiver.deliveries).toHaveLength(2);
  });
});

describe("the daily quota", () => {
  const DAY = 24 * 3600_000;

  async function startLimited(hookEventsPerDay: number) {
    let now = Date.parse("2026-01-05T10:00:00Z");
    const okta = await startTestOkta({ now: () => now, limits: { hookEventsPerDay } });
    okta.createPerson({ login: JANE, displayName: "Jane Doe" });
    const receiver = await startReceiver();
    await makeHook(okta, "Sign-ins", receiver.url);
    const attempt = { kind: "success", login: JANE } as const;
    return {
      okta,
      receiver,
      pass: (milliseconds: number) => {
        now += milliseconds;
      },
      async signIn(count: number) {
        const events = okta.signIn(Array.from({ length: count }, () => attempt));
        await okta.idle();
        return events;
      },
      warnings: () =>
        okta.noticesOf("event").filter(({ eventType }) => eventType === "system.org.rate_limit.warning")
          .length,
    };
  }

  it("ends deliveries when it is used up, and begins again a day after its first event", async () => {
    const { okta, receiver, pass, signIn } = await startLimited(3);
    await signIn(1);
    pass(DAY - 1);
    const batch = await signIn(3);
    await signIn(1);
    expect(receiver.deliveries.map(({ data }) => data.events.length)).toEqual([1, 2]);
    expect(receiver.deliveries[1].data.events).toEqual(batch.slice(0, 2));

    pass(1);
    const [next] = await signIn(1);
    expect(receiver.deliveries.map(({ data }) => data.events.length)).toEqual([1, 2, 1]);
    expect(receiver.deliveries[2].data.events).toEqual([next]);
    const filter = encodeURIComponent('eventType eq "user.session.start"');
    expect((await okta.call("GET", `/api/v1/logs?filter=${filter}`)).body).toHaveLength(6);
    expect(okta.noticesOf("delivery")).toHaveLength(3);
  });

  it("is warned of in the log once, at seven tenths", async () => {
    const { warnings, signIn } = await startLimited(10);
    await signIn(6);
    expect(warnings()).toBe(0);
    await signIn(1);
    expect(warnings()).toBe(1);
    await signIn(5);
    expect(warnings()).toBe(1);
  });

  it("counts what a hook wants, once, however many do", async () => {
    const { okta, receiver, signIn } = await startLimited(2);
    const other = await startReceiver();
    await makeHook(okta, "Other", other.url);
    okta.signIn([{ kind: "success", login: JANE, eventType: "user.authentication.sso" }]);
    await signIn(2);
    expect([receiver.deliveries.length, other.deliveries.length]).toEqual([1, 1]);
    expect(receiver.deliveries[0].data.events).toHaveLength(2);
  });

  it("can be changed while the org runs, and is 400,000 at first", async () => {
    const { okta, receiver, signIn } = await startLimited(0);
    await signIn(1);
    expect(receiver.deliveries).toEqual([]);
    okta.limits.hookEventsPerDay = 1;
    await signIn(1);
    expect(receiver.deliveries).toHaveLength(1);
    expect((await startTestOkta()).limits.hookEventsPerDay).toBe(400_000);
  });
});
