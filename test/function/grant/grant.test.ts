import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { wireGrant } from "../../../function/grant/grant.ts";
import { connectToOkta } from "../../../function/shared/okta/transport.ts";
import { nodeRuntime } from "../../../function/shared/runtime.ts";
import { type FunctionHere, startFunctionHere } from "../../support/function-here.ts";
import { type FakeGoogle, giveToken, googleError, startFakeGoogle } from "../../support/google.ts";

/** Okta's two endpoints that grant calls, answering as a test says. */
interface FakeOkta {
  readonly url: string;
  readonly tokenRequests: URLSearchParams[];
  readonly puts: { path: string; authorization: string }[];
  /** Paths of the lists of members that were asked for. */
  readonly lists: string[];
  token: (form: URLSearchParams, position: number) => Response | Promise<Response>;
  put: (position: number) => Response | Promise<Response>;
  list: () => Response | Promise<Response>;
  close(): void;
}

const task = {
  groupId: "00gAppUsers",
  userId: "00uNewcomer",
  eventUuid: "0aa1bb22",
  eventType: "user.session.start",
  published: "2026-01-05T10:00:01.159Z",
};

let google: FakeGoogle;
let okta: FakeOkta;
let grant: FunctionHere;

beforeEach(async () => {
  google = await startFakeGoogle();
  okta = await startFakeOkta();
  const environment = {
    OKTA_ORG_URL: okta.url,
    OKTA_CLIENT_ID: "0oaClient",
    OKTA_KEY_ID: "key-1",
    SIGNING_KEY_VERSION: "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
    RATE_LIMIT_RESERVE_PERCENT: "10",
    GROUP_IDS: "00gAppUsers,00gContractors",
    TASK_SECONDS: "4",
    MEMBER_SNAPSHOT_SECONDS: "600",
    QUEUE_RETRY_SECONDS: "604800",
    PROJECT: "acme",
    GCE_METADATA_HOST: google.metadataHost,
    CLOUD_KMS_ENDPOINT: google.url,
  };
  grant = await startFunctionHere((log) => wireGrant(log, environment, { ...nodeRuntime(), connectToOkta }));
});

afterEach(() => {
  grant.stop();
  okta.close();
  google.close();
});

