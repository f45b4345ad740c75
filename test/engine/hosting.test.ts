import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
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

    it.each([
      ["service", "event-hook-1-service", ["receive", "grant", "reconcile"]],
      ["functions", "event-hook-1", ["receive", "grant", "reconcile"]],
    ])(
      "to %s: no delivery is refused, nobody is missed, and queues, state and apps stay",
      async (hosting, hook, functions) => {
        const traffic = await startTraffic();
        await sandbox.workspace.configure({ "signin-groups:hosting": hosting });
        const done = await sandbox.run("up");
        await Promise.all([traffic.more(SIGN_INS), traffic.polled()]);
        const ledger = await traffic.stop();
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
        const outsiders = traffic.people.filter(({ id }) => !sandbox.clouds.okta.isMember(groupId, id));
        expect(outsiders.map(({ login }) => login)).toEqual([]);
        expect(ledger.verifications).toBe(1);
        expect(await keptOutputs()).toEqual(kept);
        expect(done.create).toEqual(
          expect.arrayContaining([hook, ...functions].map((name) => `signin-groups-${name}`)),
        );
        expect(done.delete).toEqual(expect.arrayContaining(functions.map((name) => `signin-groups-${name}`)));
        const { same: _same, ...nothing } = await sandbox.run("preview");
        expect(Object.values(nothing).flat()).toEqual([]);
      },
    );
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
