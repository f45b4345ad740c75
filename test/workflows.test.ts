import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  action,
  authenticates,
  commandsOf,
  files,
  type Job,
  jobs,
  root,
  texts,
  workflows,
} from "./workflows/definitions.ts";

const SHELL = "bash -euo pipefail {0}";
/** The one job that may write to the repository. */
const publish = "publish in .github/workflows/release.yml";

describe("the workflows", () => {
  it("are the seven of the documentation", async () => {
    const documentation = await readFile(join(root, "docs/pull-requests.md"), "utf8");
    expect(files.length).toBe(7);
    for (const file of files) expect(documentation).toContain(file.slice(".github/workflows/".length));
  });

  it("use actions of others by commit, with the version next to it", () => {
    for (const [file, text] of texts) {
      for (const [line, used] of text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)) {
        if (used?.startsWith("./")) continue;
        expect(used, `${file}: ${line.trim()}`).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      }
    }
  });

  it("use one version of each action", () => {
    const used = [...texts.values()].flatMap((text) =>
      [...text.matchAll(/uses: ([\w-]+\/[\w-]+)(@.*)/g)].map(([, name, pin]) => `${name}${pin}`),
    );
    const names = new Set([...new Set(used)].map((use) => use.split("@", 1)[0]));
    expect(new Set(used).size).toBe(names.size);
    expect([...names].sort()).toEqual([
      "actions/attest-build-provenance",
      "actions/checkout",
      "actions/download-artifact",
      "actions/setup-node",
      "actions/upload-artifact",
      "google-github-actions/auth",
      "pulumi/actions",
    ]);
  });

  it("have no permission but those that a job names", () => {
    for (const [file, workflow] of workflows) expect(workflow.permissions, file).toEqual({});
    for (const { name, job } of jobs) {
      const {
        contents,
        "id-token": identity,
        "pull-requests": pulls,
        issues,
        attestations,
        ...others
      } = job.permissions ?? {};
      expect(others, name).toEqual({});
      expect(contents, name).toBe(name === publish ? "write" : "read");
      expect(attestations, name).toBe(name === publish ? "write" : undefined);
      expect(identity, name).toBe(authenticates(job) || name === publish ? "write" : undefined);
      const commands = commandsOf(job);
      const forPulls = commands.includes("comment.ts")
        ? "write"
        : commands.includes("stale-")
          ? "read"
          : undefined;
      expect(pulls, name).toBe(forPulls);
      expect(issues, name).toBe(commands.includes("drift-issue.ts") ? "write" : undefined);
    }
  });

  it("never run on pull_request_target or another workflow's end", () => {
    const events = new Set(workflows.flatMap(([, workflow]) => Object.keys(workflow.on)));
    expect([...events].sort()).toEqual([
      "pull_request",
      "push",
      "schedule",
      "workflow_call",
      "workflow_dispatch",
    ]);
  });

  it("look at nothing that a stranger can write: no title, text, branch or name of a pull request", () => {
    const known = new Set([
      "github.event.pull_request.head.sha",
      "github.event.pull_request.number",
      "github.event.repository.default_branch",
      "github.token",
      "inputs.service-account",
      "inputs.workload-identity-provider",
      "matrix.node",
      "matrix.system",
      "matrix.system != 'ubuntu-24.04'",
      "steps.pulumi.outputs.exit-code",
      "vars.DRIFT_ALERT_PROJECT",
      "vars.GOOGLE_SERVICE_ACCOUNT",
      "vars.GOOGLE_WORKLOAD_IDENTITY_PROVIDER",
      "vars.PULUMI_BACKEND_URL",
      "vars.PULUMI_STACK",
    ]);
    for (const [file, text] of texts) {
      for (const [, expression] of text.matchAll(/\$\{\{([\s\S]*?)\}\}/g)) {
        // Only who may write to the repository can push a tag.
        if (file.endsWith("/release.yml") && expression?.trim() === "github.ref_name") continue;
        expect(known, file).toContain(expression?.trim());
      }
      // Runners set these for scripts, and what a pull request's branch is called is up to its author.
      expect(text, file).not.toMatch(/GITHUB_(HEAD_REF|REF_NAME|REF|EVENT_PATH|ACTOR)\b/);
    }
  });

  it("put no expression into a script", () => {
    const steps = [...jobs.flatMap(({ job }) => job.steps ?? []), ...action.runs.steps];
    for (const { run = "" } of steps) expect(run).not.toContain("${{");
  });

  it("stop at the first error", () => {
    for (const [file, workflow] of workflows) expect(workflow.defaults.run.shell, file).toBe(SHELL);
    for (const { run, shell } of action.runs.steps) {
      if (run !== undefined) expect(shell).toBe(SHELL);
    }
  });

  it("end", () => {
    for (const { name, job } of jobs) {
      // The jobs of a called workflow have their own time-outs.
      if (job.uses === undefined) expect(job["timeout-minutes"], name).toBeLessThanOrEqual(120);
    }
  });

  it("leave no token in the copy of the repository", () => {
    for (const { name, job } of jobs) {
      for (const { uses = "", with: inputs } of job.steps ?? []) {
        if (uses.startsWith("actions/checkout@")) expect(inputs?.["persist-credentials"], name).toBe(false);
      }
    }
  });

  it("check out what they were started for, or the default branch", () => {
    for (const { name, job } of jobs) {
      for (const { uses = "", with: inputs = {} } of job.steps ?? []) {
        if (!uses.startsWith("actions/checkout@")) continue;
        expect(inputs["repository"], name).toBeUndefined();
        const { ref } = inputs;
        if (ref !== undefined)
          expect(ref, name).toMatch(/^\$\{\{ github\.event\.repository\.default_branch \}\}$/);
      }
    }
  });

  it("run on machines of GitHub's that are made for the job, in no container", () => {
    for (const { name, job } of jobs) {
      if (job.uses !== undefined) {
        expect(job.uses, name).toBe("./.github/workflows/test.yml");
        continue;
      }
      const systems = job.strategy?.matrix.system;
      expect(job["runs-on"], name).toMatch(
        systems === undefined ? /^ubuntu-24\.04$/ : /^\$\{\{ matrix\.system \}\}$/,
      );
      if (systems !== undefined) expect(systems, name).toEqual(["ubuntu-24.04"]);
      // On the others the commands have not run yet.
      const others = (job.strategy?.matrix.include ?? []).map(({ system }) => system);
      expect(others, name).toEqual(systems === undefined ? [] : ["macos-15", "windows-2025"]);
      expect(job, name).not.toHaveProperty("container");
      expect(job, name).not.toHaveProperty("services");
    }
  });

  it("keep nothing from one run for another", async () => {
    // With this field, actions/setup-node restores a cache of packages unasked.
    const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    expect(manifest.packageManager ?? manifest.devEngines).toBeUndefined();
    const steps = [...jobs.flatMap(({ job }) => job.steps ?? []), ...action.runs.steps];
    for (const { uses = "", with: inputs = {} } of steps) {
      if (!uses.startsWith("actions/setup-node@")) continue;
      expect(Object.keys(inputs)).toEqual(["node-version"]);
    }
  });

  it("fetch packages only by the lockfile, and run nothing that they fetch from elsewhere", async () => {
    const scripts = await Promise.all(
      [".ci/run", ".github/scripts/capture", ".github/scripts/destroy-environment"].map((file) =>
        readFile(join(root, file), "utf8"),
      ),
    );
    const steps = [...jobs.flatMap(({ job }) => job.steps ?? []), ...action.runs.steps];
    for (const script of [...scripts, ...steps.map(({ run = "" }) => run)]) {
      expect(script).not.toMatch(/\b(npx|npm (i|add|install|update|exec|x)|curl|wget|eval)\b/);
      for (const [, version] of script.matchAll(/\bgo run \S+@(\S+)/g))
        expect(version).toMatch(/^v\d+\.\d+\.\d+$/);
    }
  });

  it("run only npm's scripts that exist", async () => {
    const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    for (const { name, job } of jobs) {
      for (const { run = "" } of job.steps ?? []) {
        for (const [, script] of run.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g))
          expect(Object.keys(scripts), name).toContain(script);
      }
    }
  });

  it("give GitHub's token only to their own scripts and to gh, and no secret to anything", () => {
    for (const text of texts.values()) expect(text).not.toMatch(/\bsecrets *[.[:]/);
    for (const { name, job } of jobs) {
      for (const { run = "", env = {} } of job.steps ?? []) {
        if (!("GITHUB_TOKEN" in env)) continue;
        if (name === publish) {
          expect(run, name).toMatch(/^gh release create /);
          continue;
        }
        expect(run, name).toContain("node .github/scripts/");
        expect(run, name).not.toMatch(/pulumi (preview|up|destroy)/);
      }
    }
  });
});

