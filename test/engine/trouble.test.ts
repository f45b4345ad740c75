import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { cancelUpdate, killTree } from "../../sandbox/engine/run.ts";
import { administer, copyProgram, edit, getsIn, nothing } from "./actions.ts";
import { describeEngine, startSandbox, wholeProgram } from "./support.ts";

describeEngine("trouble during an update", { timeout: wholeProgram }, () => {
  it("a build that fails is reported, and never passed off as done", async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    sandbox.clouds.google.faults.failBuilds = 1;
    const failed = await sandbox.attempt("up");
    expect(failed.code).not.toBe(0);
    expect(failed.text).toContain("signin-groups-grant");
    expect(failed.text).toMatch(/build/i);

    const again = await sandbox.attempt("up");
    expect(again.code, "the next up does not succeed either").not.toBe(0);
    expect(again.text).toContain(
      'The function "grant" is FAILED, without an address: its last build or start failed.',
    );
    const [, urn] = /pulumi up --refresh --replace '([^']+)'/.exec(again.text) ?? [];
    expect(urn, "it says what to do").toBeDefined();

    const fixed = await sandbox.attempt("up", ["--refresh", "--replace", String(urn)]);
    expect(fixed.code, fixed.text).toBe(0);
    expect(await getsIn(sandbox, "after-the-build@example.com")).toBe(true);
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });

  it("a receiver that does not answer is reported with a remedy, and the next update completes", async () => {
    const root = await copyProgram();
    const sandbox = await startSandbox(
      { "signin-groups:receiverWaitSeconds": "10" },
      { root },
      undefined,
      undefined,
      { ownProcesses: false },
    );
    onTestFinished(async () => {
      await sandbox.close();
      await rm(root, { recursive: true, force: true });
    });
    const receive = join(root, "function/receive/receive.ts");
    const answer = "respondJson(response, 200, { verification })";
    await edit(receive, answer, "respondJson(response, 500, {})");
    const failed = await sandbox.attempt("up");
    expect(failed.code).not.toBe(0);
    expect(failed.text).toMatch(
      /The receiver at http:\S+ did not answer Okta's challenge within 10 s: it answers 500\. Look at its logs/,
    );
    expect(failed.text).toContain('Then run "pulumi up" again');

    await edit(receive, "respondJson(response, 500, {})", answer);
    const completed = await sandbox.run("up");
    expect(completed.create).toEqual(["signin-groups-event-hook-verification-1"]);
    expect(await getsIn(sandbox, "after-the-wait@example.com")).toBe(true);
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });

  it("an engine that is killed in the middle goes on with the next update", async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    // The service apps wait for Okta's rate limit; all that does not need them gets done meanwhile.
    const waitsForApp = [
      "service-app-1",
      "scopes-1",
      "role-assignment-1",
      "grant",
      "queue-invokes-grant",
      "memberships",
      "log-reader-1",
      "log-reader-scopes-1",
      "log-reader-role-assignment-1",
    ];
    const waitsForQueue = [
      "reconcile-enqueues",
      "reconcile",
      "schedule-invokes-reconcile",
      "continuations",
      "reconcile-continues",
      "schedule",
      "check",
      "receive-enqueues",
      "receive",
      "okta-invokes-receive",
      "event-hook-1",
      "event-hook-verification-1",
    ];
    // What watches the functions waits for all of them: 10 metrics, 2 objectives with their service, 16 alerts, an uptime check, a dashboard.
    const waitsForFunctions = 31;
    const rest = 94 - waitsForApp.length - waitsForQueue.length - waitsForFunctions;
    let refused = 0;
    let engine = 0;
    let created = 0;
    let appsBegun = 0;
    const killAtRest = () => {
      // Both apps must be under way, or one would not be asked for any more.
      if (created < rest || appsBegun < 2 || refused < 2 || engine === 0) return;
      killTree(engine);
      engine = 0;
    };
    const providerGaveUp = new Promise<void>((resolve) => {
      sandbox.clouds.okta.faults.refuse = (method, path) => {
        if (method !== "POST" || path !== "/api/v1/apps") return undefined;
        refused += 1;
        killAtRest();
        // The provider asks six times in all, for each of the two apps.
        if (refused === 12) resolve();
        return { status: 429, headers: { "x-rate-limit-reset": String(Math.ceil(Date.now() / 1000) + 4) } };
      };
    });
    const killed = await sandbox.attempt("up", [], {
      onStart(pid) {
        engine = pid;
      },
      onLine(line) {
        if (/ (gcp|okta|random):.* created\b/.test(line)) created += 1;
        if (/ okta:app:OAuth .* creating\b/.test(line)) appsBegun += 1;
        killAtRest();
      },
    });
    expect(killed.code).toBeNull();
    await providerGaveUp;
    sandbox.clouds.okta.faults.refuse = undefined;

    const locked = await sandbox.attempt("up");
    expect(locked.code).not.toBe(0);
    expect(locked.text).toContain("pulumi cancel");
    await cancelUpdate(sandbox.workspace);
    const completed = await sandbox.attempt("up");
    expect(completed.code, completed.text).toBe(0);
    expect(completed.operations.create).toHaveLength(94 - rest);
    expect(await getsIn(sandbox, "after-the-kill@example.com")).toBe(true);
    expect(await sandbox.run("up"), "the next up has nothing to do").toMatchObject(nothing);
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });

  it("Okta's rate limit is waited out", async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    let refused = 0;
    sandbox.clouds.okta.faults.refuse = (method, path) => {
      if (method !== "POST" || path !== "/api/v1/eventHooks" || refused === 2) return undefined;
      refused += 1;
      const reset = Math.ceil(Date.now() / 1000);
      return { status: 429, headers: { "x-rate-limit-reset": String(reset) } };
    };
    await sandbox.run("up");
    expect(refused).toBe(2);
    expect(await getsIn(sandbox, "after-the-limit@example.com")).toBe(true);
  });

  it("an error of Okta's is reported, and the next update makes nothing twice", async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    sandbox.clouds.okta.faults.refuse = (method, path) =>
      method === "POST" && path === "/api/v1/apps" ? { status: 500 } : undefined;
    const failed = await sandbox.attempt("up");
    expect(failed.code).not.toBe(0);
    // Both apps are made at once, and the first refusal ends the update.
    expect(failed.text).toMatch(/signin-groups-(service-app|log-reader)-1/);
    expect(failed.text).toContain("500");
    sandbox.clouds.okta.faults.refuse = undefined;
    const { create } = await sandbox.run("up");
    expect(create).toContain("signin-groups-service-app-1");
    expect(create).not.toContain("signin-groups-App Users");
    const groups = Object.values(await administer(sandbox.clouds, "GET", "/groups"));
    expect(groups.filter((group) => Reflect.get(Object(group), "type") === "OKTA_GROUP")).toHaveLength(1);
    expect(await getsIn(sandbox, "after-the-error@example.com")).toBe(true);
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });

  it("a wrong configuration fails the preview before anything is touched, with every mistake", async () => {
    const sandbox = await startSandbox({
      "gcp:region": "Europe",
      "signin-groups:receiveMemory": "512MB",
      "signin-groups:rules": '[{"group":"A","on":["user.session.end "]}]',
    });
    onTestFinished(() => sandbox.close());
    sandbox.takeWrites();
    const { code, text } = await sandbox.attempt("preview");
    expect(code).not.toBe(0);
    expect(text).toContain("The configuration has 3 mistakes:");
    for (const mistake of [
      'gcp:region is "Europe"',
      'receiveMemory is "512MB"',
      'rules[0].on is "user.session.end "',
    ]) {
      expect(text).toContain(mistake);
    }
    expect(sandbox.takeWrites()).toEqual([]);
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });
});
