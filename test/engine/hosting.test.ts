import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { Hosting } from "../../infra/settings.ts";
import { readOutputs } from "../../sandbox/engine/run.ts";
import { getsIn, groupIdOf } from "./actions.ts";
import { describeEngine, type Sandbox, startSandbox, wholeProgram } from "./support.ts";
import { createTrafficWatch, type Ledger, type Traffic } from "./traffic.ts";

/** People who sign in before and after each update, at least. */
const SIGN_INS = 40;

describeEngine(
  "a stack that moves from one hosting to the other under traffic",
  { timeout: wholeProgram },
  () => {
    const { watch, start } = createTrafficWatch();
    let sandbox: Sandbox;
    let groupId: string;
    let kept: Record<string, unknown>;

    beforeAll(async () => {
      sandbox = await startSandbox({}, {}, watch);
      const { limits } = sandbox.clouds.okta;
      // Okta's limits do not matter here, and would make the traffic pause.
      for (const bucket of ["token", "groups", "logs"] as const) limits.rates[bucket] = 1_000_000;
      await sandbox.run("up");
      kept = await keptOutputs();
      groupId = await groupIdOf(sandbox.workspace, "App Users");
    }, wholeProgram);

    afterAll(async () => {
      await sandbox?.close();
    });

    /** What a move must not change. */
    async function keptOutputs() {
      const { queue, continuationQueue, stateBucket, groupIds, serviceAppClientId } = await readOutputs(
        sandbox.workspace,
      );
      return { queue, continuationQueue, stateBucket, groupIds, serviceAppClientId };
    }

    async function jobName(): Promise<string> {
      const { url, deployerToken } = sandbox.clouds.google;
      const place = String(kept["queue"]).replace(/\/queues\/.*/, "");
      const response = await fetch(`${url}/v1/${place}/jobs`, {
        headers: { authorization: `Bearer ${deployerToken}` },
      });
      const body: unknown = await response.json();
      return String(Reflect.get(Object(Reflect.get(Object(body), "jobs")[0]), "name"));
    }

    async function startTraffic(): Promise<Traffic> {
      let stopped: Promise<Ledger> | undefined;
      const running = start({ clouds: sandbox.clouds, job: await jobName() });
      const traffic: Traffic = { ...running, stop: () => (stopped ??= running.stop()) };
      onTestFinished(async () => void (await traffic.stop()));
      await traffic.more(SIGN_INS);
      return traffic;
    }

    /** People sign in while an update runs, and before and after it. */
    async function moveTo(hosting: Hosting, traffic: Traffic) {
      await sandbox.workspace.configure({ "signin-groups:hosting": hosting });
      const done = await sandbox.run("up");
      await Promise.all([traffic.more(SIGN_INS), traffic.polled()]);
      return done;
    }

    /** Nothing was refused, everybody is a member, and nothing is left to change. */
    async function expectNoGap(ledger: Ledger, { people }: Traffic) {
      const { refusedDeliveries, refusedTokens, refusedCalls, unannounced } = ledger;
      // A poll that is under way when its function is deleted gets no answer; the next one goes on from the cursor.
      const failedPolls = ledger.failedPolls.filter((status) => status !== "undefined");
      expect({ refusedDeliveries, refusedTokens, refusedCalls, failedPolls, unannounced }).toEqual({
        refusedDeliveries: [],
        refusedTokens: [],
        refusedCalls: [],
        failedPolls: [],
        unannounced: [],
      });
      const outsiders = people.filter(({ id }) => !sandbox.clouds.okta.isMember(groupId, id));
      expect(outsiders.map(({ login }) => login)).toEqual([]);
      expect(await keptOutputs()).toEqual(kept);
      const { same: _same, ...nothing } = await sandbox.run("preview");
      expect(Object.values(nothing).flat()).toEqual([]);
    }

    const functions = ["receive", "grant", "reconcile"].map((name) => `signin-groups-${name}`);

    it("to Cloud Run services: no delivery is refused, nobody is missed, and queues, state and apps stay", async () => {
      const traffic = await startTraffic();
      const done = await moveTo("service", traffic);
      const ledger = await traffic.stop();
      expect(ledger.verifications).toBe(1);
      expect(done.create).toEqual(
        expect.arrayContaining(["signin-groups-event-hook-1-service", ...functions]),
      );
      expect(done.delete).toEqual(expect.arrayContaining(functions));
      await expectNoGap(ledger, traffic);
    });

    it("to Cloud Functions, which fails in the middle, and back: all of that works meanwhile and afterwards", async () => {
      const { faults } = sandbox.clouds.google;
      const traffic = await startTraffic();
      let creations = 0;
      faults.refuse = (method, path) => {
        if (method !== "POST" || !/\/functions(?:\?|$)/.test(path)) return undefined;
        creations += 1;
        // By then tasks go to the function grant.
        return creations > 1 ? { status: 400 } : undefined;
      };
      await sandbox.workspace.configure({ "signin-groups:hosting": "functions" });
      expect((await sandbox.attempt("up")).code).not.toBe(0);
      expect(creations).toBeGreaterThan(1);
      faults.refuse = undefined;
      await traffic.more(SIGN_INS);
      const done = await moveTo("service", traffic);
      const ledger = await traffic.stop();
      expect(done.delete).toContain("signin-groups-grant");
      expect(ledger.verifications).toBe(0);
      await expectNoGap(ledger, traffic);
    });

    it("to Cloud Functions again: no delivery is refused, nobody is missed, and queues, state and apps stay", async () => {
      const traffic = await startTraffic();
      const done = await moveTo("functions", traffic);
      const ledger = await traffic.stop();
      expect(ledger.verifications).toBe(1);
      expect(done.create).toEqual(expect.arrayContaining(["signin-groups-event-hook-1", ...functions]));
      expect(done.delete).toEqual(expect.arrayContaining(functions));
      await expectNoGap(ledger, traffic);
    });

    it("and leaves nothing behind that a destroy would not take away, with a delivery under way", async () => {
      const traffic = await startTraffic();
      await sandbox.run("destroy");
      await traffic.stop();
      expect(sandbox.clouds.leftovers()).toEqual([]);
    });
  },
);

describeEngine("an organization that does not allow allUsers", { timeout: wholeProgram }, () => {
  it("stops hosting: functions before anything is created; hosting: service deploys, and people become members", async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    sandbox.clouds.google.organization.allowedPolicyMemberDomains = ["C0123abcd"];
    const { code, text } = await sandbox.attempt("up");
    expect(code).not.toBe(0);
    expect(text).toContain("pulumi config set signin-groups:hosting service");
    expect(sandbox.takeWrites()).toEqual([]);

    await sandbox.workspace.configure({ "signin-groups:hosting": "service" });
    await sandbox.run("up");
    expect(await getsIn(sandbox, "newcomer@example.com")).toBe(true);
  });
});
