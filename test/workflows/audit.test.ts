import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { root, workflows } from "./definitions.ts";

describe("the audit", () => {
  const workflow = workflows.find(([file]) => file.endsWith("/audit.yml"))?.[1];

  it("is made for every pull request, a fork's too, and every night", () => {
    expect(Object.keys(workflow?.on ?? {}).sort()).toEqual(["pull_request", "schedule", "workflow_dispatch"]);
    expect(workflow?.on["pull_request"]).toBeNull();
    for (const job of Object.values(workflow?.jobs ?? {})) expect(job.if).toBeUndefined();
  });

  it("runs the policy, and nothing else", () => {
    const steps = Object.values(workflow?.jobs ?? {}).flatMap((job) => job.steps ?? []);
    expect(steps.flatMap(({ run }) => run ?? [])).toEqual(["npm ci", "npm run audit"]);
  });
});

describe("Dependabot", () => {
  it("looks after the actions and the lockfile, and lets a new version lie for a week", async () => {
    const { updates } = parse(await readFile(join(root, ".github/dependabot.yml"), "utf8"));
    const watched = updates.map((update: Record<string, unknown>) => [
      update["package-ecosystem"],
      update["directories"] ?? update["directory"],
      update["cooldown"],
    ]);
    const cooldown = { "default-days": 7 };
    expect(watched).toEqual([
      ["github-actions", ["/", "/.github/actions/pulumi", "/template/.github/workflows"], cooldown],
      ["npm", "/", cooldown],
    ]);
  });
});
