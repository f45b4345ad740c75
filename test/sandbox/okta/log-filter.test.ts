import { describe, expect, it } from "vitest";
import { JANE, read, startWithJane } from "./log-reading.ts";

describe("filters", () => {
  async function startFull() {
    const { okta } = await startWithJane();
    const attempt = (eventType: string, kind: "success" | "wrong-password") => ({
      kind,
      login: JANE,
      eventType,
    });
    const events = okta.signIn([
      attempt("user.session.start", "success"),
      attempt("user.session.start", "wrong-password"),
      attempt("user.authentication.sso", "success"),
      attempt("user.authentication.sso", "wrong-password"),
      attempt("user.authentication.verify", "success"),
      { kind: "system-principal", login: JANE },
    ]);
    return { okta, events };
  }
  const START_OR_SSO = '(eventType eq "user.session.start" or eventType eq "user.authentication.sso")';
  const SUCCESS = 'outcome.result eq "SUCCESS"';

  const cases: readonly (readonly [string, readonly number[]])[] = [
    ['eventType eq "user.session.start"', [0, 1, 5]],
    [`eventType eq "user.session.start" and ${SUCCESS}`, [0, 5]],
    [`${START_OR_SSO} and ${SUCCESS}`, [0, 2, 5]],
    [`${SUCCESS} and ${START_OR_SSO} and actor.type eq "User"`, [0, 2]],
    [
      `eventType eq "user.authentication.verify" or ${START_OR_SSO} and outcome.result eq "FAILURE"`,
      [1, 3, 4],
    ],
    [`((${START_OR_SSO}))AND(${SUCCESS})`, [0, 2, 5]],
    ['eventType EQ "a" OR eventType eq "user.authentication.verify"', [4]],
    ['  eventType eq"and"  ', []],
  ];
  it.each(cases)("%s", async (filter, wanted) => {
    const { okta, events } = await startFull();
    const { status, body } = await read(okta, `/api/v1/logs?filter=${encodeURIComponent(filter)}`);
    expect([status, body]).toEqual([200, wanted.map((index) => events[index])]);
  });

  it("find an event by its id, and those of one person", async () => {
    const { okta, events } = await startFull();
    const [first] = events;
    const found = async (filter: string) =>
      (await read(okta, `/api/v1/logs?filter=${encodeURIComponent(filter)}`)).body;
    expect(await found(`uuid eq "${first?.uuid}"`)).toEqual([first]);
    expect(await found(`actor.id eq "${first?.actor.id}"`)).toEqual(events.slice(0, 5));
  });

  it.each([
    "",
    "eventType",
    "eventType eq",
    'eventType eq "x',
    "eventType eq x",
    '"eventType" eq "x"',
    'eventType eq "x" and',
    'eventType eq "x" eventType eq "y"',
    'or eventType eq "x"',
    '(eventType eq "x"',
    'eventType eq "x")',
    "()",
    'published gt "2026"',
    'eventType co "x"',
    'constructor eq "x"',
    'eventType eq "x" & uuid eq "y"',
  ])("refused: %s", async (filter) => {
    const { okta } = await startWithJane();
    const answer = await okta.call("GET", `/api/v1/logs?filter=${encodeURIComponent(filter)}`);
    expect(answer).toMatchObject({ status: 400, body: { errorCode: "E0000053" } });
  });
});
