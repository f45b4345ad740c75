import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { wireReceive } from "../../../function/receive/receive.ts";
import { challengeSecretOf } from "../../../function/shared/challenge-secret.ts";
import type { Rule } from "../../../function/shared/contract.ts";
import { nodeRuntime } from "../../../function/shared/runtime.ts";
import { delivery, signInEvent } from "../../support/deliveries.ts";
import { type FunctionHere, startFunctionHere } from "../../support/function-here.ts";
import { startFunction } from "../../support/function-process.ts";
import { type FakeGoogle, giveToken, googleError, startFakeGoogle, takeTasks } from "../../support/google.ts";

const secret = "s3cret-of-the-hook";
const previous = "s3cret-before-it";
const rules: Rule[] = [
  { groupId: "00gAppUsers", on: ["user.session.start"] },
  {
    groupId: "00gContractors",
    on: ["user.authentication.sso"],
    when: 'event.actor.alternateId.endsWith("@contractor.example")',
  },
];
const good = { authorization: `Bearer ${secret}`, "content-type": "application/json" };

let google: FakeGoogle;
let receive: FunctionHere;

beforeAll(async () => {
  google = await startFakeGoogle();
  receive = await startHere();
});

function startHere(): Promise<FunctionHere> {
  return startFunctionHere((log) => wireReceive(log, environment(), nodeRuntime()));
}

function environment(): Record<string, string> {
  return {
    RULES: JSON.stringify(rules),
    QUEUE: "projects/p/locations/l/queues/q",
    GRANT_URL: "https://grant.example.com",
    PROJECT: "acme",
    HOOK_SECRET: secret,
    HOOK_SECRET_PREVIOUS: previous,
    GCE_METADATA_HOST: google.metadataHost,
    CLOUD_TASKS_ENDPOINT: google.url,
  };
}

afterAll(() => {
  receive.stop();
  google.close();
});

beforeEach(() => {
  google.tasks.length = 0;
  google.behaviour = takeTasks();
});

function post(
  body: NonNullable<RequestInit["body"]>,
  headers: Record<string, string> = good,
): Promise<Response> {
  return fetch(receive.url, { method: "POST", headers, body, duplex: "half" });
}

function deliver(...events: unknown[]): Promise<Response> {
  return post(JSON.stringify(delivery(...events)));
}

/** A good delivery still works after whatever came before it. */
async function expectHealthy(): Promise<void> {
  google.behaviour = takeTasks();
  google.tasks.length = 0;
  const response = await deliver(signInEvent());
  expect(response.status).toBe(204);
  expect(google.tasks).toHaveLength(1);
}

describe("verification", () => {
  it("echoes the challenge as JSON", async () => {
    const response = await fetch(receive.url, {
      headers: { authorization: `Bearer ${secret}`, "X-Okta-Verification-Challenge": "abc" },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ verification: "abc" });
  });

  it("needs the secret too", async () => {
    const response = await fetch(receive.url, { headers: { "x-okta-verification-challenge": "abc" } });
    expect(response.status).toBe(401);
  });

  it("needs a challenge", async () => {
    const response = await fetch(receive.url, { headers: { authorization: `Bearer ${secret}` } });
    expect(response.status).toBe(400);
  });
});

describe("the secret of uptime checks", () => {
  it.each([secret, previous])("has a challenge answered, and a delivery refused", async (hookSecret) => {
    const authorization = `Bearer ${challengeSecretOf(hookSecret)}`;
    const challenge = await fetch(receive.url, {
      headers: { authorization, "x-okta-verification-challenge": "uptime" },
    });
    expect([challenge.status, await challenge.text()]).toEqual([200, '{"verification":"uptime"}']);
    const delivered = await post(JSON.stringify(delivery(signInEvent())), { ...good, authorization });
    expect(delivered.status).toBe(401);
    expect(google.tasks).toEqual([]);
  });
});

