import { describe, expect, it } from "vitest";
import { bearer, makeApp, newKey } from "./local.ts";
import { DAY, iso, JANE, read, readAll, START, startWithJane } from "./log-reading.ts";
import { makeHook, startReceiver } from "./receiver.ts";

describe("polling", () => {
  it("always has a next link, which brings what came meanwhile", async () => {
    const { okta, signIn } = await startWithJane();
    const [first, second, third] = [signIn(), signIn(), signIn()];

    const one = await read(okta, "/api/v1/logs?limit=2");
    expect(one.body).toEqual([first, second]);
    const two = await read(okta, one.next ?? "");
    expect(two.body).toEqual([third]);
    const empty = await read(okta, two.next ?? "");
    expect(empty.body).toEqual([]);
    const fourth = signIn();
    expect((await read(okta, empty.next ?? "")).body).toEqual([fourth]);
    expect((await read(okta, one.next ?? "")).body).toEqual([third, fourth]);
  });

  it("keeps its filter and limit along the links", async () => {
    const { okta, signIn } = await startWithJane();
    signIn("wrong-password");
    const wanted = signIn();
    const filter = 'eventType eq "user.session.start" and outcome.result eq "SUCCESS"';
    const one = await read(okta, `/api/v1/logs?limit=1&filter=${encodeURIComponent(filter)}`);
    expect(one.body).toEqual([wanted]);
    signIn("wrong-password");
    const later = [signIn(), signIn()];
    const two = await read(okta, one.next ?? "");
    expect(two.body).toEqual([later[0]]);
  });

  it("shows 100 events by default, and 1000 at most", async () => {
    const { okta } = await startWithJane();
    okta.signIn(Array.from({ length: 1200 }, () => ({ kind: "success", login: JANE })));
    const lengths = [];
    for (const query of ["", "?limit=0", "?limit=1000", "?limit=2000"]) {
      lengths.push((await read(okta, `/api/v1/logs${query}`)).body.length);
    }
    expect(lengths).toEqual([100, 0, 1000, 1000]);
  });

  it("goes by when events came into the log, whenever they were published", async () => {
    const { okta, at, signIn } = await startWithJane();
    okta.faults.log.lateness = () => 5000;
    const late = signIn();
    okta.faults.log.lateness = undefined;
    at(1000);
    const first = signIn();
    const one = await read(okta, "/api/v1/logs");
    expect(one.body).toEqual([first]);

    at(4999);
    expect((await read(okta, one.next ?? "")).body).toEqual([]);
    at(6000);
    const last = signIn();
    expect((await read(okta, one.next ?? "")).body).toEqual([late, last]);
    expect((await read(okta, `/api/v1/logs?since=${iso(2000)}`)).body).toEqual([late, last]);
  });

  it("orders late events by when they came", async () => {
    const { okta, at, signIn } = await startWithJane();
    const delays = [3000, 1000, 2000];
    okta.faults.log.lateness = () => delays.shift() ?? 0;
    const [third, first, second] = [signIn(), signIn(), signIn()];
    at(3000);
    expect((await read(okta, "/api/v1/logs")).body).toEqual([first, second, third]);
  });

  it("without a start looks back 7 days", async () => {
    const { okta, at, signIn } = await startWithJane();
    signIn();
    at(7 * DAY + 1);
    const recent = signIn();
    expect((await read(okta, "/api/v1/logs")).body).toEqual([recent]);
  });
});

