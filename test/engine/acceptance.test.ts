import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { differences, type Fixture } from "../../cli/acceptance/fixture.ts";
import { looks } from "../../cli/acceptance/looks/index.ts";
import type { Report } from "../../cli/acceptance/report.ts";
import { type StepName, stepNames } from "../../cli/acceptance/steps.ts";
import { withLanguageHost } from "../../sandbox/engine/run.ts";
import { commandVariables } from "../../sandbox/environment.ts";
import { alter, alteredDecisions } from "../cli/acceptance/altered.ts";
import type { Ended } from "../cli/run-here.ts";
import { endOf } from "../cli/world.ts";
import { describeEngine, type Sandbox, startSandbox, wholeProgram } from "./support.ts";

const entry = join(import.meta.dirname, "../../cli/index.ts");

describeEngine(
  "npm run acceptance, on the sandbox as if that were real",
  { timeout: wholeProgram * 2 },
  () => {
    let sandbox: Sandbox;
    /** Hears the calls of both clouds. */
    let hear = (_call: string): void => {};

    /** Two clouds on which nothing is deployed, and a folder for a round; they end with the test. */
    async function begin(): Promise<string> {
      sandbox = await startSandbox({}, {}, (notice) => {
        if (notice.kind === "request") hear(`${notice.method} ${notice.path}`);
      });
      const folder = await mkdtemp(join(tmpdir(), "signin-groups-acceptance-test-"));
      onTestFinished(async () => {
        await sandbox.close();
        await rm(folder, { recursive: true, force: true });
      });
      return folder;
    }

    /** Who is in the org, but its administrator. */
    async function countPeople(): Promise<number> {
      const { url, apiToken } = sandbox.clouds.okta;
      const search = new URLSearchParams({ search: 'type eq "BUILT_IN"' });
      const headers = { authorization: `SSWS ${apiToken}` };
      const groups: unknown = await (await fetch(`${url}/api/v1/groups?${search}`, { headers })).json();
      const id = String(Reflect.get(Object(Array.isArray(groups) ? groups[0] : undefined), "id"));
      const members: unknown = await (await fetch(`${url}/api/v1/groups/${id}/users`, { headers })).json();
      return Array.isArray(members) ? members.length : -1;
    }

    /** Runs the command to its end. @param watch gets the process */
    function run(words: readonly string[], watch: (child: ChildProcess) => void = () => {}): Promise<Ended> {
      const { workspace, clouds } = sandbox;
      return withLanguageHost(workspace, async (environment) => {
        const child = spawn(
          process.execPath,
          [entry, "acceptance", "--stack", workspace.stack, "--config-file", workspace.configFile, ...words],
          {
            cwd: workspace.root,
            env: {
              ...environment,
              ...commandVariables(clouds),
              PATH: [dirname(workspace.cli), dirname(process.execPath), environment["PATH"]].join(delimiter),
            },
            stdio: ["ignore", "pipe", "pipe"],
          },
        );
        watch(child);
        return await endOf(child);
      });
    }

    const steps = (...names: readonly StepName[]) => ["--steps", names.join()];

    it("does a whole round, confirms what it sees, leaves nothing, and goes on after Ctrl-C where it was", async () => {
      const place = await begin();
      const people = await countPeople();
      const words = ["--folder", place, "--yes", "--outage", "0"];
      // Pulumi has begun to change the project, and the round has not come further.
      const interrupted = await run(words, (child) => {
        hear = (call) => {
          if (!/^POST .*:(batchEnable|enable)$/.test(call)) return;
          // A second one would end it at once.
          hear = () => {};
          child.kill("SIGINT");
        };
      });
      expect(interrupted.code, interrupted.stdout + interrupted.stderr).toBe(130);
      expect(interrupted.stderr).toContain("Interrupted. The same command goes on with it.");

      const { code, stdout, stderr } = await run([...words, "--json"]);
      expect(code, stdout + stderr).toBe(0);
      // The command prints one object of this form.
      const report = JSON.parse(stdout) as Report;
      expect(report.steps.map(({ name, state }) => [name, state])).toEqual(
        stepNames.map((name) => [name, "done"]),
      );
      expect(report.rows.filter(({ verdict }) => verdict === "refuted")).toEqual([]);
      const open = report.rows
        .filter(({ verdict }) => verdict === "not seen")
        .map(({ decision }) => decision);
      expect(open).toEqual([expect.stringMatching(/^A project is read by its id/)]);
      expect(report.counts.confirmed).toBeGreaterThan(120);
      expect(stderr).toContain("doctor: done before");
      const broken = report.steps.find(({ name }) => name === "broken-build");
      expect(broken?.notes.join("\n")).toContain("Build failed");
      expect(sandbox.clouds.leftovers()).toEqual([]);
      expect(await countPeople(), "every test person is gone").toBe(people);

      const { okta, google, project } = sandbox.clouds;
      const written = await Promise.all(
        ["report.md", "report.json", "fixture.json"].map((name) => readFile(join(place, name), "utf8")),
      );
      for (const document of written) {
        for (const secret of [okta.apiToken, google.deployerToken, project, okta.url, "App Users"]) {
          expect(document).not.toContain(secret);
        }
        expect(document).not.toMatch(
          /signin-groups-(acceptance|left-out)-[0-9a-f]|@example\.com|\b00[ug][A-Za-z0-9]{17}\b/,
        );
      }

      // The command writes one object of this form.
      const fixture = JSON.parse(await readFile(join(place, "fixture.json"), "utf8")) as Fixture;
      const kept = join(import.meta.dirname, "../sandbox/fixtures");
      const all = new Set(looks.map(({ id }) => id));
      for (const name of (await readdir(kept)).filter((one) => one.endsWith(".json"))) {
        const other = JSON.parse(await readFile(join(kept, name), "utf8")) as Fixture;
        if (other.hosting === "functions") {
          expect(differences(other.exchanges, fixture.exchanges, all), name).toEqual([]);
        }
      }
    });

    it("refutes exactly the three decisions that the sandbox was made to take otherwise", async () => {
      const words = ["--folder", await begin(), "--yes", "--json"];
      alter(sandbox.clouds);
      const { code, stdout, stderr } = await run([
        ...words,
        ...steps("up", "look", "destroy", "nothing-left"),
      ]);
      expect(code, stdout + stderr).toBe(1);
      // The command prints one object of this form.
      const report = JSON.parse(stdout) as Report;
      const refuted = report.rows.filter(({ verdict }) => verdict === "refuted");
      const found = refuted.map(({ decision }) => decision);
      expect(found.sort(), stderr).toEqual([...alteredDecisions].sort());
      expect(sandbox.clouds.leftovers()).toEqual([]);
    });
  },
);
