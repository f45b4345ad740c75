import { readdir, readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STYLES } from "../../sandbox/console/files.ts";
import { createCanaries } from "../security/secrets/canaries.ts";
import { type ConsoleHere, startConsoleHere, TOKEN } from "../support/console-here.ts";

describe("the console", { timeout: 120_000 }, () => {
  let here: ConsoleHere;

  beforeAll(async () => {
    here = await startConsoleHere();
  }, 120_000);
  afterAll(() => here.close(), 60_000);

  const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
    fetch(`${here.origin}/api${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-console-token": TOKEN, ...headers },
      body: JSON.stringify(body),
    });
  /** What the API answered; each test knows the shape of its own. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  const jsonOf = (answer: Response): Promise<any> => answer.json();
  const get = async (path: string) => jsonOf(await fetch(`${here.origin}/api${path}`));
  /** The first message with rows of a page's stream. */
  async function firstMessage(after: string): Promise<string> {
    const reader = (await fetch(`${here.origin}/api/stream?after=${after}`)).body?.getReader();
    let text = "";
    while (!/^data: .*$/m.test(text.slice(0, text.lastIndexOf("\n"))))
      text += new TextDecoder().decode((await reader?.read())?.value);
    await reader?.cancel();
    return text;
  }
  const signIn = async (request: object): Promise<readonly string[]> => {
    const { uuids } = await jsonOf(await post("/sign-ins", request));
    await here.clouds.idle();
    return uuids;
  };

  /** The status of a request with these headers, as a page's browser may send them. */
  function statusOf(
    path: string,
    headers: Record<string, string>,
    method = "GET",
  ): Promise<number | undefined> {
    const { port } = new URL(here.origin);
    return new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      })
        .on("error", reject)
        .end();
    });
  }

  it("refuses requests by another name, and of pages from elsewhere", async () => {
    const { host } = new URL(here.origin);
    for (const path of ["/", "/api/people", "/page/main.js"]) {
      expect(await statusOf(path, { host })).toBe(200);
      expect(await statusOf(path, { host: "rebound.example" })).toBe(403);
      expect(await statusOf(path, { host, origin: "http://page.example" })).toBe(403);
      expect(
        await statusOf(path, { host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }),
      ).toBe(403);
    }
    const followed = { host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect(await statusOf("/", followed)).toBe(200);
    expect(await statusOf("/api/people", followed)).toBe(403);
  });

  it("changes nothing without the token of its address", async () => {
    const before = here.clouds.okta.content.log().length;
    for (const path of [
      "/sign-ins",
      "/faults/okta-500",
      "/functions/grant/kill",
      "/reconcile",
      "/load",
      "/rules/try",
    ]) {
      const answer = await post(
        path,
        { login: "nobody@example.com", isOn: true },
        { "x-console-token": "guessed" },
      );
      expect(answer.status, path).toBe(403);
      expect((await jsonOf(answer)).error).toMatch(/open the address that npm start has printed/);
    }
    expect(here.clouds.okta.content.log().length).toBe(before);
    expect(here.clouds.okta.faults.calls).toEqual([]);
  });

  it("lets the browser run its own files only", async () => {
    const answer = await fetch(here.url);
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self' 'sha256-[\w+/]+=*';/);
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
    const document = await answer.text();
    expect(document).not.toMatch(/ style=| on\w+=/);
    expect(document).not.toContain(TOKEN);
    for (const path of [
      "/page/../console.ts",
      "/page/%2e%2e/console.ts",
      "/package.json",
      "/page/tsconfig.json",
    ]) {
      expect((await fetch(`${here.origin}${path}`)).status, path).toBe(404);
    }
  });

  it("gives the browser every style in one file", async () => {
    const folder = join(import.meta.dirname, "../../sandbox/console/page/styles");
    const names = (await readdir(folder)).map((name) => name.replace(/\.css$/, ""));
    expect([...STYLES].sort()).toEqual(names.sort());
    const sheet = await (await fetch(`${here.origin}/page/style.css`)).text();
    for (const name of names) expect(sheet).toContain(await readFile(join(folder, `${name}.css`), "utf8"));
  });

  it("shows every request of a sign-in, and no secret that it carried", async () => {
    const [uuid = ""] = await signIn({ login: "secretive@example.com" });
    const details = await get(`/events/${uuid}`);
    const kinds = details.steps.map(({ kind }: { kind: string }) => kind);
    expect(kinds[0]).toBe("delivery");
    expect(kinds).toEqual(
      expect.arrayContaining(["delivery", "task", "attempt", "token", "signature", "membership"]),
    );
    for (const { exchange } of details.steps) {
      expect(exchange.url).toMatch(/^http:/);
      expect(exchange.status).toBeGreaterThanOrEqual(200);
    }
    expect(details.verdicts).toMatchObject([{ rule: 0, group: "App Users", matches: true }]);

    const canaries = createCanaries();
    canaries.add("Okta API token", here.clouds.okta.apiToken);
    canaries.add("Google token of who deploys", here.clouds.google.deployerToken);
    for (const { channel, requestHeaders, requestBody, responseBody } of here.exchanges) {
      const [, token] = /^(?:Bearer|SSWS) (\S{24,})$/.exec(requestHeaders["authorization"] ?? "") ?? [];
      if (token !== undefined) canaries.add(channel === "hook" ? "hook secret" : "access token", token);
      const assertion = new URLSearchParams(requestBody).get("client_assertion");
      if (assertion !== null) canaries.add("client assertion", assertion);
      const [, given] = /"access_token":\s*"([^"]{24,})"/.exec(responseBody) ?? [];
      if (given !== undefined) canaries.add("access token", given);
    }
    for (const kind of ["hook secret", "access token", "client assertion"] as const) {
      expect(canaries.count(kind), kind).toBeGreaterThan(0);
    }
    const places = {
      details: JSON.stringify(details),
      graph: JSON.stringify(await get("/graph")),
      queue: JSON.stringify(await get("/queue")),
      log: JSON.stringify(await get("/log")),
      stream: await firstMessage(""),
      rules: JSON.stringify(await get("/rules")),
    };
    expect(places.stream).toContain(uuid);
    for (const [place, text] of Object.entries(places)) {
      for (const { kind, pieces } of canaries.list()) {
        for (const piece of pieces) expect(text.includes(piece), `${place} holds a ${kind}`).toBe(false);
      }
      expect(text, place).not.toMatch(/eyJ[\w-]{10,}\.[\w-]{10}|PRIVATE KEY/);
    }
  });

  it("goes on with a page's stream behind the last message that the page has received", async () => {
    const read = async (after: string) => {
      const text = await firstMessage(after);
      const [, id = ""] = /^id: (\S+)$/m.exec(text) ?? [];
      const [, data = "{}"] = /^data: (.*)$/m.exec(text) ?? [];
      return { id, uuids: JSON.parse(data).rows.map((row: { uuid: string }) => row.uuid) };
    };
    const [first = ""] = await signIn({ login: "first@example.com" });
    const seen = await read("");
    expect(seen.uuids).toContain(first);
    const [second = ""] = await signIn({ login: "second@example.com" });
    expect((await read(seen.id)).uuids).toEqual([second]);
    // After another run of the console a page gets everything.
    expect((await read("another.5")).uuids).toEqual(expect.arrayContaining([first, second]));
  });

  it("signs a batch of people in with one delivery", async () => {
    const uuids = await signIn({ login: "batch@example.com", count: 3, act: "signs-in", engine: "classic" });
    expect(uuids.length).toBe(3);
    const deliveries = here.exchanges.filter(
      ({ channel, requestBody }) => channel === "hook" && requestBody.includes(uuids[0] ?? "?"),
    );
    expect(deliveries.map(({ requestBody }) => JSON.parse(requestBody).data.events.length)).toEqual([3]);
    for (const login of ["batch-1@example.com", "batch-3@example.com"]) {
      const person = here.clouds.okta.content.person(login);
      expect(here.clouds.okta.groupsOf(person?.id ?? "")).toEqual(["App Users"]);
    }
  });

  it("says in a sentence what cannot be", async () => {
    const refused = async (path: string, body: unknown) => {
      const answer = await post(path, body);
      return `${answer.status} ${(await jsonOf(answer)).error}`;
    };
    expect(await refused("/sign-ins", { login: " " })).toMatch(/^400 The login must be a text/);
    expect(await refused("/sign-ins", { login: "a@example.com", act: "constructor" })).toMatch(
      /^400 "act" must be one of/,
    );
    expect(await refused("/sign-ins", { login: "a@example.com", count: 501 })).toMatch(
      /^400 The batch must be a whole number/,
    );
    expect(await refused("/faults/toString", { isOn: true })).toBe("400 There is no such fault.");
    expect(await refused("/functions/other/kill", {})).toMatch(/^400 The function must be one of/);
    expect(await refused("/load", { perSecond: 0 })).toMatch(/^400 "perSecond" must be a whole number/);
  });

  it("switches each fault on and off, and nothing is left of it", async () => {
    const faults: readonly { id: string }[] = await get("/faults");
    expect(faults.length).toBeGreaterThan(10);
    const { okta, google } = here.clouds;
    const struck = () => JSON.stringify([okta.faults.calls, okta.faults.deliveries, google.faults]);
    const whole = struck();
    for (const { id } of faults) {
      expect((await post(`/faults/${id}`, { isOn: true })).status, id).toBe(200);
      expect(struck(), id).not.toBe(whole);
      expect((await post(`/faults/${id}`, { isOn: false })).status, id).toBe(200);
      expect(struck(), id).toBe(whole);
    }
  });

  it("takes every fault and the load back before everything is destroyed", async () => {
    const { okta, google } = here.clouds;
    for (const { id } of await get("/faults")) await post(`/faults/${id}`, { isOn: true });
    await post("/load", { perSecond: 1, seconds: 600 });
    okta.limits.rates.groups = 1;
    await here.console.settle();
    expect([okta.faults.calls, okta.faults.deliveries, google.faults.sign]).toEqual([[], [], undefined]);
    expect(google.faults.clockSkewMilliseconds).toBe(0);
    expect(okta.content.windows()).toEqual([]);
    okta.limits.rates.groups = 500;
    expect((await post("/load", { perSecond: 1, seconds: 1 })).status, "no load runs").toBe(200);
    await post("/load/stop");
  });

  it("tries rules on all events, and says what is wrong with them", async () => {
    await signIn({ login: "inside@corp.example" });
    const trial = async (rules: string, event?: string) => jsonOf(await post("/rules/try", { rules, event }));
    const when = 'event.actor.alternateId.endsWith("@corp.example")';
    const good = await trial(`- {group: Corp, on: [user.session.start], when: '${when}'}`);
    expect(good.faults).toEqual([]);
    const wanted = good.people.filter(({ wanted: groups }: { wanted: string[] }) => groups.includes("Corp"));
    expect(wanted.map(({ login }: { login: string }) => login)).toEqual(["inside@corp.example"]);
    expect(good.yaml).toContain("signin-groups:rules:");
    expect(
      (await trial("- {group: Corp, on: [user.session.start], when: 'event.actor.'}")).faults,
    ).toHaveLength(1);
    expect((await trial("- {group: ")).faults[0]).toMatch(/^This is not YAML/);
    const event = {
      uuid: "e1",
      eventType: "user.session.start",
      outcome: { result: "SUCCESS" },
      actor: { id: "00u1", type: "User", alternateId: "x@other.example" },
    };
    const [verdict] = (
      await trial(`- {group: Corp, on: [user.session.start], when: '${when}'}`, JSON.stringify(event))
    ).verdicts;
    expect(verdict).toMatchObject({ group: "Corp", matches: false });
    expect(verdict.parts.at(-1)).toEqual({ text: when, value: "false" });
  });
});