describe("deliveries", () => {
  it("makes one task for each event and group, and says so in one log line", async () => {
    const contractor = { id: "00uContractor", type: "User", alternateId: "someone@contractor.example" };
    const first = signInEvent();
    const second = signInEvent({ eventType: "user.authentication.sso", actor: contractor });
    const response = await deliver(first, second, signInEvent({ eventType: "user.authentication.sso" }));
    expect(response.status).toBe(204);
    expect(
      google.tasks.map((task) => [
        task.url,
        task.body["groupId"],
        task.body["userId"],
        task.body["eventUuid"],
      ]),
    ).toEqual(
      expect.arrayContaining([
        ["https://grant.example.com", "00gAppUsers", "00u1a2b3c4d5e6f7g8h9", first["uuid"]],
        ["https://grant.example.com", "00gContractors", "00uContractor", second["uuid"]],
      ]),
    );
    expect(google.tasks).toHaveLength(2);
    for (const { name } of google.tasks) {
      expect(name).toMatch(/^projects\/p\/locations\/l\/queues\/q\/tasks\/[0-9a-f]{64}$/);
    }
    const entry = await receive.entry((line) => line["event"] === "delivery-taken" && line["queued"] === 2);
    expect(entry).toMatchObject({ severity: "INFO", events: 3, skipped: 0, alreadyQueued: 0, failed: 0 });
  });

  it.each([
    ["a failed password", { outcome: { result: "FAILURE", reason: "INVALID_CREDENTIALS" } }],
    [
      "an unknown user",
      { outcome: { result: "FAILURE" }, actor: { id: "unknown", type: "User", alternateId: "hunter2" } },
    ],
    ["an unknown user that claims success", { actor: { id: "unknown", type: "User" } }],
    ["an actor that is not a person", { actor: { id: "0oaSystem", type: "SystemPrincipal" } }],
    ["no outcome", { outcome: null }],
    ["another event type", { eventType: "user.session.end" }],
  ])("makes no task for %s", async (_name, changes) => {
    const response = await deliver(signInEvent(changes));
    expect(response.status).toBe(204);
    expect(google.tasks).toEqual([]);
  });

  it.each([
    ["no uuid", { uuid: undefined }],
    ["no actor", { actor: null }],
    ["an id that would leave its path", { actor: { id: "../../x", type: "User" } }],
    ["no object", 7],
  ])("skips and logs an event with %s, and takes the rest of the batch", async (_name, changes) => {
    const bad = typeof changes === "number" ? changes : signInEvent(changes);
    const response = await deliver(bad, signInEvent());
    expect(response.status).toBe(204);
    expect(google.tasks).toHaveLength(1);
    await receive.entry((line) => line["severity"] === "ERROR" && line["index"] === 0);
  });

  it("takes unknown fields, a chain under request, and an empty batch", async () => {
    const response = await deliver(
      signInEvent({
        client: null,
        request: { ipChain: [{ ip: "203.0.113.9" }] },
        insertionTimestamp: null,
        "new": [1],
      }),
    );
    expect(response.status).toBe(204);
    expect(google.tasks).toHaveLength(1);
    expect((await deliver()).status).toBe(204);
  });

  it("queues an event once however often it comes", async () => {
    const event = signInEvent();
    expect((await deliver(event, event)).status).toBe(204);
    expect((await deliver(event)).status).toBe(204);
    expect(google.tasks).toHaveLength(1);
  });

  it("takes 500 events", async () => {
    // In time only where the queue is not in the same process.
    const own = await startFunction("receive", environment());
    onTestFinished(() => own.stop());
    const events = Array.from({ length: 500 }, () => signInEvent());
    const body = JSON.stringify(delivery(...events));
    expect((await fetch(own.url, { method: "POST", headers: good, body })).status).toBe(204);
    expect(new Set(google.tasks.map((task) => task.body["eventUuid"]))).toEqual(
      new Set(events.map((event) => event["uuid"])),
    );
  });

  it("asks for another delivery when one of the tasks could not be queued, and then completes", async () => {
    const events = [signInEvent(), signInEvent(), signInEvent()];
    const take = takeTasks();
    google.behaviour = (task, position) =>
      task.body["eventUuid"] === events[1]?.["uuid"] ? googleError(503, "UNAVAILABLE") : take(task, position);
    const response = await deliver(...events);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: "1 of 3 tasks could not be queued. Deliver again." });
    google.behaviour = take;
    expect((await deliver(...events)).status).toBe(204);
    expect(google.tasks).toHaveLength(3);
  });

  it("answers 503 in time when the queue never answers", async () => {
    google.behaviour = () => new Promise(() => {});
    const response = await deliver(signInEvent());
    expect(response.status).toBe(503);
    const entry = await receive.entry((line) =>
      String(line["reasons"]).includes("the time for an answer was up"),
    );
    // Okta waits 3,000 ms; this is the function's own account of the time it took.
    expect(entry["milliseconds"]).toBeLessThan(3_000);
    await expectHealthy();
  });

  it("answers 503 in time when no credentials can be had", async () => {
    const own = await startHere();
    google.metadata = () => new Promise(() => {});
    const body = JSON.stringify(delivery(signInEvent()));
    expect((await fetch(own.url, { method: "POST", headers: good, body })).status).toBe(503);
    google.metadata = giveToken;
    expect(google.tasks).toEqual([]);
    own.stop();
  });

  it("takes a delivery although the metadata server leaves one request without an answer", async () => {
    const own = await startHere();
    let requests = 0;
    google.metadata = () => {
      requests += 1;
      return requests === 1 ? new Promise(() => {}) : giveToken();
    };
    const body = JSON.stringify(delivery(signInEvent()));
    expect((await fetch(own.url, { method: "POST", headers: good, body })).status).toBe(204);
    expect([requests, google.tasks.length]).toEqual([2, 1]);
    google.metadata = giveToken;
    own.stop();
  });

  it.each([
    ["a page of something in between, with 200", () => new Response("<html>blocked</html>")],
    ["a 409 that is not the queue's own", () => new Response("<html>conflict</html>", { status: 409 })],
    ["another conflict of the queue's", () => googleError(409, "ABORTED")],
  ])("asks for the delivery once more after %s", async (_name, answer) => {
    google.behaviour = answer;
    expect((await deliver(signInEvent())).status).toBe(503);
    expect(await receive.entry((line) => line["failed"] === 1)).toMatchObject({ severity: "ERROR" });
  });

  it("takes a condition that fails on an event as no match, and logs it once", async () => {
    const event = () =>
      signInEvent({ eventType: "user.authentication.sso", actor: { id: "00uNoLogin", type: "User" } });
    expect((await deliver(event(), event())).status).toBe(204);
    expect((await deliver(event())).status).toBe(204);
    expect(google.tasks).toEqual([]);
    const entries = receive.entries.filter((line) =>
      String(line["message"]).startsWith("A rule's condition failed"),
    );
    expect(entries).toEqual([expect.objectContaining({ severity: "WARNING", groupId: "00gContractors" })]);
  });
});

