import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyProgram, edit, getsIn, groupIdOf, names, nothing } from "./actions.ts";
import { describeEngine, type Sandbox, startSandbox, wholeProgram } from "./support.ts";

/** The accounts that have another name now, by their former names. */
const renamed = { reader: "reconcile", trigger: "scheduler" };

describeEngine("a stack with the former names of accounts", { timeout: wholeProgram }, () => {
  let root: string;
  let sandbox: Sandbox;

  beforeAll(async () => {
    root = await copyProgram();
    const accounts = join(root, "infra/google/accounts.ts");
    const present = await readFile(accounts, "utf8");
    for (const [former, part] of Object.entries(renamed)) {
      await edit(
        accounts,
        `accountFormerly(\n      "${former}",\n      "${part}",`,
        `account(\n      "${former}",`,
      );
    }
    sandbox = await startSandbox({}, { root });
    expect((await sandbox.run("up")).create).toEqual(expect.arrayContaining(names("reader", "trigger")));
    await writeFile(accounts, present);
  }, wholeProgram);

  afterAll(async () => {
    await sandbox?.close();
    if (root !== undefined) await rm(root, { recursive: true, force: true });
  });

  it("is upgraded in place: nothing is created, replaced or deleted, and the accounts keep their ids", async () => {
    sandbox.takeWrites();
    const { same: _planned, ...plan } = await sandbox.run("preview");
    expect(plan).toEqual({ ...nothing, update: names("reconcile", "scheduler") });
    const { same: _stayed, ...done } = await sandbox.run("up");
    expect(done).toEqual(plan);
    const writes = sandbox
      .takeWrites()
      .map((write) => write.replace(/^(\S+).*\/(\w+)\/([\w-]+)-\w{7}@.*$/, "$1 $2 $3"));
    expect(writes.sort()).toEqual([
      "PATCH serviceAccounts signin-groups-reader",
      "PATCH serviceAccounts signin-groups-trigger",
    ]);
    expect(await sandbox.run("up"), "the next up has nothing to do").toMatchObject(nothing);
  });

  it("still lets people in, by the hook and by the System Log", async () => {
    expect(await getsIn(sandbox, "after-the-upgrade@example.com")).toBe(true);
    const { okta, runJobs } = sandbox.clouds;
    okta.faults.deliveries.push({ trouble: { kind: "lost" } });
    const { id } = okta.createPerson({ login: "undelivered@example.com", displayName: "Undelivered" });
    okta.signIn([{ kind: "success", login: "undelivered@example.com" }]);
    // The account of the schedule calls the function, which reads as its own account.
    await runJobs();
    expect(okta.isMember(await groupIdOf(sandbox.workspace, "App Users"), id)).toBe(true);
  });

  it("leaves nothing behind", async () => {
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });
});
