import { describe, expect, it } from "vitest";
import { startTestOkta } from "./local.ts";
import { type Behaviour, echo, hookBody, makeHook, startReceiver } from "./receiver.ts";

const HOOKS = "/api/v1/eventHooks";
const URI = "https://hooks.example.com/okta";

describe("an event hook", () => {
  it("is created active and unverified, and never shows its secret again", async () => {
    const okta = await startTestOkta();
    const headers = [{ key: "X-Environment", value: "test" }];
    const created = await okta.call("POST", HOOKS, hookBody("Sign-ins", URI, { config: { headers } }));
    const path = `${HOOKS}/${created.body.id}`;

    expect(created.status).toBe(200);
    expect(created.body).toMatchObject({
      id: expect.stringMatching(/^who\w{17}$/),
      name: "Sign-ins",
      status: "ACTIVE",
      verificationStatus: "UNVERIFIED",
      events: { type: "EVENT_TYPE", items: ["user.session.start"], filter: null },
      channel: {
        type: "HTTP",
        version: "1.0.0",
        config: { uri: URI, headers, method: "POST", authScheme: { type: "HEADER", key: "Authorization" } },
      },
    });
    const answers = [
      created,
      await okta.call("GET", path),
      await okta.call("GET", HOOKS),
      await okta.call("PUT", path, hookBody("Sign-ins", URI)),
      await okta.call("POST", `${path}/lifecycle/deactivate`),
    ];
    expect(JSON.stringify([answers.map(({ body }) => body), okta.notices])).not.toContain("hook-secret");
  });

  it("can be deleted only when inactive", async () => {
    const okta = await startTestOkta();
    const { body } = await okta.call("POST", HOOKS, hookBody("Sign-ins", URI));
    const path = `${HOOKS}/${body.id}`;

    expect((await okta.call("DELETE", path)).status).toBe(403);
    expect((await okta.call("POST", `${path}/lifecycle/deactivate`)).body.status).toBe("INACTIVE");
    expect((await okta.call("DELETE", path)).status).toBe(204);
    expect((await okta.call("GET", path)).status).toBe(404);
    expect((await okta.call("DELETE", path)).status).toBe(404);
  });

  const wrong: readonly (readonly [string, object, string])[] = [
    ["a name that is taken", hookBody("Taken", URI), "name"],
    ["no name", hookBody("", URI), "name"],
    ["an http URI", hookBody("Mine", "http://hooks.example.com/"), "invalid URL"],
    [
      "http on what only looks like loopback",
      hookBody("Mine", "http://127.0.0.1.example.com/"),
      "invalid URL",
    ],
    ["another scheme", hookBody("Mine", "ftp://127.0.0.1/"), "invalid URL"],
    ["white space in the URI", hookBody("Mine", "https://hooks.example.com/a b"), "invalid URL"],
    ["a URI that is too long", hookBody("Mine", `${URI}/${"x".repeat(1024)}`), "1024"],
    ["no events", hookBody("Mine", URI, { events: { items: [] } }), "events.items"],
    ["an event that no hook can have", events(["user.authentication.verify"]), "not eligible"],
    ["another one", events(["policy.evaluate_sign_on"]), "not eligible"],
    ["an event about hooks", events(["event_hook.delivery"]), "not eligible"],
    ["what is not an event type", events(["everything"]), "not eligible"],
    [
      "more than 300 events",
      events(Array.from({ length: 301 }, (_, index) => `user.event.n${index}`)),
      "300",
    ],
    ["a filter", hookBody("Mine", URI, { events: { filter: { type: "EXPRESSION_LANGUAGE" } } }), "filter"],
    ["another version", hookBody("Mine", URI, { channel: { version: "2.0.0" } }), "channel.version"],
    ["another channel", hookBody("Mine", URI, { channel: { type: "MAIL" } }), "channel.type"],
    ["no version", hookBody("Mine", URI, { channel: { version: undefined } }), "channel.version"],
    ["a secret without value", auth({ type: "HEADER", key: "Authorization" }), "authScheme.value"],
    ["another authentication", auth({ type: "BASIC", key: "a", value: "b" }), "authScheme.type"],
    ["a line break in the secret", auth({ type: "HEADER", key: "a", value: "b\r\nc: d" }), "printable ASCII"],
    ["a header of Okta's own", hookBody("Mine", URI, header("Accept")), "cannot be set"],
    ["a header that is none", hookBody("Mine", URI, header("not a header")), "cannot be set"],
  ];
  it.each(wrong)("with %s is refused", async (_case, body, cause) => {
    const okta = await startTestOkta();
    await okta.call("POST", HOOKS, hookBody("Taken", URI));
    const answer = await okta.call("POST", HOOKS, body);
    expect([answer.status, answer.body.errorCode]).toEqual([400, "E0000001"]);
    expect(answer.body.errorCauses[0].errorSummary).toContain(cause);
  });

  it("is refused when there are 25", async () => {
    const okta = await startTestOkta();
    for (let count = 1; count <= 25; count += 1) {
      expect((await okta.call("POST", HOOKS, hookBody(`Hook ${count}`, URI))).status).toBe(200);
    }
    expect((await okta.call("POST", HOOKS, hookBody("One more", URI))).status).toBe(400);
  });

  const changes: readonly (readonly [string, (uri: string) => object, string])[] = [
    ["URI", (uri) => hookBody("Hook", `${uri}?other`), "UNVERIFIED"],
    ["secret", (uri) => hookBody("Hook", uri, { config: { authScheme: secret("other") } }), "UNVERIFIED"],
    ["headers", (uri) => hookBody("Hook", uri, header("X-Environment")), "UNVERIFIED"],
    ["name", (uri) => hookBody("Renamed", uri), "VERIFIED"],
    [
      "events",
      (uri) => hookBody("Hook", uri, { events: { items: ["user.authentication.sso"] } }),
      "VERIFIED",
    ],
  ];
  it.each(changes)("with another %s", async (_case, body, verificationStatus) => {
    const okta = await startTestOkta();
    const receiver = await startReceiver();
    const id = await makeHook(okta, "Hook", receiver.url);
    const answer = await okta.call("PUT", `${HOOKS}/${id}`, body(receiver.url));
    expect(answer.body.verificationStatus).toBe(verificationStatus);
  });
});