async function startFakeOkta(): Promise<FakeOkta> {
  const app = new Hono();
  app.post("/oauth2/v1/token", async (context) => {
    const form = new URLSearchParams(await context.req.text());
    okta.tokenRequests.push(form);
    return okta.token(form, okta.tokenRequests.length);
  });
  app.put("*", (context) => {
    okta.puts.push({ path: context.req.path, authorization: context.req.header("authorization") ?? "" });
    return okta.put(okta.puts.length);
  });
  app.get("/api/v1/groups/:groupId/users", (context) => {
    okta.lists.push(context.req.path);
    return okta.list();
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    tokenRequests: [],
    puts: [],
    lists: [],
    token: (_form, position) => tokenAnswer(`okta-token-${position}`),
    put: () => new Response(null, { status: 204 }),
    list: () => Response.json([]),
    close: () => server.close(),
  };
}

function tokenAnswer(token: string): Response {
  return Response.json({
    token_type: "Bearer",
    expires_in: 3600,
    access_token: token,
    scope: "okta.groups.manage",
  });
}

function oktaError(status: number, errorCode: string, errorSummary = ""): Response {
  return Response.json(
    { errorCode, errorSummary, errorLink: errorCode, errorId: "oae1", errorCauses: [] },
    { status, headers: { "x-okta-request-id": "request-1" } },
  );
}

/** The same task for another person. */
function of(userId: string): typeof task {
  return { ...task, userId };
}

function run(body: unknown = task, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(grant.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

describe("the token", () => {
  it("is asked for with an assertion that Cloud KMS signed, and is used for many tasks", async () => {
    const answers = await Promise.all(["00u1", "00u2", "00u3"].map((userId) => run(of(userId))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await run(of("00u4"))).status).toBe(200);
    expect(okta.puts.map(({ authorization }) => authorization)).toEqual(Array(4).fill("Bearer okta-token-1"));
    expect(okta.tokenRequests).toHaveLength(1);

    const [form] = okta.tokenRequests;
    expect(form?.get("grant_type")).toBe("client_credentials");
    expect(form?.get("scope")).toBe("okta.groups.manage");
    expect(form?.get("client_assertion_type")).toBe("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    const { payload, protectedHeader } = await jwtVerify(
      form?.get("client_assertion") ?? "",
      google.publicKey,
      {
        issuer: "0oaClient",
        subject: "0oaClient",
        audience: `${okta.url}/oauth2/v1/token`,
        requiredClaims: ["exp", "iat", "jti"],
      },
    );
    expect(protectedHeader).toEqual({ alg: "RS256", typ: "JWT", kid: "key-1" });
    // In the past even for a clock that is two minutes behind, and not over for one that is two minutes ahead.
    expect(payload.iat).toBeLessThan(Date.now() / 1000 - 120);
    expect(payload.exp).toBeGreaterThan(Date.now() / 1000 + 120);
    expect(payload.exp).toBeLessThan(Date.now() / 1000 + 3600);
  });

  it("comes although the metadata server leaves one request without an answer", async () => {
    let requests = 0;
    google.metadata = () => {
      requests += 1;
      return requests === 1 ? new Promise(() => {}) : giveToken();
    };
    expect((await run()).status).toBe(200);
    expect(requests).toBe(2);
  });

  it("is renewed when Okta's answer lets it end at once", async () => {
    okta.token = (_form, position) => Response.json({ access_token: `short-${position}`, expires_in: 300 });
    await run();
    await run(of("00uOther"));
    expect(okta.puts.map(({ authorization }) => authorization)).toEqual(["Bearer short-1", "Bearer short-2"]);
  });

  it("is replaced once when Okta does not accept it, by a new assertion", async () => {
    okta.put = (position) =>
      position === 2
        ? oktaError(401, "E0000011", "Invalid token provided")
        : new Response(null, { status: 204 });
    await run();
    expect((await run(of("00uOther"))).status).toBe(200);
    expect(okta.tokenRequests).toHaveLength(2);
    expect(google.signatures).toBe(2);
    expect(new Set(okta.tokenRequests.map((form) => form.get("client_assertion"))).size).toBe(2);
    expect(okta.puts.at(-1)?.authorization).toBe("Bearer okta-token-2");
  });

  it("is not asked for a third time when Okta accepts none", async () => {
    okta.put = () => oktaError(401, "E0000011");
    expect((await run()).status).toBe(503);
    expect(okta.puts).toHaveLength(2);
    await grant.entry((line) => line["severity"] === "ERROR" && line["fault"] === "token-refused");
  });

  it.each([
    ["invalid_client", () => Response.json({ error: "invalid_client" }, { status: 401 }), 503, "ERROR"],
    ["a rate limit", () => oktaError(429, "E0000047"), 429, "WARNING"],
    // Okta's answer has a token or an error code.
    ["no token", () => Response.json({ token_type: "Bearer" }), 503, "ERROR"],
  ])(
    "that does not come (%s) leaves the task to the queue, and the next one asks again",
    async (_name, answer, status, severity) => {
      okta.token = (_form, position) => (position <= 1 ? answer() : tokenAnswer("later"));
      expect((await run()).status).toBe(status);
      expect(okta.puts).toEqual([]);
      await grant.entry((line) => line["severity"] === severity && line["status"] !== undefined);
      expect((await run()).status).toBe(200);
      expect(google.signatures).toBe(2);
    },
  );
});

describe("Okta's answers", () => {
  const cases: [name: string, answer: () => Response, status: number, entry: Record<string, unknown>][] = [
    ["added", () => new Response(null, { status: 204 }), 200, { severity: "INFO", outcome: "member" }],
    [
      "user gone",
      () => oktaError(404, "E0000007", "Not found: Resource not found: 00uNewcomer (User)"),
      200,
      { severity: "ERROR", reason: "user-not-found" },
    ],
    [
      "group gone",
      () => oktaError(404, "E0000007", "Not found: Resource not found: 00gAppUsers (UserGroup)"),
      200,
      { severity: "INFO", outcome: "dropped", reason: "group-not-found" },
    ],
    [
      "user deprovisioned",
      () => oktaError(403, "E0000038"),
      200,
      { severity: "ERROR", reason: "user-status" },
    ],
    ["Everyone", () => oktaError(501, "E0000060"), 200, { severity: "INFO", reason: "group-not-supported" }],
    ["an unknown code", () => oktaError(400, "E0000001"), 409, { severity: "INFO", reason: "refused" }],
    [
      "a known code at another status",
      () => oktaError(400, "E0000038"),
      409,
      { severity: "INFO", reason: "refused" },
    ],
    ["role missing", () => oktaError(403, "E0000006"), 409, { severity: "INFO", reason: "role-missing" }],
    [
      "scope missing",
      () => Response.json({ error: "insufficient_scope" }, { status: 403 }),
      503,
      { severity: "INFO", reason: "scope-missing" },
    ],
    [
      "scope missing, as a challenge",
      () => {
        const refusal = oktaError(403, "E0000006");
        refusal.headers.set("www-authenticate", 'Bearer error="insufficient_scope"');
        return refusal;
      },
      503,
      { severity: "INFO", reason: "scope-missing" },
    ],
    [
      "scope missing, as a challenge without a body",
      () => {
        const challenge = 'Bearer realm="https://acme.okta.com", error="insufficient_scope"';
        return new Response(null, { status: 403, headers: { "www-authenticate": challenge } });
      },
      503,
      { severity: "INFO", reason: "scope-missing" },
    ],
    [
      "user activating",
      () => oktaError(409, "E0000112"),
      409,
      { severity: "WARNING", reason: "user-not-ready" },
    ],
    ["read-only", () => oktaError(503, "E0000010"), 503, { severity: "WARNING", reason: "unavailable" }],
    ["internal error", () => oktaError(500, "E0000009"), 503, { severity: "WARNING", reason: "unavailable" }],
    [
      "no JSON",
      () => new Response("<html>", { status: 502 }),
      503,
      { severity: "WARNING", reason: "unavailable" },
    ],
  ];

  const html = "<html><title>Request blocked</title></html>";
  it.each<[name: string, answer: () => Response]>([
    ...[200, 202, 400, 401, 403, 404, 405, 407, 409, 410, 413, 421, 425, 451, 498].map(
      (status): [string, () => Response] => [`${status} with a page`, () => new Response(html, { status })],
    ),
    ["200 with JSON", () => Response.json({ status: "SUCCESS" })],
    ["404 with JSON of something else", () => Response.json({ error: "Not Found" }, { status: 404 })],
    ["404 with a code that is not Okta's", () => oktaError(404, "NOT_FOUND")],
    ["403 without a body", () => new Response(null, { status: 403 })],
  ])("that are not Okta's own end no task: %s", async (_name, answer) => {
    okta.put = answer;
    const response = await run();
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ outcome: "retry", reason: "foreign" });
    const { status } = answer();
    const error = await grant.entry((line) => line["severity"] === "ERROR");
    expect(error).toMatchObject({ fault: "foreign", status, remedy: expect.stringContaining("proxy") });
    okta.put = () => new Response(null, { status: 204 });
    expect((await run()).status).toBe(200);
    expect(grant.entries.filter((line) => line["severity"] === "ERROR")).toHaveLength(1);
  });

  it.each([
    ["the user", "Not found: Resource not found: 00uNewcomer (User)", "user-not-found"],
    ["the group", "Not found: Resource not found: 00gAppUsers (UserGroup)", "group-not-found"],
    ["something", "Not found", "not-found"],
  ])("that do not know %s are retried for minutes after the sign-in", async (_name, summary, reason) => {
    okta.put = () => oktaError(404, "E0000007", summary);
    const published = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    const young = await run({ ...task, published: published(8) });
    expect([young.status, await young.json()]).toEqual([409, { outcome: "retry", reason }]);
    expect(grant.entries.filter((line) => line["severity"] === "ERROR")).toEqual([]);
    expect((await run({ ...task, published: published(12) })).status).toBe(200);
    await grant.entry((line) => line["severity"] === "ERROR");
  });

  it("that do not know a group are retried for minutes after the task was queued, since backfill brings old sign-ins", async () => {
    okta.put = () => oktaError(404, "E0000007", "Not found: Resource not found: 00gAppUsers (UserGroup)");
    const queuedAt = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    expect((await run({ ...task, queuedAt: queuedAt(8) })).status).toBe(409);
    expect((await run({ ...task, queuedAt: queuedAt(12) })).status).toBe(200);
    // A person who signed in long ago and is not known was deleted.
    okta.put = () => oktaError(404, "E0000007", "Not found: Resource not found: 00uNewcomer (User)");
    expect((await run({ ...task, queuedAt: queuedAt(8) })).status).toBe(200);
    expect((await run({ ...task, published: "", queuedAt: queuedAt(8) })).status).toBe(409);
  });

  it.each(cases)("are distinguished: %s", async (_name, answer, status, entry) => {
    okta.put = answer;
    expect((await run()).status).toBe(status);
    const put = {
      path: "/api/v1/groups/00gAppUsers/users/00uNewcomer",
      authorization: "Bearer okta-token-1",
    };
    // A failure of Okta's is tried once more at once.
    expect(okta.puts).toEqual(entry["reason"] === "unavailable" ? [put, put] : [put]);
    const found = await grant.entry((line) => line["userId"] === "00uNewcomer");
    expect(found).toMatchObject({ groupId: "00gAppUsers", eventUuid: "0aa1bb22", ...entry });
    if (entry["outcome"] !== "member" && (await answer().text()).includes("errorCode")) {
      expect(found).toMatchObject({ requestId: "request-1", code: expect.stringMatching(/^E0/) });
    }
  });

  it("that don't come at all leave the task to the queue", async () => {
    await run();
    okta.close();
    okta.put = () => Promise.reject(new Error("unreachable"));
    expect((await run(of("00uOther"))).status).toBe(503);
  });
});

describe("a rate limit", () => {
  const limits = (remaining: number, reset: number) => ({
    "x-rate-limit-limit": "250",
    "x-rate-limit-remaining": String(remaining),
    "x-rate-limit-reset": String(reset),
  });
  const seconds = () => Math.ceil(Date.now() / 1000);

  it("that opens soon is waited out, and the queue hears nothing of it", async () => {
    okta.put = (position) =>
      position === 1
        ? new Response(null, { status: 429, headers: limits(0, seconds()) })
        : new Response(null, { status: 204 });
    expect((await run()).status).toBe(200);
    expect(okta.puts).toHaveLength(2);
  });

  it("that opens too late has the queue come back then", async () => {
    okta.put = () => new Response(null, { status: 204, headers: limits(0, seconds() + 50) });
    expect((await run()).status).toBe(200);
    const late = await run(of("00uLate"));
    expect(late.status).toBe(429);
    expect(await late.json()).toEqual({ outcome: "retry", reason: "rate-limited" });
    expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(45);
    expect(okta.puts).toHaveLength(1);
  });
});

describe("members", () => {
  it("cost no call, however often they sign in, once the list is read", async () => {
    okta.list = () => Response.json([{ id: "00uMember" }, { id: "00uOther" }]);
    for (const userId of ["00u1", "00u2"]) expect((await run(of(userId))).status).toBe(200);
    for (const userId of ["00uMember", "00uOther", "00uMember"]) {
      expect((await run(of(userId))).status).toBe(200);
    }
    expect(okta.puts).toHaveLength(2);
    expect(okta.lists).toEqual(["/api/v1/groups/00gAppUsers/users"]);
    await grant.entry((line) => line["outcome"] === "member" && line["known"] === true);
  });

  it("are added without the list when Okta does not give it, which is warned about once", async () => {
    okta.list = () => oktaError(403, "E0000006");
    for (const userId of ["00u1", "00u2", "00u3"]) expect((await run(of(userId))).status).toBe(200);
    expect(okta.puts).toHaveLength(3);
    expect(grant.entries.filter((line) => line["severity"] === "WARNING" && line["groupId"])).toHaveLength(1);
  });

  it("who sign in many times at once cost one call", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => run()));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(okta.puts).toHaveLength(1);
  });
});