describe("a bounded request", () => {
  const window = (query = "") => `/api/v1/logs?since=${iso(1000)}&until=${iso(4000)}${query}`;

  /** Events published at 0, 1, 1, 2, 3 and 4 seconds, of which the first at 1 second came in last. */
  async function startFull() {
    const { okta, at, signIn } = await startWithJane();
    const before = signIn();
    at(1000);
    okta.faults.log.lateness = () => 10_000;
    const late = signIn();
    okta.faults.log.lateness = undefined;
    const inside = [signIn()];
    for (const second of [2, 3]) {
      at(second * 1000);
      inside.push(signIn());
    }
    at(4000);
    const after = signIn();
    return { okta, at, before, late, inside, after };
  }

  it("ends, and follows the order in which events were published", async () => {
    const { okta, at, late, inside } = await startFull();
    at(11_000);
    const [first, ...rest] = inside;
    expect(await readAll(okta, window("&limit=2"))).toEqual([[first, late], rest]);
    expect(await readAll(okta, window("&limit=3"))).toEqual([[first, late, rest[0]], [rest[1]]]);
    expect(await readAll(okta, window())).toEqual([[first, late, ...rest]]);
  });

  it("runs backwards when asked to", async () => {
    const { okta, at, late, inside } = await startFull();
    at(11_000);
    const [first, second, third] = inside;
    expect(await readAll(okta, window("&limit=3&sortOrder=DESCENDING"))).toEqual([
      [third, second, late],
      [first],
    ]);
  });

  it("misses what comes late into a part that was read already", async () => {
    const { okta, at, inside } = await startFull();
    const one = await read(okta, window("&limit=2"));
    expect(one.body).toEqual(inside.slice(0, 2));
    at(11_000);
    const two = await read(okta, one.next ?? "");
    expect([two.body, two.next]).toEqual([inside.slice(2), undefined]);
  });

  it("needs no start: it looks back 7 days", async () => {
    const { okta, before, inside } = await startFull();
    expect((await read(okta, `/api/v1/logs?until=${iso(4000)}`)).body).toEqual([before, ...inside]);
    const { body } = await read(okta, `/api/v1/logs?until=${new Date(START + 7 * DAY + 1000).toISOString()}`);
    expect(body).toHaveLength(4);
  });

  it("without an end, backwards, ends with the events of now, also on later pages", async () => {
    const { okta, at, inside, after } = await startFull();
    at(5000);
    const one = await read(okta, "/api/v1/logs?sortOrder=DESCENDING&limit=2");
    expect(one.body).toEqual([after, inside[2]]);
    expect(new URL(one.next ?? "").searchParams.get("until")).toBe(iso(5000));
  });
});

it("events older than 90 days are left out, silently", async () => {
  const { okta, at, signIn } = await startWithJane();
  signIn();
  at(1);
  const kept = signIn();
  const since = iso(-DAY);
  const { next } = await read(okta, `/api/v1/logs?since=${since}&limit=0`);

  at(90 * DAY + 1);
  for (const url of [
    `/api/v1/logs?since=${since}`,
    `/api/v1/logs?since=${since}&until=${iso(DAY)}`,
    next ?? "",
  ]) {
    const page = await read(okta, url.replace("limit=0", "limit=9"));
    expect([page.status, page.body]).toEqual([200, [kept]]);
  }
});

it("a failed delivery is found by its type", async () => {
  const { okta, signIn } = await startWithJane();
  const receiver = await startReceiver();
  const hookId = await makeHook(okta, "Sign-ins", receiver.url);
  receiver.behave((response) => response.writeHead(400).end());
  signIn();
  await okta.idle();
  const filter = encodeURIComponent('eventType eq "event_hook.delivery"');

  expect((await read(okta, `/api/v1/logs?filter=${filter}`)).body).toMatchObject([
    {
      severity: "WARN",
      outcome: { result: "FAILURE", reason: "the hook answered 400" },
      target: [{ id: hookId, type: "EventHook", displayName: "Sign-ins" }],
      debugContext: { debugData: { eventId: receiver.deliveries[0].eventId } },
    },
  ]);
});

it.each([
  "since=yesterday",
  "until=tomorrow",
  "limit=many",
  "limit=-1",
  "after=x",
  "after=",
  "after=1&since=2026-01-05T10:00:00Z",
  "sortOrder=RANDOM",
  "q=jane",
])("%s is refused", async (query) => {
  const { okta } = await startWithJane();
  const answer = await okta.call("GET", `/api/v1/logs?${query}`);
  expect(answer).toMatchObject({ status: 400, body: { errorCode: "E0000001" } });
});

it("an app needs the scope and a role that may see the log", async () => {
  const { okta } = await startWithJane();
  const key = newKey();
  const clientId = await makeApp(okta, key, ["okta.logs.read", "okta.groups.read"]);
  const tokenFor = (scope: string) => bearer(okta, clientId, key, scope);
  const [reader, other] = [await tokenFor("okta.logs.read"), await tokenFor("okta.groups.read")];
  const statusWith = async (token: string) =>
    (await okta.call("GET", "/api/v1/logs", undefined, token)).status;

  expect(await statusWith(reader)).toBe(403);
  await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, { type: "REPORT_ADMIN" });
  expect([await statusWith(reader), await statusWith(other)]).toEqual([200, 403]);
});
