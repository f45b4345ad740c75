import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterEach, expect, it } from "vitest";
import { scenarios } from "../../sandbox/scenarios.ts";
import { commandsOf, readDocument, sectionOf } from "../support/commands.ts";
import { describeEngine, wholeProgram } from "./support.ts";

const root = join(import.meta.dirname, "../..");

const children: ChildProcess[] = [];
afterEach(() => {
  // What a failed test left running.
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill("SIGTERM");
});

/** Runs a script of this project without a terminal. */
function run(script: string, ...words: string[]) {
  const child = spawn(process.execPath, [script, ...words], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  return { child, output: text(child.stdout), errors: text(child.stderr), end: once(child, "close") };
}

/** Answers the first line that matches, as soon as it is there. */
function lineOf({ child }: ReturnType<typeof run>, matches: RegExp): Promise<string> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (matches.test(line)) resolve(line);
    });
  });
}

describeEngine("npm start --engine pulumi", () => {
  it(
    "--json reports as the embedded driver does, and shows Pulumi's own output, too",
    async () => {
      const { output, errors, end } = run("sandbox/index.ts", "--engine", "pulumi", "--json");
      expect(await end, await errors).toEqual([0, null]);
      expect(JSON.parse(await output)).toMatchObject({
        engine: "pulumi",
        resources: 94,
        verified: true,
        signIns: scenarios.flat().map(({ expected }) => ({ expected, member: expected })),
        destroyed: true,
        leftovers: [],
        ok: true,
      });
      expect(await errors).toContain("Updating (sandbox):");
      expect(await errors).toContain("Destroying (sandbox):");
      expect(await errors).not.toContain("\u001b");
    },
    wholeProgram,
  );

  it(
    "--stay lets npm run sandbox preview, configure and deploy, until it is ended",
    async () => {
      const sandbox = run("sandbox/index.ts", "--engine", "pulumi", "--stay");
      const opened = lineOf(sandbox, /^ {2}Console /);
      await lineOf(sandbox, /curl /);
      const command = async (...words: string[]) => {
        const { output, errors, end } = run(
          "sandbox/engine/command.ts",
          "--pid",
          String(sandbox.child.pid),
          ...words,
        );
        expect(await end, await errors).toEqual([0, null]);
        return await output;
      };
      expect(await command("preview")).toMatch(/Resources:\n +\d+ unchanged/);
      // The project's own commands find the stack, its configuration and both clouds.
      expect(await command("doctor")).toMatch(/^\d+ ok\.$/m);
      expect(await command("smoke")).toMatch(/^\d+ ok(, 1 warning)?\.$/m);
      // As the README has them; nobody is there to say yes.
      const prefix = "npm run sandbox -- ";
      const commands = commandsOf(sectionOf(await readDocument("README.md"), "## Try it"))
        .filter((line) => line.startsWith(prefix))
        .map((line) => line.slice(prefix.length).split(" "))
        .map((words) => (words[0] === "up" ? [...words, "--yes"] : words));
      expect(commands.map(([verb]) => verb)).toEqual(["config", "preview", "up"]);
      // What somebody protects there must not outlast the sandbox.
      await command("config", "set", "signin-groups:protectGroups", "true");
      // The console shows the state of the engine, what an update would do, and updates.
      const address = new URL((await opened).trim().split(/\s+/).at(-1) ?? "");
      const headers = { "x-console-token": address.searchParams.get("token") ?? "" };
      const graph = await (await fetch(`${address.origin}/api/graph`)).text();
      expect(graph).toContain("queue-invokes-grant");
      const change = { setting: "grantConcurrency", value: "30" };
      const post = async (path: string, body: unknown) =>
        (
          await fetch(`${address.origin}/api${path}`, {
            method: "POST",
            headers,
            body: JSON.stringify(body),
          })
        ).json();
      expect(await post("/stack/preview", change)).toMatchObject({
        isWell: true,
        output: expect.stringMatching(/Resources:\n +~ \d+ to update/),
      });
      const changed = /"maxInstanceRequestConcurrency":\s*30\b/;
      expect(graph).not.toMatch(changed);
      // Of two at once, one is refused before it meets the other's lock.
      const both = await Promise.all([post("/stack/up", {}), post("/stack/up", {})]);
      expect(both).toContainEqual({
        error: "A preview or an update is under way: wait until it has ended.",
      });
      expect(both).toContainEqual({
        isWell: true,
        output: expect.stringMatching(/Resources:\n +~ \d+ updated/),
      });
      expect(await (await fetch(`${address.origin}/api/graph`)).text()).toMatch(changed);
      const printed: string[] = [];
      for (const words of commands) printed.push(await command(...words));
      expect(printed[1]).toContain("signin-groups-event-hook-2");
      expect(printed[2]).toMatch(/\+ \d+ created/);
      expect(await command("preview")).toMatch(/Resources:\n +\d+ unchanged/);

      sandbox.child.kill("SIGTERM");
      expect(await sandbox.end).toEqual([0, null]);
      expect(await sandbox.output).toContain("✓ both clouds are empty again");
      const late = run("sandbox/engine/command.ts", "--pid", String(sandbox.child.pid), "preview");
      expect(await late.end).toEqual([3, null]);
    },
    // A dozen runs of the CLI, two of them updates.
    2 * wholeProgram,
  );

  it(
    "destroys what it has made when it is stopped in the middle of the deployment",
    async () => {
      const sandbox = run("sandbox/index.ts", "--engine", "pulumi");
      await lineOf(sandbox, /storage:Bucket .* created/);
      sandbox.child.kill("SIGINT");
      expect(await sandbox.end).toEqual([1, null]);
      const shown = await sandbox.output;
      expect(shown).toContain("The deployment was aborted");
      expect(shown).toContain("✓ both clouds are empty again");
      expect(shown).not.toContain("Signing people in");
    },
    wholeProgram,
  );
});
