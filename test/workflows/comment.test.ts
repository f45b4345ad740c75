import { describe, expect, it } from "vitest";
import { type GitHubServer, startGitHub, TOKEN } from "./github.ts";
import { startRunner } from "./run.ts";

const user = { login: "github-actions[bot]" };

async function comment(github: GitHubServer, about: string, exitCode: string, output: string) {
  await using runner = await startRunner();
  await runner.write("output.txt", output);
  return await runner.run("comment.ts", [about], {
    GITHUB_API_URL: github.url,
    GITHUB_TOKEN: TOKEN,
    PULL_REQUEST: "12",
    STACK: "production",
    COMMIT: "abc123",
    EXIT_CODE: exitCode,
  });
}

describe("the comment of a preview", () => {
  it("is made once, and then updated", async () => {
    await using github = await startGitHub();
    expect(await comment(github, "preview", "0", "+ one")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await comment(github, "preview", "0", "+ two")).toMatchObject({ exitCode: 0 });
    const comments = github.comments.get("12") ?? [];
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).toContain("+ two");
    expect(comments[0]?.body).not.toContain("+ one");
    expect(comments[0]?.body).toContain(
      "of abc123, [run](https://github.example/acme/identity/actions/runs/77)",
    );
  });

  it("is found behind a hundred others", async () => {
    await using github = await startGitHub();
    const others = Array.from({ length: 150 }, (_, id) => ({ id, body: "looks good", user }));
    const own = { id: 500, body: "<!-- signin-groups: preview -->\nolder", user };
    github.comments.set("12", [...others, own]);
    await comment(github, "preview", "0", "+ new");
    expect(github.writes).toEqual(["PATCH /issues/comments/500"]);
  });

  it("does not touch somebody's comment that quotes it", async () => {
    await using github = await startGitHub();
    const quote = { id: 5, body: "<!-- signin-groups: preview -->\nquoted", user: { login: "mallory" } };
    github.comments.set("12", [quote]);
    await comment(github, "preview", "0", "+ new");
    expect(github.writes).toEqual(["POST /issues/12/comments"]);
    expect(quote.body).toContain("quoted");
  });

  it("shows the error at once when the preview failed", async () => {
    await using github = await startGitHub();
    await comment(github, "preview", "1", "error: gcp:region: set a region of Cloud Run");
    const [failed] = github.comments.get("12") ?? [];
    expect(failed?.body).toContain("**The preview failed.** Nothing was touched.");
    expect(failed?.body).toContain("<details open>");
    expect(failed?.body).toContain("gcp:region: set a region of Cloud Run");
  });

  it("is another one than the preview environment's, which is one through its life", async () => {
    await using github = await startGitHub();
    await comment(github, "preview", "0", "");
    await comment(github, "environment-deployed", "0", "");
    await comment(github, "environment-destroyed", "0", "");
    const bodies = (github.comments.get("12") ?? []).map(({ body }) => body);
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toContain("It is destroyed.");
  });

  it("fails with GitHub's reason when GitHub refuses, without the token", async () => {
    await using github = await startGitHub();
    await using runner = await startRunner();
    await runner.write("output.txt", "");
    const { exitCode, stderr } = await runner.run("comment.ts", ["preview"], {
      GITHUB_API_URL: github.url,
      GITHUB_TOKEN: "a wrong one",
      PULL_REQUEST: "12",
      STACK: "production",
      COMMIT: "abc123",
      EXIT_CODE: "0",
    });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("GitHub answers 401 to GET /issues/12/comments");
    expect(stderr).toContain("Bad credentials");
    expect(stderr).not.toContain("a wrong one");
  });

  it("fails when it does not get how the run went", async () => {
    await using github = await startGitHub();
    const { exitCode, stderr } = await comment(github, "preview", "", "");
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("EXIT_CODE is not set");
    expect(github.writes).toEqual([]);
  });
});
