import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { getsIn, groupIdOf, nothing } from "./actions.ts";
import { describeEngine, startSandbox, wholeProgram } from "./support.ts";

const run = promisify(execFile);
const home = join(import.meta.dirname, "../..");
/** What a program needs besides its packages; CONTRIBUTING.md says how a version's is kept. */
const parts = ["Pulumi.yaml", "package.json", "package-lock.json", "infra", "function"];
const folder = join(import.meta.dirname, "released");

describeEngine("a stack of an earlier version", { timeout: wholeProgram }, () => {
  it.each(readdirSync(folder))(
    "(%s) is upgraded in place: what is replaced or deleted is in the changelog",
    async (archive) => {
      const root = await mkdtemp(join(tmpdir(), "signin-groups-upgrade-"));
      onTestFinished(() => rm(root, { recursive: true, force: true }));
      await run("tar", ["xzf", join(folder, archive), "-C", root]);
      await symlink(join(home, "node_modules"), join(root, "node_modules"), "junction");
      const sandbox = await startSandbox({}, { root });
      onTestFinished(() => sandbox.close());
      const before = await sandbox.run("up");
      expect(await getsIn(sandbox, "before-the-upgrade@example.com")).toBe(true);

      for (const part of parts) {
        await rm(join(root, part), { recursive: true });
        await cp(join(home, part), join(root, part), { recursive: true });
      }
      const plan = await sandbox.run("preview");
      const changelog = await readFile(join(home, "CHANGELOG.md"), "utf8");
      const unnamed = [...plan.replace, ...plan.delete].filter(
        (name) => !changelog.includes(`\`${name.replace(/^signin-groups-/, "")}\``),
      );
      expect(unnamed).toEqual([]);
      expect(before.create.length).toBeGreaterThan(50);
      // What a preview does not know yet may turn out to be the same.
      const { create, replace, delete: deleted } = plan;
      expect(await sandbox.run("up")).toMatchObject({ create, replace, delete: deleted });
      expect(await sandbox.run("up"), "the next up has nothing to do").toMatchObject(nothing);

      expect(await getsIn(sandbox, "after-the-upgrade@example.com")).toBe(true);
      const { okta, runJobs } = sandbox.clouds;
      okta.faults.deliveries.push({ trouble: { kind: "lost" } });
      const { id } = okta.createPerson({ login: "undelivered@example.com", displayName: "Undelivered" });
      okta.signIn([{ kind: "success", login: "undelivered@example.com" }]);
      await runJobs();
      expect(okta.isMember(await groupIdOf(sandbox.workspace, "App Users"), id)).toBe(true);
      await sandbox.run("destroy");
      expect(sandbox.clouds.leftovers()).toEqual([]);
    },
  );
});