describe("an error that needs an administrator", () => {
  it("is one error with its remedy, not one for each sign-in, and is reported when it is resolved", async () => {
    okta.put = () => oktaError(403, "E0000006");
    // Not 503, for which Cloud Tasks would slow down the tasks of all groups.
    for (const userId of ["00u1", "00u2", "00u3"]) expect((await run(of(userId))).status).toBe(409);
    const errors = grant.entries.filter((line) => line["severity"] === "ERROR");
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      fault: "role-missing",
      groupId: "00gAppUsers",
      status: 403,
      code: "E0000006",
      requestId: "request-1",
      remedy: expect.stringContaining("pulumi up --refresh"),
    });

    okta.put = () => new Response(null, { status: 204 });
    expect((await run()).status).toBe(200);
    await grant.entry(
      (line) => line["severity"] === "INFO" && line["fault"] === "role-missing" && line["tasks"] === 3,
    );
  });

  it("is known to last since the oldest waiting task was queued, whatever instance reports it", async () => {
    okta.put = () => oktaError(403, "E0000006");
    const queuedAt = new Date(Date.now() - 5 * 3600_000).toISOString();
    await run({ ...task, queuedAt });
    const error = await grant.entry((line) => line["severity"] === "ERROR");
    expect(error).toMatchObject({ fault: "role-missing", since: queuedAt });
  });

  it.each([
    ["disabled", () => googleError(400, "FAILED_PRECONDITION"), "versions enable"],
    ["gone", () => googleError(404, "NOT_FOUND"), "signingKeyRotation"],
    ["out of reach", () => googleError(403, "PERMISSION_DENIED"), "pulumi up --refresh"],
  ])("is one error when the signing key is %s", async (_name, answer, remedy) => {
    google.kms = answer;
    for (const userId of ["00u1", "00u2", "00u3"]) expect((await run(of(userId))).status).toBe(503);
    const errors = grant.entries.filter((line) => line["severity"] === "ERROR");
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      fault: "signing-key-unusable",
      remedy: expect.stringContaining(remedy),
    });
    const each = grant.entries.filter((line) => line["outcome"] === "retry");
    expect(each.map((line) => line["severity"])).toEqual(["INFO", "INFO", "INFO"]);
    google.kms = () => undefined;
    expect((await run()).status).toBe(200);
    await grant.entry((line) => line["fault"] === "signing-key-unusable" && line["tasks"] === 3);
  });

  it.each([
    ["a page of a proxy", () => new Response("<html>", { status: 403 }), "foreign"],
    ["another 404", () => Response.json({ error: "no route" }, { status: 404 }), "foreign"],
    ["invalid_client", () => Response.json({ error: "invalid_client" }, { status: 401 }), "token-refused"],
  ])("is named after who refused the token: %s", async (_name, answer, fault) => {
    okta.token = answer;
    expect((await run()).status).toBe(503);
    expect(await grant.entry((line) => line["severity"] === "ERROR")).toMatchObject({ fault });
  });

  it.each([
    [
      "group-not-found",
      () => oktaError(404, "E0000007", "Not found: Resource not found: 00g (UserGroup)"),
      "replay",
    ],
    ["group-not-supported", () => oktaError(501, "E0000060"), "pulumi up"],
    ["scope-missing", () => Response.json({ error: "insufficient_scope" }, { status: 403 }), "--refresh"],
    ["token-refused", () => oktaError(401, "E0000011"), "signingKeyRotation"],
  ])("says how: %s", async (fault, answer, remedy) => {
    okta.put = answer;
    await run();
    const entry = await grant.entry((line) => line["severity"] === "ERROR");
    expect(entry).toMatchObject({ fault, remedy: expect.stringContaining(remedy) });
  });
});

