import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { readOutputs } from "../../sandbox/engine/run.ts";
import { administer, copyProgram, edit, getsIn, groupIdOf, names, nothing } from "./actions.ts";
import { describeEngine, type Sandbox, startSandbox, wholeProgram } from "./support.ts";

const appUsers = { group: "App Users", on: ["user.session.start"] };
const contractors = {
  group: "Contractors",
  on: ["user.authentication.sso"],
  when: 'event.actor.alternateId.endsWith("@contractor.example")',
};

describeEngine("a stack that changes", { timeout: wholeProgram }, () => {
  let root: string;
  let sandbox: Sandbox;

  beforeAll(async () => {
    root = await copyProgram();
    sandbox = await startSandbox({}, { root }, undefined, undefined, { ownProcesses: false });
    await sandbox.run("up");
  }, wholeProgram);

  afterAll(async () => {
    await sandbox?.close();
    await rm(root, { recursive: true, force: true });
  });

  /** Previews, updates, sees that both did the same, and that a second update has nothing to do. */
  async function change(configuration: Readonly<Record<string, string>> = {}) {
    await sandbox.workspace.configure(configuration);
    const planned = await sandbox.run("preview");
    const { same: _stayed, ...done } = await sandbox.run("up");
    const { same: _stays, ...plan } = planned;
    expect(done, "an up does what the preview said").toEqual(plan);
    expect(await sandbox.run("up"), "the next up has nothing to do").toMatchObject(nothing);
    return done;
  }

  it("takes a rule more, with a group of its own", async () => {
    expect(await change({ "signin-groups:rules": JSON.stringify([appUsers, contractors]) })).toEqual({
      create: names("Contractors"),
      update: names("event-hook-1", "grant", "receive", "reconcile", "resource-set"),
      replace: names("event-hook-verification-1"),
      delete: [],
    });
    const sso = "user.authentication.sso";
    expect(await getsIn(sandbox, "one@contractor.example", { group: "Contractors", eventType: sso })).toBe(
      true,
    );
    expect(await getsIn(sandbox, "two@elsewhere.example", { group: "Contractors", eventType: sso })).toBe(
      false,
    );
  });

  it("takes a changed condition by the two functions that judge events, and by nothing else", async () => {
    const changed = { ...contractors, when: 'event.actor.alternateId.endsWith("@elsewhere.example")' };
    expect(await change({ "signin-groups:rules": JSON.stringify([appUsers, changed]) })).toEqual({
      ...nothing,
      update: names("receive", "reconcile"),
    });
    expect(
      await getsIn(sandbox, "three@elsewhere.example", {
        group: "Contractors",
        eventType: "user.authentication.sso",
      }),
    ).toBe(true);
  });

  it("adopts an existing group by its id, and makes nothing for it", async () => {
    const { id } = await administer(sandbox.clouds, "POST", "/groups", {
      profile: { name: "Partners", description: "by hand" },
    });
    const partners = {
      groupId: String(id),
      on: ["user.session.start"],
      when: 'event.client.zone == "Partners"',
    };
    expect(await change({ "signin-groups:rules": JSON.stringify([appUsers, partners]) })).toEqual({
      create: [],
      update: names("event-hook-1", "grant", "receive", "reconcile", "resource-set"),
      replace: names("event-hook-verification-1"),
      delete: names("Contractors"),
    });
    expect(await change({ "signin-groups:rules": JSON.stringify([appUsers]) })).toEqual({
      ...nothing,
      update: names("grant", "receive", "reconcile", "resource-set"),
    });
    expect(await administer(sandbox.clouds, "GET", `/groups/${id}`)).toMatchObject({
      profile: { name: "Partners" },
    });
    await administer(sandbox.clouds, "DELETE", `/groups/${id}`);
  });

  it("deploys changed code by a new archive and the three functions, and nothing else", async () => {
    await edit(join(root, "function/shared/signals.ts"), "Took a delivery.", "Took one delivery.");
    sandbox.takeWrites();
    expect(await change()).toEqual({
      ...nothing,
      update: names("grant", "receive", "reconcile"),
      replace: names("archive"),
    });
    const writes = sandbox
      .takeWrites()
      .map((write) => write.replace(/^(POST \/upload|\S+).*\/(o|functions)\b.*/, "$1 $2"));
    // The former archive stays: an update that is taken back needs it again.
    expect(writes.filter((write) => / (o|functions)$/.test(write))).toEqual([
      "POST /upload o",
      "PATCH functions",
      "PATCH functions",
      "PATCH functions",
    ]);
    expect(await getsIn(sandbox, "after-the-code@example.com")).toBe(true);
  });

  it("rotates the hook's secret by a hook of its own, keeps the secret before, and drops that at the next rotation", async () => {
    expect(await change({ "signin-groups:hookSecretRotation": "2" })).toEqual({
      create: names("event-hook-2", "event-hook-verification-2", "hook-secret-2", "hook-secret-2"),
      // The uptime check sends what is computed from the secret.
      update: names("receive", "receiver"),
      replace: [],
      delete: names("event-hook-1", "event-hook-verification-1"),
    });
    expect(await getsIn(sandbox, "second-secret@example.com")).toBe(true);
    expect(await change({ "signin-groups:hookSecretRotation": "3" })).toEqual({
      create: names("event-hook-3", "event-hook-verification-3", "hook-secret-3", "hook-secret-3"),
      update: names("receive", "receiver"),
      replace: [],
      delete: names("event-hook-2", "event-hook-verification-2", "hook-secret-1", "hook-secret-1"),
    });
    expect(await getsIn(sandbox, "third-secret@example.com")).toBe(true);
  });

  it("rotates the signing keys by new versions and new apps, and drops the first ones at the next rotation", async () => {
    const madeFor = (number: number) =>
      names(
        ...["log-reader", "log-reader-key", "log-reader-role-assignment", "log-reader-scopes"].map(
          (part) => `${part}-${number}`,
        ),
        ...["role-assignment", "scopes", "service-app", "signing-key"].map((part) => `${part}-${number}`),
      );
    expect(await change({ "signin-groups:signingKeyRotation": "2" })).toEqual({
      ...nothing,
      create: madeFor(2),
      update: names("grant", "reconcile"),
    });
    expect(await getsIn(sandbox, "second-key@example.com")).toBe(true);
    expect(await change({ "signin-groups:signingKeyRotation": "3" })).toEqual({
      ...nothing,
      create: madeFor(3),
      update: names("grant", "reconcile"),
      delete: madeFor(1),
    });
    expect(await getsIn(sandbox, "third-key@example.com")).toBe(true);
  });

  it("has Okta deliver to a load balancer, and to the function itself again", async () => {
    const balancer = await sandbox.clouds.google.startLoadBalancer("receive");
    onTestFinished(() => balancer.close());
    const moved = {
      ...nothing,
      update: names("alert-receiver-down", "event-hook-3", "receive"),
      replace: names("event-hook-verification-3", "receiver"),
    };
    expect(await change({ "signin-groups:hookUrl": balancer.url })).toEqual(moved);
    expect((await readOutputs(sandbox.workspace))["hookUrl"]).toBe(balancer.url);
    expect(await getsIn(sandbox, "balanced@example.com")).toBe(true);
    await sandbox.workspace.configure({ "signin-groups:hookUrl": undefined });
    expect(await change()).toEqual(moved);
    expect(await getsIn(sandbox, "direct@example.com")).toBe(true);
  });

  it("heals a group that was renamed by hand", async () => {
    await administer(sandbox.clouds, "PUT", `/groups/${await groupIdOf(sandbox.workspace, "App Users")}`, {
      profile: { name: "Renamed", description: "" },
    });
    expect(await sandbox.run("up"), "an up without a refresh does not look").toMatchObject(nothing);
    expect(await sandbox.run("refresh")).toMatchObject({ ...nothing, update: names("App Users") });
    expect(await change()).toEqual({ ...nothing, update: names("App Users") });
    expect(
      await administer(sandbox.clouds, "GET", `/groups/${await groupIdOf(sandbox.workspace, "App Users")}`),
    ).toMatchObject({
      profile: { name: "App Users" },
    });
  });

  it("heals an event hook that was deactivated by hand", async () => {
    const [hook] = Object.values(await administer(sandbox.clouds, "GET", "/eventHooks"));
    await administer(
      sandbox.clouds,
      "POST",
      `/eventHooks/${Reflect.get(Object(hook), "id")}/lifecycle/deactivate`,
    );
    expect(await getsIn(sandbox, "unheard@example.com")).toBe(false);
    expect(await sandbox.run("refresh")).toMatchObject({ ...nothing, update: names("event-hook-3") });
    expect(await change()).toEqual({ ...nothing, update: names("event-hook-3") });
    expect(await getsIn(sandbox, "heard@example.com")).toBe(true);
  });

  it("heals an event hook that was deleted by hand", async () => {
    const [hook] = Object.values(await administer(sandbox.clouds, "GET", "/eventHooks"));
    const path = `/eventHooks/${Reflect.get(Object(hook), "id")}`;
    await administer(sandbox.clouds, "POST", `${path}/lifecycle/deactivate`);
    await administer(sandbox.clouds, "DELETE", path);
    expect(await sandbox.run("refresh")).toMatchObject({
      ...nothing,
      delete: names("event-hook-3", "event-hook-verification-3"),
    });
    expect(await change()).toEqual({
      ...nothing,
      create: names("event-hook-3", "event-hook-verification-3"),
    });
    expect(await getsIn(sandbox, "heard-again@example.com")).toBe(true);
  });

  it("moves to another region: the address changes, and is verified in the same update", async () => {
    const before = (await readOutputs(sandbox.workspace))["hookUrl"];
    const done = await change({ "gcp:region": "europe-west3" });
    expect((await readOutputs(sandbox.workspace))["hookUrl"]).not.toBe(before);
    expect(done.create).toEqual([]);
    expect(done.delete).toEqual([]);
    expect(done.update).toContain("signin-groups-event-hook-3");
    expect(done.replace).toEqual(
      expect.arrayContaining(
        names("receive", "grant", "reconcile", "state", "schedule", "event-hook-verification-3"),
      ),
    );
    expect(done.replace).not.toContain("signin-groups-App Users");
    expect(await getsIn(sandbox, "from-another-region@example.com")).toBe(true);
  });

  it("leaves nothing behind", async () => {
    const { delete: deleted } = await sandbox.run("destroy");
    expect(deleted).toHaveLength(94 + 2 + 8);
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });
});
