import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { action, authenticates, commandsOf, type Job, jobs, root, type Workflow } from "./definitions.ts";

const changesStack = (job: Job) => /pulumi (up|destroy)/.test(commandsOf(job));
const runsOnPullRequests = ({ workflow }: { workflow: Workflow }) => "pull_request" in workflow.on;

describe("the jobs with an identity", () => {
  const withIdentity = jobs.filter(({ job }) => authenticates(job));

  it("are those that run Pulumi", () => {
    for (const { name, job } of jobs) {
      expect(authenticates(job), name).toBe(/pulumi (preview|up|destroy)/.test(commandsOf(job)));
    }
    expect(withIdentity).toHaveLength(6);
  });

  it("do nothing before the repository is set up for them", () => {
    for (const { name, job } of withIdentity) {
      expect(job.if, name).toMatch(/^vars\.(PULUMI_BACKEND_URL != ''|PREVIEW_ENVIRONMENTS == 'true') &&/);
    }
  });

  it("run main's code where no pull request is the cause", () => {
    for (const { name, job, workflow } of withIdentity) {
      const forPullRequest =
        runsOnPullRequests({ workflow }) && !job.if?.includes("event_name != 'pull_request'");
      if (!forPullRequest) expect(job.if, name).toContain("&& github.ref == 'refs/heads/main'");
    }
  });

  it("get it from an environment where they change a stack, one at a time and never cut off", () => {
    for (const { name, job, workflow } of withIdentity) {
      const concurrency = job.concurrency ?? workflow.concurrency;
      expect(concurrency?.group, name).toBeDefined();
      if (!changesStack(job)) continue;
      expect(job.environment, name).toMatch(/^(production|preview-environment)$/);
      expect(concurrency?.["cancel-in-progress"], name).toBe(false);
    }
  });

  it("print no link to the state, and put no colours into a comment", () => {
    for (const { name, job } of withIdentity) {
      for (const { run = "" } of job.steps ?? []) {
        if (!/pulumi (preview|up) /.test(run)) continue;
        for (const option of ["--suppress-permalink=true", "--color never", "--non-interactive"]) {
          expect(run, name).toContain(option);
        }
      }
    }
  });

  it("ask the policy pack before anything is changed, wherever a change is shown or made", () => {
    const runs = withIdentity.flatMap(({ name, job }) =>
      (job.steps ?? []).flatMap(({ run = "" }) => (/pulumi (preview|up) /.test(run) ? [{ name, run }] : [])),
    );
    // The comparison shows no change: it shows what is deployed, whatever the policies say to that.
    const changes = runs.filter(({ run }) => !run.includes(" --expect-no-changes "));
    expect(changes.map(({ name }) => name).sort()).toEqual([
      "deploy in .github/workflows/preview-environment.yml",
      "preview in .github/workflows/pull-request.yml",
      "up in .github/workflows/deploy.yml",
    ]);
    for (const { name, run } of changes) {
      expect(run, name).toContain(" --policy-pack infra/policy ");
      // An update asks policies on the whole stack when it is done, and a configuration could switch any off.
      expect(run, name).not.toMatch(/--skip-preview|--policy-pack-config/);
    }
  });

  it("fail when the run that they report failed", () => {
    for (const { name, job } of withIdentity) {
      const steps = job.steps ?? [];
      if (!steps.some(({ run }) => run?.includes("comment.ts"))) continue;
      expect(steps.at(-1), name).toMatchObject({
        if: "always() && steps.pulumi.outputs.exit-code != '0'",
        run: "exit 1",
      });
    }
  });

  it("install the packages before they have one, and the CLI of the SDK's version", async () => {
    const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const order = action.runs.steps.map(({ run, uses }) => run ?? uses?.split("@", 1)[0]);
    expect(order).toEqual(["actions/setup-node", "npm ci", "google-github-actions/auth", "pulumi/actions"]);
    expect(action.runs.steps.at(-1)?.with).toEqual({ "pulumi-version": dependencies["@pulumi/pulumi"] });
  });
});
