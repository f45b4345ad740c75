import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readOutputs } from "../../sandbox/engine/run.ts";
import type { Refusal } from "../../sandbox/okta/model/faults.ts";
import { recordFigure } from "../security/figures.ts";
import { groupIdOf } from "./actions.ts";
import { describeEngine, type Sandbox, startSandbox, wholeProgram } from "./support.ts";
import { createTrafficWatch, type Ledger, type Traffic, type TrafficOptions } from "./traffic.ts";

/** People who sign in before, between and after updates, at least. */
const SIGN_INS = 40;

describeEngine("rotation under continuous traffic", { timeout: wholeProgram }, () => {
  const { watch, start } = createTrafficWatch();
  let sandbox: Sandbox;
  let place: string;
  let groupId: string;
  /** Paths of the signing keys in Cloud KMS, as the first update called it. */
  let keys: Set<string>;

  beforeAll(async () => {
    sandbox = await startSandbox({}, {}, watch);
    const { limits } = sandbox.clouds.okta;
    // Okta's limits do not matter here, and would make the traffic pause.
    for (const bucket of ["token", "groups", "logs"] as const) limits.rates[bucket] = 1_000_000;
    await sandbox.run("up");
    const versions = sandbox.takeWrites().map((call) => /^POST (.*)\/cryptoKeyVersions$/.exec(call)?.[1]);
    keys = new Set(versions.filter((path) => path !== undefined));
    place = String((await readOutputs(sandbox.workspace))["queue"]).replace(/\/queues\/.*/, "");
    groupId = await groupIdOf(sandbox.workspace, "App Users");
  }, wholeProgram);

  afterAll(async () => {
    await sandbox?.close();
  });

  /** Starts traffic that ends with the test, whatever becomes of it. */
  async function startTraffic(options: Omit<TrafficOptions, "clouds" | "job"> & { polls?: boolean } = {}) {
    const [job] = await namesOf(`${place}/jobs`, "jobs");
    const polled = options.polls === false ? {} : { job };
    let stopped: Promise<Ledger> | undefined;
    const running = start({ ...options, ...polled, clouds: sandbox.clouds });
    const traffic: Traffic = { ...running, stop: () => (stopped ??= running.stop()) };
    onTestFinished(async () => void (await traffic.stop()));
    await traffic.more(SIGN_INS);
    return traffic;
  }

  /** Full names of what a list of Google's holds. */
  async function namesOf(path: string, list: string): Promise<string[]> {
    const body: unknown = await (await callGoogle(`/v1/${path}`)).json();
    const items: unknown = Reflect.get(Object(body), list);
    return (Array.isArray(items) ? items : []).map((item) => String(Reflect.get(Object(item), "name")));
  }

  function callGoogle(path: string): Promise<Response> {
    const { url, deployerToken } = sandbox.clouds.google;
    return fetch(`${url}${path}`, { headers: { authorization: `Bearer ${deployerToken}` } });
  }

  /** Rotates by a changed configuration, while people sign in. */
  async function rotate(traffic: Traffic, configuration: Readonly<Record<string, number>>) {
    await sandbox.workspace.configure(settings(configuration));
    const done = await sandbox.run("up");
    await traffic.more(SIGN_INS);
    return done;
  }

  /** Nothing was refused, nothing was missed, and everybody is a member. */
  function expectNoGap(ledger: Ledger, { people }: Traffic): void {
    const { refusedDeliveries, refusedTokens, refusedCalls, failedPolls, unannounced } = ledger;
    recordFigure("sign-ins during rotation", ledger.signIns);
    recordFigure("refused deliveries during rotation", refusedDeliveries.length);
    recordFigure("failed token requests during rotation", refusedTokens.length);
    expect({ refusedDeliveries, refusedTokens, refusedCalls, failedPolls, unannounced }).toEqual({
      refusedDeliveries: [],
      refusedTokens: [],
      refusedCalls: [],
      failedPolls: [],
      unannounced: [],
    });
    expect(ledger.tokens, "tokens were asked for all the time").toBeGreaterThan(ledger.signIns / 20);
    expect(ledger.polls).toBeGreaterThan(1);
    expect(outsiders(people)).toEqual([]);
  }

  /** The people who are not in the group. */
  function outsiders(people: Traffic["people"]): string[] {
    return people.filter(({ id }) => !sandbox.clouds.okta.isMember(groupId, id)).map(({ login }) => login);
  }

  /** What there is in Okta of what a number stands on, such as `app "…, key 1"`. */
  function numbered(kind: "app" | "event hook"): string[] {
    const labels = sandbox.clouds.okta.leftovers().filter((leftover) => leftover.startsWith(`${kind} "`));
    return labels.map((label) => label.replace(/^.*signin-groups \(sandbox\)(.*)".*$/, "$1")).sort();
  }

  /** States of all versions of the signing keys. */
  async function keyVersions(): Promise<Record<string, string[]>> {
    const states: Record<string, string[]> = {};
    for (const key of keys) {
      const body: unknown = await (await callGoogle(`${key}/cryptoKeyVersions`)).json();
      const versions: unknown = Reflect.get(Object(body), "cryptoKeyVersions");
      states[key.includes("log-reader") ? "log reader" : "member writer"] = (
        Array.isArray(versions) ? versions : []
      ).map((version) => String(Reflect.get(Object(version), "state")));
    }
    return states;
  }

  /** A secret of the hook, as Secret Manager gives it out; versions count from 1. */
  async function hookSecret(version: number): Promise<string> {
    const project = place.split("/").slice(0, 2).join("/");
    const [secret] = await namesOf(`${project}/secrets`, "secrets");
    const response = await callGoogle(`/v1/${secret}/versions/${version}:access`);
    const body: unknown = await response.json();
    const payload: unknown = Reflect.get(Object(body), "payload");
    return Buffer.from(String(Reflect.get(Object(payload), "data")), "base64").toString();
  }

  /** What the receiver answers to a caller with this secret. */
  async function statusFor(secret: string): Promise<number> {
    return statusAt(await hookUrl(), secret);
  }

  async function hookUrl(): Promise<string> {
    const { hookUrl } = await readOutputs(sandbox.workspace);
    return String(hookUrl);
  }

  async function statusAt(url: string, secret: string): Promise<number> {
    const headers = { authorization: `Bearer ${secret}`, "x-okta-verification-challenge": "who-are-you" };
    return (await fetch(url, { headers })).status;
  }

  describe("of which nobody notices anything, with Cloud Functions", () => {
    it("rotates the hook's secret: no delivery is refused, none is missed, the new hook is verified in the same update", async () => {
      const traffic = await startTraffic({ refuse: busy("POST", /^\/api\/v1\/eventHooks$/, 3) });
      const done = await rotate(traffic, { hookSecretRotation: 2 });
      const ledger = await traffic.stop();
      expectNoGap(ledger, traffic);
      // The uptime check sends what is computed from the secret.
      expect(done.update).toEqual(["signin-groups-receive", "signin-groups-receiver"]);
      expect(ledger.verifications).toBe(1);
      expect(numbered("event hook")).toEqual([", secret 2"]);
    });

    it("rotates the signing keys, and keeps the ones before with all that they may do", async () => {
      // The new apps get their scopes and roles late: until then nobody may act as them.
      const refuse = busy(
        "POST",
        /^\/api\/v1\/apps\/[^/]+\/grants$|^\/oauth2\/v1\/clients\/[^/]+\/roles$/,
        8,
      );
      const traffic = await startTraffic({ refuse });
      const before = rightsInOkta();
      await rotate(traffic, { signingKeyRotation: 2 });
      const ledger = await traffic.stop();
      expect(ledger.verifications).toBe(0);
      expect(rightsInOkta()).toEqual(expect.arrayContaining(before));
      expect(numbered("app")).toEqual([", key 1", ", key 2", ": log reader, key 1", ": log reader, key 2"]);
      expect(await keyVersions()).toEqual({
        "log reader": ["ENABLED", "ENABLED"],
        "member writer": ["ENABLED", "ENABLED"],
      });
      expectNoGap(ledger, traffic);
    });

    it("rotates both in one update, twice in a row; what is older than the last rotation is gone", async () => {
      const traffic = await startTraffic();
      await rotate(traffic, { hookSecretRotation: 3, signingKeyRotation: 3 });
      await rotate(traffic, { hookSecretRotation: 4, signingKeyRotation: 4 });
      const ledger = await traffic.stop();
      expect(ledger.verifications).toBe(2);
      expect(numbered("event hook")).toEqual([", secret 4"]);
      expect(numbered("app")).toEqual([", key 3", ", key 4", ": log reader, key 3", ": log reader, key 4"]);
      const states = ["DESTROY_SCHEDULED", "DESTROY_SCHEDULED", "ENABLED", "ENABLED"];
      expect(await keyVersions()).toEqual({ "log reader": states, "member writer": states });
      expectNoGap(ledger, traffic);
    });
  });

  // A revision gets its secrets by other fields than a function, and each hosting has an event hook of its own; apps and keys are the
  // same. So what goes wrong in a rotation is tried with one of the two.
  describe("of which nobody notices anything, with Cloud Run services", () => {
    beforeAll(async () => {
      await sandbox.workspace.configure({ "signin-groups:hosting": "service" });
      await sandbox.run("up");
      expect(numbered("event hook")).toEqual([", service, secret 4"]);
    }, wholeProgram);

    it("goes on with a rotation that failed in the middle, twice", async () => {
      let failing: RegExp | undefined = /^\/api\/v1\/eventHooks$/;
      const refuse = (method: string, path: string): Refusal | undefined =>
        method === "POST" && failing?.test(path) ? { status: 500 } : undefined;
      const traffic = await startTraffic({ refuse });
      await sandbox.workspace.configure(settings({ hookSecretRotation: 5, signingKeyRotation: 5 }));
      const first = await sandbox.attempt("up");
      expect(first.code).not.toBe(0);
      expect(first.text).toContain("signin-groups-event-hook-5-service");
      await traffic.more(SIGN_INS);

      failing = /^\/api\/v1\/eventHooks\/[^/]+\/lifecycle\/verify$/;
      const second = await sandbox.attempt("up");
      expect(second.code).not.toBe(0);
      expect(second.text).toContain("signin-groups-event-hook-verification-5-service");
      await traffic.more(SIGN_INS);

      failing = undefined;
      const third = await rotate(traffic, {});
      expect(third.create).toEqual(["signin-groups-event-hook-verification-5-service"]);
      const ledger = await traffic.stop();
      expect(numbered("event hook")).toEqual([", service, secret 5"]);
      expect(numbered("app")).toEqual([", key 4", ", key 5", ": log reader, key 4", ": log reader, key 5"]);
      expectNoGap(ledger, traffic);
    });

    it("takes back what was kept, when a secret turns out to have leaked after its rotation", async () => {
      const former = await hookSecret(4);
      expect(await statusFor(former)).toBe(200);
      const traffic = await startTraffic();
      const done = await rotate(traffic, { hookSecretRevoked: 4, signingKeyRevoked: 4 });
      const ledger = await traffic.stop();
      expect(await statusFor(former)).toBe(401);
      expect(done.create).toEqual([]);
      expect(numbered("app")).toEqual([", key 5", ": log reader, key 5"]);
      expectNoGap(ledger, traffic);
    });
  });

  describe("of an emergency, with Cloud Run services", () => {
    it("refuses a leaked secret at once, also Okta's deliveries with it, whose people reconcile finds", async () => {
      const former = await hookSecret(5);
      // The CLI can't read the state while an update writes it.
      const url = await hookUrl();
      const seen: number[] = [];
      const refuse = (method: string, path: string): undefined => {
        if (method !== "POST" || path !== "/api/v1/eventHooks") return;
        // The receiver runs with only the new secret, and Okta does not have it yet.
        const login = "refused@example.com";
        refused.push(sandbox.clouds.okta.createPerson({ login, displayName: login }));
        sandbox.clouds.okta.signIn([{ kind: "success", login }]);
        void statusAt(url, former).then((status) => seen.push(status));
      };
      const refused: Traffic["people"][number][] = [];
      const traffic = await startTraffic({ refuse, polls: false });
      await rotate(traffic, { hookSecretRotation: 6, hookSecretRevoked: 5 });
      const { refusedDeliveries, unannounced } = await traffic.stop();
      recordFigure("refused deliveries during an emergency rotation", refusedDeliveries.length);
      expect(refusedDeliveries.length).toBeGreaterThan(0);
      for (const refusal of refusedDeliveries) expect(refusal).toMatch(/^401 /);
      expect(seen).toEqual([401]);
      expect(await statusFor(former)).toBe(401);
      const lost = [...unannounced, "refused@example.com"];
      expect(outsiders([...traffic.people, ...refused]).sort()).toEqual(lost.sort());

      await sandbox.clouds.runJobs();
      expect(outsiders([...traffic.people, ...refused])).toEqual([]);
    });

    it("takes a leaked key and its app away in the update that rotates; nobody is lost", async () => {
      const traffic = await startTraffic();
      await rotate(traffic, { signingKeyRotation: 6, signingKeyRevoked: 5 });
      const ledger = await traffic.stop();
      const calls = ledger.refusedTokens.length + ledger.refusedCalls.length;
      recordFigure("refused calls during an emergency rotation", calls);
      expect(numbered("app")).toEqual([", key 6", ": log reader, key 6"]);
      const states = [...Array<string>(5).fill("DESTROY_SCHEDULED"), "ENABLED"];
      expect(await keyVersions()).toEqual({ "log reader": states, "member writer": states });
      expect(ledger.refusedDeliveries).toEqual([]);
      expect(ledger.unannounced).toEqual([]);
      expect(outsiders(traffic.people)).toEqual([]);
    });

    it("leaves nothing behind that a destroy would not take away", async () => {
      await sandbox.run("destroy");
      expect(sandbox.clouds.leftovers()).toEqual([]);
    });
  });

  /** Apps, what they may ask for, and what they may do. */
  function rightsInOkta(): string[] {
    return sandbox.clouds.okta
      .leftovers()
      .filter((leftover) => /^(app |grant of|assignment of)/.test(leftover));
  }
});

/** Has Okta be busy for the first so many calls of a kind; the provider waits and asks again. */
function busy(method: string, path: RegExp, calls: number): NonNullable<TrafficOptions["refuse"]> {
  let left = calls;
  return (calledBy, called) => {
    if (calledBy !== method || !path.test(called) || left === 0) return undefined;
    left -= 1;
    return { status: 429, headers: { "x-rate-limit-reset": String(Math.ceil(Date.now() / 1000) + 1) } };
  };
}

function settings(values: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`signin-groups:${name}`, String(value)]),
  );
}
