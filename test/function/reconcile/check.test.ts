import { beforeEach, describe, expect, it } from "vitest";
import { parseLogFilter } from "../../../sandbox/okta/log/filter.ts";
import type { LogEvent } from "../../../sandbox/okta/model/log-event.ts";
import { signInEvent } from "../../support/deliveries.ts";
import { CONTINUATION_QUEUE } from "../../support/reconciliation.ts";
import { createWorld, DAY, failing, HOUR_MS, isoTime, MINUTE, type World } from "./world.ts";

const task = { kind: "check", continuationQueue: CONTINUATION_QUEUE };
const RULES = [
  { groupId: "00gAppUsers", on: ["user.session.start"] },
  { groupId: "00gOffice", on: ["user.session.start"], when: 'event.client.zone == "office"' },
];

let world: World;

beforeEach(() => {
  world = createWorld(RULES);
  // The events here have what a filter asks for.
  world.lasting.log.matches = (event, filter) => parseLogFilter(filter)(event as unknown as LogEvent);
});

/** Puts into the log that an app, of `grant` unless given, added a user to a group so many milliseconds ago. */
function grant(
  userId: string,
  ago: number,
  { groupId = "00gAppUsers", by = "0oaGrant" }: { readonly groupId?: string; readonly by?: string } = {},
): void {
  const published = isoTime(world.clock.now() - ago);
  world.lasting.log.events.push({
    ...signInEvent({ published }),
    eventType: "group.user_membership.add",
    actor: { id: by, type: "PublicClientApp" },
    target: [
      { id: userId, type: "User" },
      { id: groupId, type: "UserGroup" },
    ],
  });
}

function signIn(userId: string, ago: number, changes: Readonly<Record<string, unknown>> = {}): void {
  const published = isoTime(world.clock.now() - ago);
  world.lasting.log.events.push(signInEvent({ published, actor: { id: userId, type: "User" }, ...changes }));
}

/** The check's entries of one kind, without what every entry has. */
function entriesOf(event: string): readonly Readonly<Record<string, unknown>>[] {
  return world.entries.filter((entry) => entry["event"] === event);
}

const check = (changes = {}) => world.run(task, changes);