describe("tasks", () => {
  it.each([
    ["an id that would leave its path", { ...task, userId: "../../x" }],
    ["no user", { groupId: "00gAppUsers" }],
    ["no object", 7],
  ])("with %s end without a call to Okta", async (_name, body) => {
    const response = await run(body);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ outcome: "dropped" });
    expect(okta.puts).toEqual([]);
    await grant.entry((line) => line["severity"] === "ERROR" && line["outcome"] === "dropped");
  });

  it("of a group that this revision does not know wait for the revision that does", async () => {
    const response = await run({ ...task, groupId: "00gNextRevision" });
    expect([response.status, await response.json()]).toEqual([
      409,
      { outcome: "retry", reason: "group-unknown" },
    ]);
    expect(okta.puts).toEqual([]);
    const ids = { groupId: "00gNextRevision", userId: "00uNewcomer", eventUuid: "0aa1bb22" };
    await grant.entry((line) => line["userId"] === "00uNewcomer" && line["outcome"] === "retry");
    expect(grant.entries).toContainEqual(expect.objectContaining({ ...ids, severity: "INFO" }));
    const error = await grant.entry((line) => line["severity"] === "ERROR");
    expect(error).toMatchObject({
      fault: "group-unknown",
      groupId: "00gNextRevision",
      remedy: expect.stringContaining("pulumi up"),
    });
  });

  it("that the queue gives up within a day are one error, and each is in the log", async () => {
    okta.put = () => oktaError(403, "E0000006");
    const queuedAt = (hours: number) => new Date(Date.now() - hours * 3600_000).toISOString();
    await run({ ...task, queuedAt: queuedAt(100) });
    expect(grant.entries.filter((line) => line["givenUpAt"] !== undefined)).toEqual([]);
    const oldest = queuedAt(7 * 24 - 1);
    await run({ ...of("00u1"), queuedAt: oldest });
    await run({ ...of("00u2"), queuedAt: queuedAt(7 * 24 - 20) });
    const errors = grant.entries.filter((line) => line["fault"] === "giving-up");
    expect(errors).toEqual([
      expect.objectContaining({ severity: "ERROR", since: oldest, groupId: "00gAppUsers" }),
    ]);
    expect(errors[0]?.["remedy"]).toContain("npm run replay");
    for (const userId of ["00u1", "00u2"]) {
      expect(grant.entries).toContainEqual(
        expect.objectContaining({ userId, givenUpAt: expect.any(String), published: task.published }),
      );
    }
  });

  it("come by POST only", async () => {
    expect((await fetch(grant.url)).status).toBe(405);
  });
});