describe("secrets", () => {
  it.each([
    ["the current secret", `Bearer ${secret}`, 204],
    ["the secret before the last rotation", `Bearer ${previous}`, 204],
    ["none", undefined, 401],
    ["an empty one", "", 401],
    ["another", "Bearer other", 401],
    ["the beginning of it", `Bearer ${secret.slice(0, -1)}`, 401],
    ["more than it", `Bearer ${secret}x`, 401],
    ["another case", `Bearer ${secret.toUpperCase()}`, 401],
    ["no scheme", secret, 401],
    ["both", `Bearer ${secret}, Bearer ${previous}`, 401],
    ["a very long one", `Bearer ${"x".repeat(10_000)}`, 401],
  ])("answers %s", async (_name, authorization, status) => {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (authorization !== undefined) headers["authorization"] = authorization;
    const response = await post(JSON.stringify(delivery(signInEvent())), headers);
    expect(response.status).toBe(status);
    expect(google.tasks).toHaveLength(status === 204 ? 1 : 0);
  });
});

describe("hostile deliveries", () => {
  const twoMebibytes = JSON.stringify(delivery({ filler: "x".repeat(2 * 1024 * 1024) }));
  const deep = `{"data":${"[".repeat(150_000)}${"]".repeat(150_000)}}`;
  const cases: [name: string, request: () => Promise<Response>, status: number][] = [
    ["HEAD", () => fetch(receive.url, { method: "HEAD", headers: good }), 405],
    ["PUT", () => fetch(receive.url, { method: "PUT", headers: good, body: "{}" }), 405],
    ["no authentication with 2 MiB", () => post(twoMebibytes, { "content-type": "application/json" }), 401],
    ["2 MiB", () => post(twoMebibytes), 413],
    ["2 MiB in chunks", () => post(new Blob([twoMebibytes]).stream()), 413],
    ["another content type", () => post("{}", { ...good, "content-type": "text/plain" }), 415],
    ["no content type", () => post(new Uint8Array([123, 125]), { authorization: good.authorization }), 415],
    ["gzip", () => post(gzipSync("{}"), { ...good, "content-encoding": "gzip" }), 415],
    ["no JSON", () => post("{"), 400],
    ["no UTF-8", () => post(Buffer.from('{"data":{"events":[]},"x":"\xff"}', "latin1")), 400],
    ["nothing", () => post(""), 400],
    ["a number", () => post("1"), 400],
    ["null", () => post("null"), 400],
    ["no data", () => post("{}"), 400],
    ["events that are not a list", () => post('{"data":{"events":{}}}'), 400],
    ["deep nesting", () => post(deep), 400],
    [
      "deep nesting in an event",
      () => post(`{"data":{"events":[${"[".repeat(1_000)}${"]".repeat(1_000)}]}}`),
      204,
    ],
    [
      "__proto__",
      () => post('{"__proto__":{"data":{"events":[]}},"data":{"events":[{"__proto__":{"uuid":"x"}}]}}'),
      204,
    ],
  ];

  it.each(cases)("answers %s", async (_name, request, status) => {
    const response = await request();
    expect(response.status).toBe(status);
    if (status === 405) expect(response.headers.get("allow")).toBe("GET, POST");
    if (status >= 400 && response.body !== null && _name !== "HEAD") {
      expect(await response.json()).toEqual({ error: expect.stringMatching(/\.$/) });
    }
    expect(google.tasks).toEqual([]);
    await expectHealthy();
  });

  it("survives half a body", async () => {
    const socket = connect(receive.port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"data"`,
    );
    await setImmediate();
    socket.destroy();
    await receive.entry((line) => line["status"] === 503 && line["reason"] === "The body broke off.");
    await expectHealthy();
  });

  it.each([
    ["is not authentic", "Authorization: Bearer other\r\nContent-Length: 1000", 401],
    ["announces more than 1 MiB", `Authorization: Bearer ${secret}\r\nContent-Length: 1048577`, 413],
  ])("answers before the body when a request %s", async (_name, headers, status) => {
    const socket = connect(receive.port, "127.0.0.1");
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n`);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toContain(`HTTP/1.1 ${status} `);
    socket.destroy();
    await expectHealthy();
  });
});

