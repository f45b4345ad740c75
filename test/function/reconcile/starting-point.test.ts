import { beforeEach, describe, expect, it } from "vitest";
import { GoogleApiError, NoBucketError } from "../../../function/shared/errors.ts";
import { oktaError } from "../../support/system-log.ts";
import { createWorld, DAY, failing, HOUR_MS, isoTime, MINUTE, unanswered, type World } from "./world.ts";

const LINK = "/api/v1/logs?";

let world: World;

beforeEach(() => {
  world = createWorld();
});

const refuseLinks = (status: number) => {
  world.lasting.log.refuse = (url) =>
    url.searchParams.has("after") ? oktaError(status, "E0000001") : undefined;
};

describe("where a poll begins", () => {
  it.each([
    ["an hour before the stack was made", 0, 0, -HOUR_MS],
    ["so much earlier as is to be filled in", 0, 30, -HOUR_MS - 30 * DAY],
    ["no earlier than Okta remembers", 0, 90, -90 * DAY + MINUTE],
  ])("first: %s", async (_name, later, backfillDays, expected) => {
    await world.clock.advance(later);
    await world.poll({ backfillDays });
    expect(world.sinceOf(0) - world.stackSince).toBe(expected);
    expect(world.entriesOf("WARNING")).toEqual([]);
  });

  it("when the cursor is lost: an hour before the stack was made, if that is not long ago, so that nothing is missing", async () => {
    const stackSince = world.clock.now() - 2 * HOUR_MS;
    await world.poll({ stackSince });
    expect(world.sinceOf(0) - stackSince).toBe(-HOUR_MS);
    expect(world.entriesOf("ERROR")).toEqual([]);
    expect(world.entriesOf("WARNING")).toEqual([
      expect.objectContaining({ message: expect.stringContaining("lost"), since: isoTime(world.sinceOf(0)) }),
    ]);
    expect(world.object().next).toContain(LINK);
  });

  it.each([
    ["7 days ago, if that is later", 20 * DAY, 0, 7 * DAY, 20 * DAY + HOUR_MS],
    ["as far back as is filled in, if that is more", 20 * DAY, 30, 30 * DAY, 50 * DAY + HOUR_MS],
    ["7 days ago, in a stack that is older than Okta's memory", 400 * DAY, 0, 7 * DAY, 89 * DAY],
  ])(
    "when the cursor is lost: %s, with an error that says which replay makes up for the rest",
    async (_name, age, backfillDays, ago, restAgo) => {
      const now = world.clock.now();
      await world.poll({ stackSince: now - age, backfillDays });
      expect(world.sinceOf(0)).toBe(now - ago);
      const since = isoTime(now - ago);
      expect(world.entriesOf("ERROR")).toEqual([
        expect.objectContaining({
          fault: "cursor-lost",
          since,
          remedy: expect.stringContaining(
            `npm run replay -- --stack prod --since ${isoTime(now - restAgo)} --until ${since}`,
          ),
        }),
      ]);
      expect(world.object().next).toContain(LINK);
    },
  );

  it("said once, also when the write that begins is not answered", async () => {
    const stackSince = world.clock.now() - 20 * DAY;
    const lost = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    expect((await world.poll({ stackSince, step: unanswered("write", () => lost) })).status).toBe(503);
    await world.poll({ stackSince });
    expect(world.entriesOf("ERROR")).toEqual([expect.objectContaining({ fault: "cursor-lost" })]);
  });

  it.each([
    ["no JSON", "{"],
    ["nothing", ""],
    [
      "another version",
      JSON.stringify({ version: 2, next: `${LINK}after=1`, eventTypes: [], reached: isoTime(0) }),
    ],
    ["no time", JSON.stringify({ version: 1, next: `${LINK}after=1`, eventTypes: [], reached: "soon" })],
    ["no event types", JSON.stringify({ version: 1, next: `${LINK}after=1`, reached: isoTime(0) })],
    ["a link to another host", cursorWith("https://evil.example/api/v1/logs?after=1")],
    ["a link to another host without a scheme", cursorWith("//evil.example/api/v1/logs?after=1")],
    ["a link to something else", cursorWith("/api/v1/users?limit=1")],
    ["a link that is none", cursorWith(7)],
  ])("when the cursor is damaged (%s): as when it is lost", async (_name, content) => {
    const wanted = world.signIns(1);
    const now = world.clock.now();
    world.putCursor(content);
    expect((await world.poll({ stackSince: now - 20 * DAY })).status).toBe(200);
    expect(world.sinceOf(0)).toBe(now - 7 * DAY);
    expect(world.queuedUuids()).toEqual(wanted);
    expect(world.entriesOf("ERROR")).toEqual([expect.objectContaining({ fault: "cursor-damaged" })]);
    // It was overwritten by who had seen it: by the beginning, then by the end of the page.
    expect(world.lasting.objects.get("cursor.json")?.generation).toBe("79");
  });

  it.each([400, 404, 410])(
    "when Okta refuses the cursor (%i): an hour before what was reached",
    async (status) => {
      world.signIns(1, 20 * MINUTE);
      await world.poll();
      const reached = Date.parse(world.object().reached);
      await world.clock.advance(2 * DAY);
      const missed = world.signIns(2, DAY);
      refuseLinks(status);
      world.lasting.log.refuse = once(world.lasting.log.refuse);
      expect((await world.poll()).body).toMatchObject({ outcome: "done", queued: 2, alreadyQueued: 1 });
      const begun = world.lasting.log.requests.find(
        (url, index) => index > 1 && url.searchParams.has("since"),
      );
      expect(begun?.searchParams.get("since")).toBe(isoTime(reached - HOUR_MS));
      expect(world.queuedUuids()).toEqual(expect.arrayContaining(missed));
      expect(world.entriesOf("WARNING")).toEqual([
        expect.objectContaining({ status, code: "E0000001", since: isoTime(reached - HOUR_MS) }),
      ]);
    },
  );

  it("when Okta refuses every cursor: an hour before what was reached, once in a run", async () => {
    world.lasting.log.pageSize = 1;
    const wanted = world.signIns(2, 10 * MINUTE);
    refuseLinks(400);
    const answers = [await world.poll(), await world.poll()];
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(world.queuedUuids()).toEqual(wanted.slice(0, 1));
    expect(world.lasting.log.requests.length).toBeLessThanOrEqual(8);
    expect(world.entriesOf("ERROR").at(-1)).toMatchObject({ status: 400, code: "E0000001" });
  });

  it("when the rules name other events: an hour before what was reached", async () => {
    const reached = world.clock.now();
    await world.poll();
    await world.clock.advance(2 * HOUR_MS);
    const rules = [{ groupId: "00gAppUsers", on: ["user.session.start", "user.authentication.sso"] }];
    await world.poll({ rules });
    expect(world.sinceOf(-1)).toBe(reached - HOUR_MS);
    expect(world.entriesOf("INFO")).toContainEqual(
      expect.objectContaining({
        since: isoTime(reached - HOUR_MS),
        message: expect.stringContaining("rules"),
      }),
    );
    expect(world.object().eventTypes).toEqual(["user.authentication.sso", "user.session.start"]);
    await world.poll({ rules });
    expect(world.lasting.log.requests.at(-1)?.searchParams.has("after")).toBe(true);
  });

  it("goes by no event that claims to come from the future", async () => {
    world.signIns(1, -400 * DAY);
    await world.poll();
    expect(Date.parse(world.object().reached)).toBeLessThanOrEqual(world.clock.now());
  });
});