describe("the audit record", () => {
  const origin = { rule: 2, source: "hook", deliveryId: "7c1d3a52-0000-4000-8000-000000000001" };

  it("says of a membership who, where, by which rule and event, how it was found, how often it was tried and how long it took", async () => {
    const published = new Date(Date.now() - 90_000).toISOString();
    const queuedAt = new Date(Date.now() - 80_000).toISOString();
    const headers = { "x-cloudtasks-taskretrycount": "3", "x-cloudtasks-taskexecutioncount": "1" };
    await run({ ...task, ...origin, published, queuedAt }, headers);
    const { delaySeconds, ...entry } = await grant.entry(({ event }) => event === "membership");
    expect(entry).toEqual({
      severity: "INFO",
      message: "The user is a member.",
      event: "membership",
      groupId: "00gAppUsers",
      userId: "00uNewcomer",
      eventUuid: "0aa1bb22",
      eventType: "user.session.start",
      outcome: "member",
      known: false,
      ...origin,
      published,
      queuedAt,
      deliveries: 4,
      attempts: 2,
    });
    expect(delaySeconds).toBeGreaterThanOrEqual(90);
    expect(delaySeconds).toBeLessThan(150);
  });

  it("is one for each task, and says whether somebody was added", async () => {
    await run(task);
    await run({ ...task, eventUuid: "another" });
    await grant.entry(({ eventUuid }) => eventUuid === "another");
    const records = grant.entries.filter(({ event }) => event === "membership");
    expect(records.map(({ known }) => known)).toEqual([false, true]);
  });

  it("counts no delay below 0 where Okta's clock is ahead, and none where the task does not say when the user signed in", async () => {
    await run({ ...task, published: new Date(Date.now() + 5_000).toISOString() });
    expect(await grant.entry(({ event }) => event === "membership")).toMatchObject({ delaySeconds: 0 });
    await run({ ...of("00uOther"), published: "" });
    const other = await grant.entry(({ userId }) => userId === "00uOther");
    expect(other).not.toHaveProperty("delaySeconds");
  });

  it("leaves out headers that are not numbers", async () => {
    await run(task, { "x-cloudtasks-taskretrycount": "many", "x-cloudtasks-taskexecutioncount": "" });
    const entry = await grant.entry(({ event }) => event === "membership");
    expect(entry).not.toHaveProperty("deliveries");
    expect(entry).not.toHaveProperty("attempts");
  });
});

it("says how long a task that has to wait has waited since the sign-in", async () => {
  okta.put = () => oktaError(403, "E0000006");
  await run({ ...task, published: new Date(Date.now() - 400_000).toISOString() });
  const entry = await grant.entry(({ event }) => event === "membership-waits");
  expect(entry).toMatchObject({ outcome: "retry", reason: "role-missing" });
  expect(entry["delaySeconds"]).toBeGreaterThanOrEqual(400);
});

it("logs neither tokens nor assertions", async () => {
  await run();
  const [form] = okta.tokenRequests;
  const text = JSON.stringify(grant.entries);
  for (const value of ["okta-token-1", "google-token", form?.get("client_assertion") ?? "an assertion"]) {
    expect(text).not.toContain(value);
  }
});
