import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyProgram, edit, getsIn, nothing } from "./actions.ts";
import { describeEngine, type Sandbox, startSandbox, wholeProgram } from "./support.ts";

/** A rule that only takes people of the domain of everybody here. */
const ofDomain = JSON.stringify([
  {
    group: "App Users",
    on: ["user.session.start"],
    when: 'event.actor.alternateId.endsWith("@acme.example")',
  },
]);

/** One update that changes code, environment and memory of a function, and what of it the message must name. */
const changes = [
  {
    name: "receive",
    configuration: { rules: ofDomain, receiveMemory: "768Mi" },
    variable: "RULES",
  },
  {
    name: "grant",
    configuration: { memberSnapshotInterval: "700s", grantMemory: "768Mi" },
    variable: "MEMBER_SNAPSHOT_SECONDS",
  },
  {
    name: "reconcile",
    configuration: { backfill: "1d", reconcileMemory: "2Gi" },
    variable: "BACKFILL_DAYS",
  },
] as const;

/** Rotations, one of which each ends something that the function before still needs. */
const rotations = [
  {
    name: "receive",
    configuration: { hookSecretRotation: "2", hookSecretRevoked: "1" },
    paths: ["serviceConfig.secretEnvironmentVariables.HOOK_SECRET"],
  },
  {
    name: "grant",
    configuration: { signingKeyRotation: "2", signingKeyRevoked: "1" },
    paths: ["SIGNING_KEY_VERSION", "OKTA_CLIENT_ID", "OKTA_KEY_ID"].map(variablePath),
  },
  {
    name: "reconcile",
    configuration: { signingKeyRotation: "3", signingKeyRevoked: "2" },
    paths: ["SIGNING_KEY_VERSION", "OKTA_CLIENT_ID", "OKTA_KEY_ID"].map(variablePath),
  },
] as const;

function variablePath(name: string): string {
  return `serviceConfig.environmentVariables.${name}`;
}

describeEngine("an update of a function that failed", { timeout: wholeProgram }, () => {
  let root: string;
  let sandbox: Sandbox;
  let code = "Took a delivery.";

  beforeAll(async () => {
    root = await copyProgram();
    sandbox = await startSandbox({}, { root }, undefined, undefined, { ownProcesses: false });
    await sandbox.run("up");
  }, wholeProgram);

  afterAll(async () => {
    await sandbox?.close();
    await rm(root, { recursive: true, force: true });
  });

  async function changeCode(): Promise<void> {
    const next = `${code} `;
    await edit(join(root, "function/shared/signals.ts"), `"${code}"`, `"${next}"`);
    code = next;
  }

  const configure = (configuration: Readonly<Record<string, string>>) =>
    sandbox.workspace.configure(
      Object.fromEntries(
        Object.entries(configuration).map(([key, value]) => [`signin-groups:${key}`, value]),
      ),
    );

  /**
   * Has an update of one function be refused, and sees that the next update is not green though it changes nothing, that both
   * take nothing away, and that the command that the second one names repairs it.
   */
  async function failAndRepair(name: string, paths: readonly string[], login: string): Promise<void> {
    sandbox.takeWrites();
    sandbox.clouds.google.faults.refuse = (method, path) =>
      method === "PATCH" && path.includes(`/functions/signin-groups-${name}-`)
        ? { status: 400, message: "Build failed: a fault is switched on." }
        : undefined;
    const first = await sandbox.attempt("up");
    sandbox.clouds.google.faults.refuse = undefined;
    expect(first.code, first.text).not.toBe(0);
    expect(first.text).toContain("a fault is switched on");

    const second = await sandbox.attempt("up");
    expect(second.code, second.text).not.toBe(0);
    const [message = ""] = new RegExp(`The function "${name}" still runs .*`).exec(second.text) ?? [];
    for (const path of paths) expect(message, second.text).toContain(path);
    const writes = sandbox.takeWrites();
    expect(writes.filter((call) => call.startsWith("PATCH") && call.includes(`-${name}-`))).toHaveLength(1);
    const deletes = writes.filter((call) => /^DELETE |:destroy$|\/deactivate$/.test(call));
    expect(deletes, "nothing that the function still uses is taken away").toEqual([]);
    expect(await getsIn(sandbox, login), "what was there goes on").toBe(true);

    const [, words = ""] = /run: pulumi up (--refresh)/.exec(message) ?? [];
    const repaired = await sandbox.attempt("up", [words]);
    expect(repaired.code, repaired.text).toBe(0);
    expect(await sandbox.run("up"), "the next up has nothing to do").toMatchObject(nothing);
  }

  it.each(changes)(
    "of $name in code, environment and memory is not green until it is repaired",
    async (change) => {
      const { name, configuration, variable } = change;
      await changeCode();
      await configure(configuration);
      const memory = "serviceConfig.availableMemory";
      const archive = "buildConfig.environmentVariables.ARCHIVE_SHA256";
      await failAndRepair(name, [archive, variablePath(variable), memory], `${name}@acme.example`);
    },
  );

  it.each(rotations)(
    "of $name within a rotation takes nothing away before it is repaired",
    async (rotation) => {
      const { name, configuration, paths } = rotation;
      await configure(configuration);
      const before = sandbox.clouds.leftovers();
      await failAndRepair(name, paths, `${name}-rotates@acme.example`);
      expect(sandbox.clouds.leftovers()).not.toEqual(before);
    },
  );

  it("of code can be taken back: the archive of the former code is there for the functions that run it", async () => {
    const before = code;
    await changeCode();
    sandbox.clouds.google.faults.refuse = (method, path) =>
      method === "PATCH" && path.includes("/functions/")
        ? { status: 400, message: "Build failed." }
        : undefined;
    const failed = await sandbox.attempt("up");
    sandbox.clouds.google.faults.refuse = undefined;
    expect(failed.code, failed.text).not.toBe(0);
    await edit(join(root, "function/shared/signals.ts"), `"${code}"`, `"${before}"`);
    code = before;
    await sandbox.run("up");
    expect(await sandbox.run("up", "--refresh"), "nothing is missing").toMatchObject(nothing);
  });

  it("leaves nothing behind", async () => {
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });
});
