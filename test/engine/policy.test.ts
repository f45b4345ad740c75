import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { copyProgram, edit } from "./actions.ts";
import { startPolicies } from "./policies.ts";
import { describeEngine, startSandbox, wholeProgram } from "./support.ts";

const pack = join(import.meta.dirname, "../../infra/policy");

describeEngine("the policy pack", { timeout: wholeProgram }, () => {
  let stopPolicies: () => Promise<void>;

  beforeAll(async () => {
    stopPolicies = await startPolicies();
  });

  afterAll(() => stopPolicies());

  /** Runs the program, changed in one place, under the policies. */
  async function run(
    verb: "preview" | "up",
    change?: { file: string; before: string; after: string },
    configuration: Readonly<Record<string, string>> = {},
  ) {
    const copy = await copyProgram();
    const sandbox = await startSandbox({}, { root: copy });
    onTestFinished(async () => {
      await sandbox.close();
      await rm(copy, { recursive: true, force: true });
    });
    if (change !== undefined) await edit(join(copy, change.file), change.before, change.after);
    await sandbox.workspace.configure(configuration);
    return sandbox.attempt(verb, ["--policy-pack", pack]);
  }

  it("judges a first preview without leaving a policy out", async () => {
    const { code, text } = await run("preview");
    expect(code, text).toBe(0);
    expect(text).toContain("signin-groups@v1.0.0");
    expect(text).not.toContain("can't be known during preview");
  });

  it("lets the program pass", async () => {
    const { code, text } = await run("up");
    expect(code, text).toBe(0);
    expect(text).toContain("signin-groups@v1.0.0");
    expect(text).not.toContain("[mandatory]");
  });

  it("lets the program with hosting: service pass, where receive does not ask for IAM", async () => {
    const { code, text } = await run("up", undefined, { "signin-groups:hosting": "service" });
    expect(code, text).toBe(0);
    expect(text).toContain("signin-groups@v1.0.0");
    expect(text).not.toContain("[mandatory]");
  });

  it("refuses a private service that does not ask for IAM", async () => {
    const { code, text } = await run(
      "preview",
      {
        file: "infra/google/cloud-run.ts",
        before: 'invokerIamDisabled: invoker.member === "everyone"',
        after: "invokerIamDisabled: true",
      },
      { "signin-groups:hosting": "service" },
    );
    expect(code).not.toBe(0);
    expect(text).toMatch(
      /only-invoking-is-public[\s\S]*signin-groups-grant .*gives everybody roles\/run\.invoker/,
    );
  });

  it.each([
    [
      "a public invoker on a private function",
      {
        file: "infra/grant.ts",
        before: "member: accounts.invoker.member }",
        after: 'member: "allUsers" }',
      },
      /only-receiver-is-public[\s\S]*lets everybody invoke a private function/,
    ],
    [
      "a public invoker on the function that reads the log",
      {
        file: "infra/reconcile.ts",
        before: "member: accounts.scheduler.member }",
        after: 'member: "allUsers" }',
      },
      /only-receiver-is-public[\s\S]*lets everybody invoke a private function/,
    ],
    [
      "everybody's right to fill the queue",
      {
        file: "infra/receive.ts",
        before: "member: accounts.receive.member }",
        after: 'member: "allUsers" }',
      },
      /only-invoking-is-public[\s\S]*gives everybody roles\/cloudtasks\.enqueuer/,
    ],
    [
      "everybody's right to change the receiver",
      {
        file: "infra/google/function.ts",
        before: 'role: "roles/run.invoker"',
        after: 'role: "roles/run.admin"',
      },
      /only-invoking-is-public[\s\S]*gives everybody roles\/run\.admin/,
    ],
    [
      "an event hook without authentication",
      {
        file: "infra/okta/event-hook.ts",
        before: "    auth: pulumi.secret",
        after: "    unused: pulumi.secret",
      },
      /event-hook-has-authentication[\s\S]*sends no secret/,
    ],
    [
      "an org-wide admin role on the service app",
      {
        file: "infra/grant.ts",
        before: 'type: "CUSTOM"',
        after: 'type: "GROUP_MEMBERSHIP_ADMIN"',
      },
      /service-app-has-no-organization-wide-role[\s\S]*the org-wide role GROUP_MEMBERSHIP_ADMIN/,
    ],
    [
      "more than reading reports on the app that reads the log",
      {
        file: "infra/reconcile.ts",
        before: 'type: "REPORT_ADMIN"',
        after: 'type: "READ_ONLY_ADMIN"',
      },
      /service-app-has-no-organization-wide-role[\s\S]*the org-wide role READ_ONLY_ADMIN/,
    ],
    [
      "a custom role over all apps",
      {
        file: "infra/grant.ts",
        before: '"okta.groups.read", ',
        after: '"okta.groups.read", "okta.apps.manage", ',
      },
      /custom-role-only-manages-members[\s\S]*has the permission okta\.apps\.manage/,
    ],
    [
      "the owner's role on the project",
      {
        file: "infra/google/image-build.ts",
        before: 'role: "roles/logging.logWriter"',
        after: 'role: "roles/owner"',
      },
      /only-needed-google-roles[\s\S]*gives roles\/owner/,
    ],
    [
      "a secret in a plain environment variable",
      {
        file: "infra/receive.ts",
        before: "GRANT_URL: args.grant.uri,",
        after: 'GRANT_URL: args.grant.uri, HOOK_SECRET: "x",',
      },
      /no-secret-in-plain-environment[\s\S]*plain variable HOOK_SECRET/,
    ],
  ])("refuses %s", async (_name, change, message) => {
    const { code, text } = await run("preview", change);
    expect(code).not.toBe(0);
    expect(text).toContain("[mandatory]");
    expect(text).toMatch(message);
  });

  it("refuses a resource set of all groups once its resources are known", async () => {
    const { code, text } = await run("up", {
      file: "infra/grant.ts",
      before: "/api/v1/users`,",
      after: "/api/v1/groups`,",
    });
    expect(code).not.toBe(0);
    expect(text).toMatch(/resource-set-holds-single-groups[\s\S]*holds http\S+\/api\/v1\/groups\./);
  });

  it("refuses a secret under another name once its value is known", async () => {
    const { code, text } = await run("up", {
      file: "infra/receive.ts",
      before: "GRANT_URL: args.grant.uri,",
      after: "GRANT_URL: hookSecret.current,",
    });
    expect(code).not.toBe(0);
    expect(text).toMatch(/no-secret-value-in-plain-environment[\s\S]*plain variable GRANT_URL/);
  });
});
