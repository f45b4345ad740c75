import { once } from "node:events";
import { request as open } from "node:http";
import { connect } from "node:net";
import { generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { GoogleNotice } from "../../../../sandbox/google/notices.ts";
import { deploy, source } from "../functions/deployed.ts";
import { type Local, PARENT, PROJECT, startLocal } from "../local.ts";

/** A function that does as the path says. */
const SOURCE = source(
  `async (request, response) => {
  const url = new URL(request.url, "http://function");
  if (url.pathname === "/echo") return response.json({ method: request.method, url: request.url, raw: request.rawHeaders, body: (request.rawBody ?? "").toString() });
  if (url.pathname === "/log") console.log(JSON.stringify({ message: "headers", names: Object.keys(request.headers) }));
  if (url.pathname === "/stream") { response.write("first\\n"); waiting = () => response.end("last\\n"); return; }
  if (url.pathname === "/go") { waiting(); return response.send("gone"); }
  if (url.pathname === "/never") { console.log(JSON.stringify({ message: "asked" })); response.on("close", () => console.log(JSON.stringify({ message: "left" }))); return; }
  if (url.pathname === "/exit") process.kill(process.pid, "SIGKILL");
  if (url.pathname === "/headers") { response.statusMessage = "Sure"; response.setHeader("Set-Cookie", ["a=1", "b=2"]); return response.status(202).send("ok"); }
  if (url.pathname === "/identity") {
    const audience = url.searchParams.get("audience");
    const base = "http://" + process.env.GCE_METADATA_HOST + "/computeMetadata/v1/instance/service-accounts/default/";
    const headers = { "Metadata-Flavor": "Google" };
    return response.send(await (await fetch(base + "identity?audience=" + encodeURIComponent(audience), { headers })).text());
  }
  if (url.pathname === "/enqueue") {
    const base = "http://" + process.env.GCE_METADATA_HOST + "/computeMetadata/v1/instance/service-accounts/default/token";
    const { access_token } = await (await fetch(base, { headers: { "Metadata-Flavor": "Google" } })).json();
    const answer = await fetch(process.env.CLOUD_TASKS_ENDPOINT + "/v2/" + url.searchParams.get("queue") + "/tasks", {
      method: "POST", headers: { authorization: "Bearer " + access_token }, body: request.rawBody });
    return response.status(answer.status).send(await answer.text());
  }
  response.send("hello");
}`,
  "let waiting = () => {};",
);

let local: Local;
let url: string;
let closed: string;
let runner: string;
let stranger: string;

beforeAll(async () => {
  local = await startLocal();
  runner = await local.account("runner", "roles/cloudbuild.builds.builder");
  stranger = await local.account("stranger", "roles/cloudbuild.builds.builder");
  ({ url } = await deploy(local, runner, "open", SOURCE));
  const made = await deploy(
    local,
    stranger,
    "closed",
    SOURCE,
    { serviceConfig: { timeoutSeconds: 1 } },
    false,
  );
  closed = made.url;
  await local.grant(`/v2/${PARENT}/services/closed`, "roles/run.invoker", `serviceAccount:${runner}`);
});
afterAll(() => local.google.close());

const logged = (name: string, message: string) =>
  local.noticed(
    (notice) =>
      notice.kind === "function-log" && notice.function === name && notice.line["message"] === message,
  );

async function tokenFor(audience: string, from = url): Promise<string> {
  return (await fetch(`${from}/identity?audience=${encodeURIComponent(audience)}`)).text();
}

const call = (authorization: string) => fetch(closed, { headers: { authorization } });

describe("a private service", () => {
  it("lets an account in that holds the role, by a token for this service", async () => {
    const response = await call(`Bearer ${await tokenFor(closed)}`);
    expect([response.status, await response.text()]).toEqual([200, "hello"]);
  });

  it("is closed without a token", async () => {
    expect((await fetch(closed)).status).toBe(403);
  });

  it("is closed to a token for another service", async () => {
    expect((await call(`Bearer ${await tokenFor(url)}`)).status).toBe(403);
  });

  it("is closed to an account without the role", async () => {
    await local.grant(`/v2/${PARENT}/services/closed`, "roles/run.invoker", "allUsers");
    const token = await tokenFor(closed, closed);
    const bindings = [{ role: "roles/run.invoker", members: [`serviceAccount:${runner}`] }];
    await local.call("POST", `/v2/${PARENT}/services/closed:setIamPolicy`, { policy: { bindings } });
    expect((await call(`Bearer ${token}`)).status).toBe(403);
  });

  it.each([
    ["text", "Bearer nonsense"],
    ["an access token", `Bearer ya29.c.abc`],
    ["a password", "Basic dXNlcjpwYXNz"],
  ])("answers 401 for %s", async (_case, authorization) => {
    expect((await call(authorization)).status).toBe(401);
  });

  it("answers 401 for a token that another signed", async () => {
    const { privateKey } = await generateKeyPair("RS256");
    const forged = await new SignJWT({ email: runner, email_verified: true })
      .setProtectedHeader({ alg: "RS256" })
      .setIssuer("https://accounts.google.com")
      .setAudience(closed)
      .setExpirationTime("1h")
      .sign(privateKey);
    expect((await call(`Bearer ${forged}`)).status).toBe(401);
  });

  it("answers 504 when the function does not in time", async () => {
    const authorization = `Bearer ${await tokenFor(closed)}`;
    const response = await fetch(`${closed}/never`, { headers: { authorization } });
    expect([response.status, await response.text()]).toEqual([504, "upstream request timeout\n"]);
    await logged("closed", "left");
  });
});

describe("a request passes through", () => {
  it("with its method, path, headers and body as they were", async () => {
    const raw = open(`${url}/echo?a=%2F&b=%20`, {
      method: "PURGE",
      headers: [
        "Host",
        "localhost",
        "X-Twice",
        "1",
        "X-Twice",
        "2",
        "X-MiXed",
        "Case",
        "Content-Length",
        "3",
        "Content-Type",
        "text/plain",
      ],
    });
    raw.end("abc");
    const [response] = await once(raw, "response");
    const echoed = JSON.parse((await response.setEncoding("utf8").toArray()).join(""));
    expect(echoed).toMatchObject({ method: "PURGE", url: "/echo?a=%2F&b=%20", body: "abc" });
    const names = echoed.raw.filter((_: string, index: number) => index % 2 === 0);
    expect(names.slice(0, 5)).toEqual(["Host", "X-Twice", "X-Twice", "X-MiXed", "Content-Length"]);
    expect(echoed.raw.slice(0, 8)).toEqual([
      "Host",
      "localhost",
      "X-Twice",
      "1",
      "X-Twice",
      "2",
      "X-MiXed",
      "Case",
    ]);
  });

  it("in chunks when it came so", async () => {
    const raw = open(`${url}/echo`, {
      method: "POST",
      headers: { "transfer-encoding": "chunked", "content-type": "text/plain" },
    });
    raw.write("one ");
    raw.end("two");
    const [response] = await once(raw, "response");
    const echoed = JSON.parse((await response.setEncoding("utf8").toArray()).join(""));
    expect(echoed.body).toBe("one two");
    expect(echoed.raw.map((text: string) => text.toLowerCase())).toContain("transfer-encoding");
  });

  it("with where it came from and a trace, unless it has one", async () => {
    const headersOf = async (headers: Record<string, string>) => {
      const { raw } = (await (await fetch(`${url}/echo`, { headers })).json()) as { raw: string[] };
      return Object.fromEntries(
        raw.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1]]] : [])),
      );
    };
    const added = await headersOf({ "x-forwarded-for": "10.0.0.1" });
    expect(added).toMatchObject({
      "x-forwarded-for": "10.0.0.1, 127.0.0.1",
      "x-forwarded-proto": "http",
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      "x-cloud-trace-context": expect.stringMatching(/^[0-9a-f]{32}\/\d+;o=1$/),
    });
    const own = {
      traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-00`,
      "x-cloud-trace-context": "abc/1;o=0",
    };
    expect(await headersOf(own)).toMatchObject(own);
  });

  it("and so does the answer, with status text and repeated headers", async () => {
    const response = await fetch(`${url}/headers`);
    expect([response.status, response.statusText]).toEqual([202, "Sure"]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  it("and the answer as it is written", async () => {
    const reader = (await fetch(`${url}/stream`)).body?.getReader();
    const text = async () => new TextDecoder().decode((await reader?.read())?.value);
    expect(await text()).toBe("first\n");
    await fetch(`${url}/go`);
    expect(await text()).toBe("last\n");
  });

  it("until the caller leaves, of which the function learns", async () => {
    const abort = new AbortController();
    const left = fetch(`${url}/never`, { signal: abort.signal });
    await logged("open", "asked");
    abort.abort();
    await expect(left).rejects.toThrow();
    await logged("open", "left");
  });

  it("half a body and no more leaves the service well", async () => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.write("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
    socket.destroy();
    await once(socket, "close");
    expect((await fetch(url)).status).toBe(200);
  });
});

describe("a service for only internal calls", () => {
  let hidden: string;
  beforeAll(async () => {
    const serviceConfig = { ingressSettings: "ALLOW_INTERNAL_ONLY" };
    ({ url: hidden } = await deploy(local, runner, "hidden", SOURCE, { serviceConfig }));
  });

  it.each<[string, Record<string, string>]>([
    ["without more", {}],
    ["that says where it is from", { "x-origin-mark": "yes" }],
  ])("is not found by a call from outside %s", async (_case, headers) => {
    expect((await fetch(hidden, { headers })).status).toBe(404);
  });

  it("is not found by a function either", async () => {
    const authorization = `Bearer ${await tokenFor(hidden)}`;
    expect((await fetch(hidden, { headers: { authorization } })).status).toBe(404);
  });

  it("is reached by Cloud Tasks and Cloud Scheduler, and sees nothing of how they are known", async () => {
    const queue = `${PARENT}/queues/inwards`;
    await local.call("POST", `/v2/${PARENT}/queues`, { name: queue });
    const task = { name: `${queue}/tasks/inwards`, httpRequest: { url: `${hidden}/log` } };
    await local.call("POST", `/v2/${queue}/tasks`, { task });
    const job = {
      name: `${PARENT}/jobs/inwards`,
      schedule: "0 0 1 1 *",
      httpTarget: { uri: `${hidden}/log` },
    };
    await local.call("POST", `/v1/${PARENT}/jobs`, job);
    await local.call("POST", `/v1/${PARENT}/jobs/inwards:run`, {});
    await local.google.idle();
    const statuses = local.notices.flatMap((notice) => {
      if (notice.kind === "task" && notice.task === "inwards") return [notice.status];
      return notice.kind === "schedule" && notice.job === "inwards" ? [notice.status] : [];
    });
    expect(statuses.filter((status) => status !== undefined)).toEqual([200, 200]);
    const seen = () =>
      local.notices.flatMap((notice) =>
        notice.kind === "function-log" && notice.function === "hidden" && notice.line["message"] === "headers"
          ? [notice.line["names"]]
          : [],
      );
    await expect.poll(seen).toHaveLength(2);
    expect(JSON.stringify(seen())).toContain("user-agent");
    expect(JSON.stringify(seen())).not.toContain("x-origin-mark");
  });
});

describe("a load balancer", () => {
  const behind = async (name: string, ingressSettings?: string) => {
    const serviceConfig = ingressSettings === undefined ? {} : { ingressSettings };
    const { url: direct } = await deploy(local, runner, name, SOURCE, { serviceConfig });
    const balancer = await local.google.startLoadBalancer(name);
    onTestFinished(() => balancer.close());
    return [(await fetch(direct)).status, (await fetch(balancer.url)).status];
  };

  it("reaches a service that is for load balancers, which nobody else reaches from outside", async () => {
    expect(await behind("balanced", "ALLOW_INTERNAL_AND_GCLB")).toEqual([404, 200]);
  });

  it("reaches no service that is for only internal calls, and one that is for all", async () => {
    expect(await behind("inner", "ALLOW_INTERNAL_ONLY")).toEqual([404, 404]);
    expect(await behind("outer")).toEqual([200, 200]);
  });

  it("passes bodies on, shows nothing of how it is known, and answers 502 where there is no service", async () => {
    const balancer = await local.google.startLoadBalancer("open");
    onTestFinished(() => balancer.close());
    const echoed = await fetch(`${balancer.url}/echo`, { method: "POST", body: "hello" });
    const seen = await echoed.text();
    expect(JSON.parse(seen)).toMatchObject({ method: "POST", url: "/echo", body: "hello" });
    expect(seen).not.toContain("x-origin-mark");
    const nowhere = await local.google.startLoadBalancer("nowhere");
    onTestFinished(() => nowhere.close());
    expect((await fetch(nowhere.url)).status).toBe(502);
  });
});

it("a request over 32 MiB is refused before it is read", async () => {
  const raw = open(url, { method: "POST", headers: { "content-length": 32 * 1024 * 1024 + 1 } });
  raw.on("error", () => undefined);
  raw.flushHeaders();
  const [response] = await once(raw, "response");
  raw.destroy();
  expect(response.statusCode).toBe(413);
});

it("a process that ended is started again by the next request", async () => {
  expect((await fetch(`${url}/exit`)).status).toBe(503);
  const stopped = (notice: GoogleNotice) => notice.kind === "instance" && notice.event === "stopped";
  expect(await local.noticed(stopped)).toMatchObject({ function: "open" });
  expect(await (await fetch(url)).text()).toBe("hello");
});

describe("a function that makes tasks, as its own account", () => {
  const enqueue = (queue: string, task: object) =>
    fetch(`${url}/enqueue?queue=${queue}`, { method: "POST", body: JSON.stringify({ task }) });

  it("needs the role on the queue, and to act as the account whose token the task carries", async () => {
    const queue = `${PARENT}/queues/own`;
    await local.call("POST", `/v2/${PARENT}/queues`, { name: queue });
    const task = {
      httpRequest: { url: `${closed}/`, oidcToken: { serviceAccountEmail: runner, audience: closed } },
    };
    const refused = await enqueue(queue, task);
    expect(await refused.json()).toMatchObject({
      error: { code: 403, message: expect.stringMatching(/cloudtasks\.tasks\.create.*queues\/own/) },
    });
    await local.grant(`/v2/${queue}`, "roles/cloudtasks.enqueuer", `serviceAccount:${runner}`);
    const unable = await enqueue(queue, task);
    expect(await unable.json()).toMatchObject({
      error: { code: 403, message: expect.stringContaining("actAs") },
    });
    const account = `/v1/projects/${PROJECT}/serviceAccounts/${runner}`;
    await local.grant(account, "roles/iam.serviceAccountUser", `serviceAccount:${runner}`);
    expect((await enqueue(queue, task)).status).toBe(200);
    await local.google.idle();
    expect(local.notices).toContainEqual(
      expect.objectContaining({ kind: "task", event: "finished", status: 200 }),
    );
    expect(local.notices).toContainEqual(
      expect.objectContaining({
        kind: "request",
        path: `/v2/${queue}/tasks`,
        status: 403,
        principal: runner,
      }),
    );
  });
});