describe("verification", () => {
  async function verify(behaviour: Behaviour) {
    const okta = await startTestOkta();
    const receiver = await startReceiver(behaviour);
    const hook = await okta.call("POST", HOOKS, hookBody("Sign-ins", receiver.url, header("X-Environment")));
    const path = `${HOOKS}/${hook.body.id}`;
    const answer = await okta.call("POST", `${path}/lifecycle/verify`);
    const { verificationStatus } = (await okta.call("GET", path)).body;
    return { okta, receiver, answer, verificationStatus, hookId: hook.body.id };
  }

  it("is a GET with a challenge and the configured headers, once", async () => {
    const { okta, receiver, answer, verificationStatus, hookId } = await verify(echo);

    expect(answer.status).toBe(200);
    expect([answer.body.verificationStatus, verificationStatus]).toEqual(["VERIFIED", "VERIFIED"]);
    expect(receiver.received).toHaveLength(1);
    expect(receiver.received[0]).toMatchObject({
      method: "GET",
      url: "/hook",
      body: "",
      headers: {
        authorization: "Bearer hook-secret",
        "x-environment": "value",
        "x-okta-verification-challenge": expect.stringMatching(/./),
      },
    });
    expect(okta.noticesOf("verification")).toEqual([
      {
        kind: "verification",
        hookId,
        hookName: "Sign-ins",
        ok: true,
        status: 200,
        milliseconds: expect.any(Number),
      },
    ]);
    expect(okta.noticesOf("event")).toMatchObject([{ eventType: "event_hook.verified", result: "SUCCESS" }]);
  });

  const failures: readonly (readonly [string, Behaviour, number, string])[] = [
    ["an error, twice", (response) => response.writeHead(500).end(), 2, "it answered 500"],
    ["a refusal, twice", (response) => response.writeHead(401).end(), 2, "it answered 401"],
    ["a closed connection, twice", (response) => response.destroy(), 2, "no answer"],
    ["a redirect", (response) => response.writeHead(302, { location: "/" }).end(), 1, "it answered 302"],
    ["no JSON", (response) => response.end("challenge"), 1, "not JSON"],
    [
      "another challenge",
      (response) => response.end('{"verification":"x"}'),
      1,
      "does not hold the challenge",
    ],
    [
      "the challenge as it is",
      (response, { headers }) => response.end(JSON.stringify(headers["x-okta-verification-challenge"])),
      1,
      "does not hold the challenge",
    ],
  ];
  it.each(failures)("fails after %s", async (_case, behaviour, attempts, reason) => {
    const { okta, receiver, answer, verificationStatus } = await verify(behaviour);

    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ errorCode: "E0000001" });
    expect(verificationStatus).toBe("UNVERIFIED");
    expect(receiver.received).toHaveLength(attempts);
    expect(okta.noticesOf("verification")).toMatchObject([
      { ok: false, reason: expect.stringContaining(reason) },
    ]);
    expect(okta.noticesOf("event")).toMatchObject([{ eventType: "event_hook.verified", result: "FAILURE" }]);
  });

  it("succeeds when the second attempt does", async () => {
    const { receiver, verificationStatus } = await verify((response, received, index) =>
      index === 0 ? response.writeHead(503).end() : echo(response, received, index),
    );
    expect([receiver.received.length, verificationStatus]).toEqual([2, "VERIFIED"]);
  });

  it("gives up when nobody answers in 3 seconds, twice", async () => {
    const { okta, receiver } = await verify(() => undefined);
    expect(okta.noticesOf("verification")).toMatchObject([{ reason: "no answer within 3 seconds" }]);
    expect(receiver.received).toHaveLength(2);
  });

  it("does not count for a channel that was changed meanwhile", async () => {
    const okta = await startTestOkta();
    const { promise: asked, resolve: ask } = Promise.withResolvers<() => void>();
    const receiver = await startReceiver((response, received, index) =>
      ask(() => echo(response, received, index)),
    );
    const hook = await okta.call("POST", HOOKS, hookBody("Sign-ins", receiver.url));
    const path = `${HOOKS}/${hook.body.id}`;
    const verification = okta.call("POST", `${path}/lifecycle/verify`);
    const answerNow = await asked;
    await okta.call("PUT", path, hookBody("Sign-ins", `${receiver.url}?other`));
    answerNow();

    expect((await verification).status).toBe(400);
    expect((await okta.call("GET", path)).body.verificationStatus).toBe("UNVERIFIED");
  });
});

function events(items: readonly string[]): object {
  return hookBody("Mine", URI, { events: { items } });
}

function secret(value: string): object {
  return { type: "HEADER", key: "Authorization", value };
}

function auth(authScheme: object): object {
  return hookBody("Mine", URI, { config: { authScheme } });
}

function header(key: string) {
  return { config: { headers: [{ key, value: "value" }] } };
}