describe("without a state bucket", () => {
  const gone = () => new NoBucketError("state", "Cloud Storage objects.insert", 404, "notFound");

  it("a poll reads and queues nothing, and says what to do", async () => {
    world.signIns(1);
    const { status, body } = await world.poll({ step: failing("write", gone) });
    expect([status, body]).toMatchObject([503, { outcome: "retry", pages: 0 }]);
    expect(world.lasting.log.requests).toEqual([]);
    expect(world.entriesOf("ERROR")).toEqual([
      expect.objectContaining({
        fault: "bucket-gone",
        bucket: "state",
        remedy: expect.stringContaining("pulumi up --refresh"),
      }),
    ]);
  });

  it("nothing of the meantime is missing once there is a new one, though it is younger", async () => {
    const stackSince = world.clock.now() - 3 * DAY;
    const before = world.signIns(1);
    await world.poll({ stackSince });
    await world.clock.advance(HOUR_MS);
    world.lasting.objects.clear();
    const missed = world.signIns(2);
    for (let run = 0; run < 36; run += 1) {
      await world.poll({ stackSince, step: failing("write", gone) });
      await world.clock.advance(5 * MINUTE);
    }
    expect(world.queuedUuids()).toEqual(before);
    expect((await world.poll({ stackSince })).body).toMatchObject({ outcome: "done", queued: 2 });
    expect(world.queuedUuids()).toEqual([...before, ...missed]);
    expect((await world.poll({ stackSince })).body).toMatchObject({ outcome: "done", events: 0 });
  });

  it("goes on where it began when a run ends before its first page is read", async () => {
    const stackSince = world.clock.now() - 20 * DAY;
    const stopped = () => new GoogleApiError("stopped", 503, "");
    await world.poll({ stackSince, step: failing("page", stopped) });
    const { next } = world.object();
    await world.clock.advance(HOUR_MS);
    await world.poll({ stackSince });
    expect(world.lasting.log.requests[0]?.href).toBe(`${world.lasting.log.url}${next}`);
  });
});

