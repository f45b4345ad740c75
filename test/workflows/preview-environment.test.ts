import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { startGitHub, TOKEN } from "./github.ts";
import { startRunner } from "./run.ts";

const project = await readFile(join(import.meta.dirname, "../../Pulumi.yaml"), "utf8");
const provider = "gcpkms://projects/acme-sandbox/locations/europe-west1/keyRings/pulumi/cryptoKeys/state";
const template = {
  secretsprovider: provider,
  encryptedkey: "CiQA",
  config: { "gcp:project": "acme-sandbox", "okta:apiToken": { secure: "v1:abc" } },
};

async function makeStack(stack: string, written: unknown) {
  await using runner = await startRunner();
  await runner.write("Pulumi.yaml", project);
  if (written !== undefined) await runner.write("Pulumi.preview.yaml", stringify(written));
  const result = await runner.run("environment-stack.ts", [stack]);
  const file = await readFile(join(runner.folder, `Pulumi.${stack}.yaml`), "utf8").catch(() => undefined);
  return { ...result, file: file === undefined ? undefined : parse(file) };
}

describe("the stack file of a preview environment", () => {
  it("is the template, secrets and all, with a group of its own", async () => {
    const { exitCode, stdout, file } = await makeStack("pr-12", template);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`${provider}\n`);
    expect(file).toEqual({
      ...template,
      config: {
        ...template.config,
        "signin-groups:rules": [{ group: "App Users (pr-12)", on: ["user.session.start"] }],
        "signin-groups:protectGroups": false,
      },
    });
  });

  it("keeps the template's rules, and never protects what a destroy must delete", async () => {
    const rules = [
      { group: "Staff", renamedFrom: "Employees", on: ["user.session.start"] },
      { group: "Contractors", on: ["user.authentication.sso"], when: "event.actor.type == 'User'" },
    ];
    const config = { "signin-groups:rules": rules, "signin-groups:protectGroups": true };
    const { file } = await makeStack("pr-7", { ...template, config });
    expect(file.config).toEqual({
      "signin-groups:rules": [
        { ...rules[0], group: "Staff (pr-7)", renamedFrom: "Employees (pr-7)" },
        { ...rules[1], group: "Contractors (pr-7)" },
      ],
      "signin-groups:protectGroups": false,
    });
  });

  it.each([
    [
      "a rule for a group that others use",
      "pr-1",
      { ...template, config: { "signin-groups:rules": [{ groupId: "00g1", on: [] }] } },
      "would fill a group that others use",
    ],
    [
      "rules that are not a list",
      "pr-1",
      { ...template, config: { "signin-groups:rules": "all" } },
      "must be a list",
    ],
    ["a template without a secrets provider", "pr-1", { config: {} }, "has no secretsprovider"],
    ["no template", "pr-1", undefined, "There is no Pulumi.preview.yaml"],
    [
      "the name of another stack",
      "production",
      template,
      '"production" is not a preview environment\'s name',
    ],
    ["a name that leads elsewhere", "pr-1/../x", template, "is not a preview environment's name"],
  ])("refuses %s", async (_, stack, written, message) => {
    const { exitCode, stderr, file } = await makeStack(stack, written);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(message);
    expect(file).toBeUndefined();
  });
});

describe("the destroy of a preview environment", () => {
  const destroy = async (pulumi: string) => {
    await using runner = await startRunner(pulumi);
    await runner.write("Pulumi.yaml", project);
    await runner.write("Pulumi.preview.yaml", stringify(template));
    return await runner.run("destroy-environment", ["pr-12"]);
  };

  it("destroys the stack and removes it, with its settings at hand", async () => {
    const { exitCode, stdout } = await destroy(`echo "$@"; grep -c "App Users (pr-12)" Pulumi.pr-12.yaml`);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^destroy --stack pr-12 --yes --skip-preview --remove .*\n1\n$/);
  });

  it("is done when there is no such stack, and failed when Pulumi failed", async () => {
    expect(await destroy("exit 6")).toMatchObject({ exitCode: 0 });
    expect(await destroy("exit 1")).toMatchObject({ exitCode: 1 });
  });
});

describe("the search for stale preview environments", () => {
  it("finds those whose pull request is closed or lost the label, and nothing else", async () => {
    await using github = await startGitHub();
    const label = { name: "preview-environment" };
    github.pullRequests.set("1", { state: "open", labels: [{ name: "docs" }, label] });
    github.pullRequests.set("2", { state: "closed", labels: [label] });
    github.pullRequests.set("3", { state: "open", labels: [{ name: "docs" }] });
    await using runner = await startRunner();
    const names = ["preview", "production", "pr-1", "pr-2", "pr-3", "pr-x", "old-pr-2"];
    await runner.write("stacks.json", JSON.stringify(names.map((name) => ({ name, current: false }))));
    const result = await runner.run("stale-environments.ts", ["stacks.json"], {
      GITHUB_API_URL: github.url,
      GITHUB_TOKEN: TOKEN,
    });
    expect(result).toEqual({ exitCode: 0, stdout: "pr-2\npr-3\n", stderr: "" });
  });

  it("fails rather than take a pull request that GitHub does not show for closed", async () => {
    await using github = await startGitHub();
    await using runner = await startRunner();
    await runner.write("stacks.json", JSON.stringify([{ name: "pr-9" }]));
    const { exitCode, stdout } = await runner.run("stale-environments.ts", ["stacks.json"], {
      GITHUB_API_URL: github.url,
      GITHUB_TOKEN: TOKEN,
    });
    expect(exitCode).not.toBe(0);
    expect(stdout).toBe("");
  });
});

describe("capture", () => {
  it("keeps what a command prints on both streams, and its exit code, and succeeds", async () => {
    await using runner = await startRunner("echo out; echo err >&2; exit 7");
    const { exitCode, stdout } = await runner.run("capture", ["pulumi", "preview"]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe("out\nerr\n");
    expect(await readFile(join(runner.folder, "output.txt"), "utf8")).toBe("out\nerr\n");
    expect(await readFile(join(runner.folder, "step-output.txt"), "utf8")).toBe("exit-code=7\n");
  });

  it("keeps the exit code 0, too", async () => {
    await using runner = await startRunner();
    await runner.run("capture", ["pulumi", "preview"]);
    expect(await readFile(join(runner.folder, "step-output.txt"), "utf8")).toBe("exit-code=0\n");
  });
});
