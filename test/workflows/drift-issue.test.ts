import { describe, expect, it } from "vitest";
import { type GitHubServer, startGitHub, TOKEN } from "./github.ts";
import { startRunner } from "./run.ts";

async function check(github: GitHubServer, exitCode: string, output = "", stack = "production") {
  await using runner = await startRunner();
  await runner.write("output.txt", output);
  return await runner.run("drift-issue.ts", [], {
    GITHUB_API_URL: github.url,
    GITHUB_TOKEN: TOKEN,
    STACK: stack,
    EXIT_CODE: exitCode,
  });
}

describe("the issue on drift", () => {
  it("is opened once, updated while the drift lasts, and closed when it is gone", async () => {
    await using github = await startGitHub();
    expect(await check(github, "7", "~ the first night")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(github.issues).toMatchObject([{ title: "Drift in production", labels: ["drift"], state: "open" }]);
    expect(github.issues[0]?.body).toContain("~ the first night");

    await check(github, "7", "~ the second night");
    expect(github.issues).toHaveLength(1);
    expect(github.issues[0]?.body).toContain("~ the second night");

    expect(await check(github, "0")).toMatchObject({ exitCode: 0 });
    expect(github.issues).toMatchObject([{ state: "closed", state_reason: "completed" }]);
    const [comment] = github.comments.get(String(github.issues[0]?.number)) ?? [];
    expect(comment?.body).toBe(
      "The drift is gone ([run](https://github.example/acme/identity/actions/runs/77)).",
    );

    await check(github, "7", "~ a month later");
    expect(github.issues).toHaveLength(2);
  });

  it("is not touched by a check that failed, which fails the job", async () => {
    await using github = await startGitHub();
    await check(github, "7", "~ drift");
    const before = structuredClone(github.issues);
    const { exitCode, stderr } = await check(github, "1", "error: no credentials");
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("The check itself failed, with exit code 1");
    expect(github.issues).toEqual(before);
  });

  it("is not made when there is none to make, nor are other issues closed", async () => {
    await using github = await startGitHub();
    const user = { login: "somebody" };
    github.issues.push({
      id: 1,
      number: 1,
      title: "by hand",
      body: "drifting",
      state: "open",
      labels: ["drift"],
      user,
    });
    await check(github, "0");
    expect(github.writes).toEqual([]);
  });

  it("is never one that somebody else wrote the marker into", async () => {
    await using github = await startGitHub();
    await check(github, "7", "~ drift");
    const own = github.issues[0];
    if (own === undefined) throw new Error("No issue was opened.");
    own.user = { login: "mallory" };
    await check(github, "7", "~ drift");
    expect(github.issues.map(({ user }) => user.login)).toEqual(["mallory", "github-actions[bot]"]);
    await check(github, "0");
    expect(github.issues.map(({ state }) => state)).toEqual(["open", "closed"]);
  });

  it("is one for each stack", async () => {
    await using github = await startGitHub();
    await check(github, "7", "", "production");
    await check(github, "7", "", "staging");
    await check(github, "0", "", "staging");
    expect(github.issues.map(({ title, state }) => [title, state])).toEqual([
      ["Drift in production", "open"],
      ["Drift in staging", "closed"],
    ]);
  });
});