describe("the job that may write to the repository", () => {
  it("runs no code of the project or of a package", () => {
    const [{ job } = { job: undefined }] = jobs.filter(({ name }) => name === publish);
    const steps = (job?.steps ?? []).map(
      ({ uses, run = "" }) => uses?.split("@", 1)[0] ?? run.split(" ", 1)[0],
    );
    expect(steps).toEqual(["actions/download-artifact", "actions/attest-build-provenance", "gh"]);
  });

  it("runs only for a tag, after the tests", () => {
    const release = parse(texts.get(join(".github/workflows", "release.yml")) ?? "");
    expect(release.on).toEqual({ push: { tags: ["v*"] } });
    expect(release.jobs.publish.needs).toBe("build");
    expect(release.jobs.build.needs).toBe("test");
  });
});

describe("the checks that a merge needs", () => {
  it("are named in the documentation as the jobs of the tests are, and those that may fail are not", async () => {
    const documentation = await readFile(join(root, "docs/pull-requests.md"), "utf8");
    const [, contexts = ""] = /"contexts": (\[[^\]]*\])/.exec(documentation) ?? [];
    const { strategy } = parse(texts.get(join(".github/workflows", "test.yml")) ?? "").jobs.commands;
    const names = strategy.matrix.node.map((node: number) => `test / ubuntu-24.04, Node.js ${node}`);
    expect(JSON.parse(contexts)).toEqual(["test / everything", ...names, "preview"]);
  });
});

describe("pull requests, merges and releases", () => {
  it("are tested first", () => {
    for (const file of ["pull-request.yml", "deploy.yml", "release.yml"]) {
      const workflow = parse(texts.get(join(".github/workflows", file)) ?? "");
      const [[name, test], [, other]] = Object.entries<Job & { needs?: string }>(workflow.jobs) as [
        [string, Job],
        [string, Job & { needs?: string }],
      ];
      expect(test.uses).toBe("./.github/workflows/test.yml");
      expect(test.if).toBeUndefined();
      expect(other.needs).toBe(name);
    }
  });
});