describe("the log", () => {
  it("carries the trace", async () => {
    const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    await post(JSON.stringify(delivery()), { ...good, traceparent: `00-${trace}-00f067aa0ba902b7-01` });
    await receive.entry((line) => line["logging.googleapis.com/trace"] === `projects/acme/traces/${trace}`);
  });

  it("holds neither secrets nor what people typed, and is JSON throughout", async () => {
    const text = JSON.stringify(receive.entries);
    for (const value of [
      secret,
      previous,
      "hunter2",
      "newcomer@example.com",
      "Newcomer",
      "someone@contractor.example",
      "google-token",
    ]) {
      expect(text).not.toContain(value);
    }
    expect(receive.entries.filter((line) => "text" in line)).toEqual([]);
  });
});

describe.each(["functions-framework", "node"] as const)("the end of its process, with %s", (server) => {
  it("answers at SIGTERM what is under way, takes nothing new, and ends with 0", async () => {
    const own = await startFunction("receive", environment(), server);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const arrived = new Promise<void>((resolve) => {
      google.behaviour = async ({ name }) => {
        resolve();
        await held;
        return Response.json({ name });
      };
    });
    const underWay = fetch(own.url, {
      method: "POST",
      headers: good,
      body: JSON.stringify(delivery(signInEvent())),
    });
    await arrived;
    const ended = once(own.process, "exit");
    own.process.kill("SIGTERM");
    await own.entry((line) => String(line["message"]).startsWith("Draining"));
    await expect(fetch(own.url, { headers: good })).rejects.toThrow("fetch failed");
    release();
    expect((await underWay).status).toBe(204);
    expect(await ended).toEqual([0, null]);
    await own.stop();
  });

  it("does not start without its settings, and says which", async () => {
    await expect(startFunction("receive", { PROJECT: "acme" }, server)).rejects.toThrow(
      /receive cannot start without RULES, QUEUE, GRANT_URL, HOOK_SECRET/,
    );
  });

  it("is one entry of the log where nobody expected the error", async () => {
    const failing = encodeURI(`process.once("SIGUSR2",()=>{throw new Error("it is broken")})`);
    const own = await startFunction(
      "receive",
      { ...environment(), NODE_OPTIONS: `--import=data:text/javascript,${failing}` },
      server,
    );
    own.process.kill("SIGUSR2");
    expect(await once(own.process, "close")).toEqual([1, null]);
    expect(own.entries).toEqual([
      expect.objectContaining({
        severity: "CRITICAL",
        event: "process-failed",
        reason: "Error: it is broken",
      }),
    ]);
  });
});

describe("behind the framework's own server", () => {
  it("answers all the same", async () => {
    const own = await startFunction("receive", environment(), "functions-framework, unannounced");
    const send = (init: RequestInit) => fetch(own.url, init);
    const challenge = { authorization: good.authorization, "x-okta-verification-challenge": "abc" };
    expect(await (await send({ headers: challenge })).json()).toEqual({ verification: "abc" });
    const body = JSON.stringify(delivery(signInEvent()));
    expect((await send({ method: "POST", headers: good, body })).status).toBe(204);
    expect(google.tasks).toHaveLength(1);
    expect(
      (await send({ method: "POST", headers: { "content-type": "application/json" }, body })).status,
    ).toBe(401);
    const large = JSON.stringify("x".repeat(2 * 1024 * 1024));
    expect((await send({ method: "POST", headers: good, body: `{"large":${large}}` })).status).toBe(413);
    await own.stop();
  });
});
