import { describe, expect, test } from "vitest";
import { bearer, makeApp, newKey, startTestOkta, type TestOkta } from "./local.ts";
import { makeHook, startReceiver } from "./receiver.ts";

const JANE = "jane@example.com";
const START = Date.parse("2026-01-05T10:00:00Z");

async function start() {
  let time = START;
  const okta = await startTestOkta({ now: () => time });
  okta.createPerson({ login: JANE, displayName: "Jane Doe" });
  return {
    okta,
    at: (milliseconds: number) => {
      time = START + milliseconds;
    },
    signIn: (kind: "success" | "wrong-password" = "success") => okta.signIn([{ kind, login: JANE }])[0],
  };
}

/** Reads a page and follows its next link when told to. */
async function read(okta: TestOkta, url: string) {
  const { status, body, headers } = await okta.call("GET", url.replace(okta.url, ""));
  const next = /<([^>]+)>; rel="next"/.exec(headers.get("link") ?? "")?.[1];
  return { status, body, next };
}

describe("polling", () => {
  test("always has a next link, which brings what came meanwhile", async () => {
    const { okta, signIn } = await start();
    const [first, second, third] = [signIn(), signIn(), signIn()];

    const one = await read(okta, "/api/v1/logs?limit=2");
    expect(one.body).toEqual([first, second]);
    const two = await read(okta, one.next ?? "");
    expect(two.body).toEqual([third]);
    const empty = await read(okta, two.next ?? "");
    expect(empty.body).toEqual([]);
    const fourth = signIn();
    expect((await read(okta, empty.next ?? "")).body).toEqual([fourth]);
  });

  test("keeps its filter along the links", async () => {
    const { okta, signIn } = await start();
    signIn("wrong-password");
    const wanted = signIn();
    const filter = 'eventType eq "user.session.start" and outcome.result eq "SUCCESS"';
    const one = await read(okta, `/api/v1/logs?filter=${encodeURIComponent(filter)}`);
    expect(one.body).toEqual([wanted]);
    signIn("wrong-password");
    expect((await read(okta, one.next ?? "")).body).toEqual([]);
  });
});

test("a bounded request ends", async () => {
  const { okta, at, signIn } = await start();
  signIn();
  at(1000);
  const inside = [signIn(), signIn()];
  at(2000);
  signIn();
  const iso = (milliseconds: number) => new Date(START + milliseconds).toISOString();
  const one = await read(okta, `/api/v1/logs?since=${iso(1000)}&until=${iso(2000)}&limit=2`);
  expect(one.body).toEqual(inside);
  const two = await read(okta, one.next ?? "");
  expect([two.body, two.next]).toEqual([[], undefined]);
});

test("a request that does not say when looks back 7 days", async () => {
  const { okta, at, signIn } = await start();
  signIn();
  at(7 * 24 * 3600_000 + 1);
  const recent = signIn();
  expect((await read(okta, "/api/v1/logs")).body).toEqual([recent]);
});

test("a failed delivery is found by its type", async () => {
  const { okta, signIn } = await start();
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

const wrong: readonly (readonly [string, string])[] = [
  ["since=yesterday", "E0000001"],
  ["until=tomorrow", "E0000001"],
  ["limit=many", "E0000001"],
  ["after=x", "E0000001"],
  ["after=1&since=2026-01-05T10:00:00Z", "E0000001"],
  ["sortOrder=DESCENDING", "E0000001"],
  ['filter=published gt "2026"', "E0000053"],
  ['filter=constructor eq "x"', "E0000053"],
];
test.each(wrong)("%s is refused", async (query, errorCode) => {
  const { okta } = await start();
  const answer = await okta.call("GET", `/api/v1/logs?${query}`);
  expect([answer.status, answer.body.errorCode]).toEqual([400, errorCode]);
});

test("an app needs the scope and a role that may see the log", async () => {
  const { okta } = await start();
  const key = newKey();
  const clientId = await makeApp(okta, key, ["okta.logs.read", "okta.groups.read"]);
  const tokenFor = (scope: string) => bearer(okta, clientId, key, scope, START);
  const [reader, other] = [await tokenFor("okta.logs.read"), await tokenFor("okta.groups.read")];
  const statusWith = async (token: string) =>
    (await okta.call("GET", "/api/v1/logs", undefined, token)).status;

  expect(await statusWith(reader)).toBe(403);
  await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, { type: "REPORT_ADMIN" });
  expect([await statusWith(reader), await statusWith(other)]).toEqual([200, 403]);
});