describe("a next link", () => {
  it.each([
    ["to another host", () => "https://evil.example/api/v1/logs?after=1"],
    ["to another port", () => "https://acme.okta.com:8443/api/v1/logs?after=1"],
    ["with somebody's name in it", () => "https://okta@acme.okta.com/api/v1/logs?after=1"],
    ["to something else in the org", () => "https://acme.okta.com/api/v1/users?after=1"],
    ["that is not an address", () => "http://["],
    ["that is missing", () => undefined],
  ])("%s is not followed: the next run begins again", async (_name, link) => {
    world.signIns(1, 20 * MINUTE);
    await world.poll();
    const { reached } = world.object();
    const { requests } = world.lasting.log;
    const follow = world.lasting.log.link;

    const wanted = world.signIns(1);
    world.lasting.log.link = link;
    expect((await world.poll()).status).toBe(503);
    expect(world.object()).toEqual({ version: 1, eventTypes: ["user.session.start"], reached });
    expect(world.entriesOf("ERROR")).toHaveLength(1);
    for (const url of requests) expect(url.href).toMatch(/^https:\/\/acme\.okta\.com\/api\/v1\/logs\?/);
    expect(world.queuedUuids()).toEqual(expect.arrayContaining(wanted));

    world.lasting.log.link = follow;
    expect((await world.poll()).status).toBe(200);
    expect(
      requests.some((url) => url.searchParams.get("since") === isoTime(Date.parse(reached) - HOUR_MS)),
    ).toBe(true);
    expect(world.object().next).toContain(LINK);
  });

  it("that leads to its own page is not followed either", async () => {
    world.lasting.log.pageSize = 1;
    world.signIns(2, 10 * MINUTE);
    world.lasting.log.link = (next) => next.replace(/after=\d+/, "after=0");
    expect((await world.poll()).status).toBe(503);
    expect(world.lasting.log.requests.length).toBeLessThanOrEqual(2);
  });
});

function cursorWith(next: unknown): string {
  return JSON.stringify({ version: 1, next, eventTypes: ["user.session.start"], reached: isoTime(0) });
}

/** What happens the first time only. */
function once<A, R>(does: (argument: A) => R | undefined): (argument: A) => R | undefined {
  let done = false;
  return (argument) => {
    if (done) return undefined;
    const result = does(argument);
    done = result !== undefined;
    return result;
  };
}