describe("a check", () => {
  it("finds the sign-in behind each membership, however long before it was, and asks no more than it needs", async () => {
    grant("00uUsual", 2 * HOUR_MS);
    signIn("00uUsual", 2 * HOUR_MS + 1_000);
    expect((await check()).body).toMatchObject({ outcome: "done", grants: 1, unexpected: 0 });
    const usual = world.lasting.log.requests.length;
    expect(usual).toBe(3);
    grant("00uReplayed", 65 * MINUTE);
    signIn("00uReplayed", 80 * DAY);
    world.lasting.objects.clear();
    expect((await check()).body).toMatchObject({ outcome: "done", grants: 2, unexpected: 0 });
    expect(entriesOf("grant-unexpected")).toEqual([]);
  });

  it.each<readonly [string, string, (ago: number) => void]>([
    ["whose user has never signed in", "no-sign-in", () => undefined],
    ["whose user signed in only afterwards", "no-sign-in", (ago) => signIn("00uVictim", ago - MINUTE)],
    [
      "whose user failed to sign in",
      "no-sign-in",
      (ago) => signIn("00uVictim", ago + MINUTE, { outcome: { result: "FAILURE" } }),
    ],
    ["to whose group no rule leads from the sign-in", "no-rule", (ago) => signIn("00uVictim", ago + MINUTE)],
  ])("reports a membership %s", async (_, reason, arrange) => {
    const ago = 90 * MINUTE;
    const at = isoTime(world.clock.now() - ago);
    grant("00uVictim", ago, { groupId: "00gOffice" });
    arrange(ago);
    signIn("00uOther", ago + MINUTE, { client: { zone: "office" } });
    expect((await check()).body).toMatchObject({ grants: 1, unexpected: 1 });
    expect(entriesOf("grant-unexpected")).toMatchObject([
      { severity: "CRITICAL", userId: "00uVictim", groupId: "00gOffice", at, reason },
    ]);
  });

  it.each([
    ["no targets", { target: null }],
    ["no group", { target: [{ id: "00uVictim", type: "User" }] }],
    [
      "an id that is none",
      {
        target: [
          { id: "../", type: "User" },
          { id: "00gA", type: "UserGroup" },
        ],
      },
    ],
    ["no time", { published: "at noon" }],
  ])("passes over an event with %s, and checks the others", async (_name, changes) => {
    grant("00uBroken", 2 * HOUR_MS);
    Object.assign(world.lasting.log.events.at(-1) ?? {}, changes);
    grant("00uVictim", 2 * HOUR_MS);
    expect((await check()).body).toMatchObject({ outcome: "done", grants: 1, unexpected: 1 });
    expect(entriesOf("grant-unexpected")).toMatchObject([{ userId: "00uVictim" }]);
  });

  it("reads a sign-in's later pages until each membership is explained", async () => {
    grant("00uVictim", 2 * HOUR_MS);
    world.lasting.log.pageSize = 1;
    signIn("00uVictim", 2 * HOUR_MS + MINUTE, { outcome: { result: "FAILURE" } });
    signIn("00uVictim", 2 * HOUR_MS + MINUTE);
    expect((await check()).body).toMatchObject({ outcome: "done", grants: 1, unexpected: 0 });
  });

  it("fails where Okta's next link leads elsewhere, since a membership behind it would not be checked", async () => {
    grant("00uVictim", 2 * HOUR_MS);
    grant("00uOther", 2 * HOUR_MS);
    world.lasting.log.pageSize = 1;
    world.lasting.log.link = () => "https://elsewhere.example/api/v1/logs?after=1";
    expect(await check()).toMatchObject({ status: 503, body: { outcome: "retry" } });
  });

  it("looks at what the apps of all keys of grant did, and at nobody else's memberships", async () => {
    grant("00uOne", 2 * HOUR_MS, { by: "0oaGrantBefore" });
    grant("00uTwo", 2 * HOUR_MS, { by: "0oaAnother" });
    expect((await check()).body).toMatchObject({ grants: 1, unexpected: 1 });
    expect(entriesOf("grant-unexpected")).toMatchObject([{ userId: "00uOne" }]);
  });

  it("continues where the last one ended, leaves the last hour to the next, and begins with the last day", async () => {
    grant("00uOld", 26 * HOUR_MS);
    grant("00uDay", 24 * HOUR_MS);
    grant("00uYoung", 30 * MINUTE);
    expect((await check()).body).toMatchObject({ grants: 1 });
    await world.clock.advance(HOUR_MS);
    expect((await check()).body).toMatchObject({ grants: 1 });
    expect((await check()).body).toMatchObject({ grants: 0 });
    expect(entriesOf("grant-unexpected").map(({ userId }) => userId)).toEqual(["00uDay", "00uYoung"]);
  });

  it("checks the same again after a failure", async () => {
    grant("00uVictim", 2 * HOUR_MS);
    let error: Error | undefined = new Error("unreached");
    expect((await check({ step: failing("write", () => error) })).status).toBe(503);
    error = undefined;
    expect((await check()).body).toMatchObject({ grants: 1, unexpected: 1 });
  });

  it("is continued through the queue when its time is up, and comes to an end", async () => {
    for (let index = 0; index < 100; index += 1) grant(`00u${index}`, 2 * HOUR_MS - index * 1_000);
    const slow = async <T>(step: string, effect: () => T): Promise<T> => {
      if (step === "page") await world.clock.sleep(40_000);
      return effect();
    };
    const outcomes: string[] = [];
    let grants = 0;
    do {
      const { body } = await check({ step: slow, timeoutMs: 270_000 });
      outcomes.push(body.outcome);
      grants += body.grants;
    } while (outcomes.at(-1) === "more" && outcomes.length < 20);
    expect(outcomes).toContain("more");
    expect(outcomes.at(-1)).toBe("done");
    expect(new Set(entriesOf("grant-unexpected").map(({ userId }) => userId)).size).toBe(100);
    expect(world.lasting.continuations).toHaveLength(outcomes.length - 1);
    expect(grants).toBeGreaterThanOrEqual(100);
  });

  it("lets another run that is faster have the state", async () => {
    grant("00uVictim", 2 * HOUR_MS);
    const overtaken = async <T>(step: string, effect: () => T): Promise<T> => {
      if (step === "write") world.lasting.objects.set("checked.json", { content: "{}", generation: "9" });
      return effect();
    };
    expect((await check({ step: overtaken })).body).toMatchObject({ outcome: "overtaken" });
  });

  it("logs what Okta reports of the hook and of rate limits", async () => {
    for (const eventType of ["event_hook.delivery", "system.org.rate_limit.warning", "user.session.end"]) {
      world.lasting.log.events.push(
        signInEvent({ eventType, published: isoTime(world.clock.now() - 2 * HOUR_MS) }),
      );
    }
    await check();
    expect(entriesOf("okta-reported").map(({ eventType }) => eventType)).toEqual([
      "event_hook.delivery",
      "system.org.rate_limit.warning",
    ]);
  });
});
