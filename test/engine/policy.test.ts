import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyProgram, edit } from "./actions.ts";
import { startPolicies } from "./policies.ts";
import { describeEngine, startSandbox, wholeProgram } from "./support.ts";

/** A text of the program that a test replaces. */
interface Change {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** What a policy says of a resource, whose name is its logical one within the component. */
interface Violation {
  readonly policy: string;
  readonly resource: string;
  readonly finding: string;
}

const pack = join(import.meta.dirname, "../../infra/policy");

describeEngine("the policy pack", { timeout: wholeProgram }, () => {
  let stopPolicies: () => Promise<void>;

  beforeAll(async () => {
    stopPolicies = await startPolicies();
  });

  afterAll(() => stopPolicies());

  /** Runs the program, changed in some places, under the policies. */
  async function run(
    verb: "preview" | "up",
    changes: readonly Change[] = [],
    configuration: Readonly<Record<string, string>> = {},
  ) {
    const copy = await copyProgram();
    const sandbox = await startSandbox({}, { root: copy });
    try {
      for (const { file, before, after } of changes) await edit(join(copy, file), before, after);
      await sandbox.workspace.configure(configuration);
      return await sandbox.attempt(verb, ["--policy-pack", pack]);
    } finally {
      await sandbox.close();
      await rm(copy, { recursive: true, force: true });
    }
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
    const { code, text } = await run("up", [], { "signin-groups:hosting": "service" });
    expect(code, text).toBe(0);
    expect(text).toContain("signin-groups@v1.0.0");
    expect(text).not.toContain("[mandatory]");
  });

  it("refuses a private service that does not ask for IAM", async () => {
    const { code, text } = await run(
      "preview",
      [
        {
          file: "infra/google/cloud-run.ts",
          before: 'invokerIamDisabled: invoker.member === "everyone"',
          after: "invokerIamDisabled: true",
        },
      ],
      { "signin-groups:hosting": "service" },
    );
    expect(code).not.toBe(0);
    expect(text).toMatch(
      /only-invoking-is-public[\s\S]*signin-groups-grant .*gives everybody roles\/run\.invoker/,
    );
  });

  describe("where the program breaks many policies, refuses", () => {
    const violations: readonly [name: string, change: Change, violation: Violation][] = [
      [
        "a public invoker on a private function",
        {
          file: "infra/grant.ts",
          before: "member: accounts.invoker.member }",
          after: 'member: "allUsers" }',
        },
        {
          policy: "only-receiver-is-public",
          resource: "queue-invokes-grant",
          finding: "lets everybody invoke a private function",
        },
      ],
      [
        "a public invoker on the function that reads the log",
        {
          file: "infra/reconcile.ts",
          before: "member: accounts.scheduler.member }",
          after: 'member: "allUsers" }',
        },
        {
          policy: "only-receiver-is-public",
          resource: "schedule-invokes-reconcile",
          finding: "lets everybody invoke a private function",
        },
      ],
      [
        "everybody's right to fill the queue",
        {
          file: "infra/receive.ts",
          before: "member: accounts.receive.member }",
          after: 'member: "allUsers" }',
        },
        {
          policy: "only-invoking-is-public",
          resource: "receive-enqueues",
          finding: "gives everybody roles/cloudtasks.enqueuer",
        },
      ],
      [
        "everybody's right to change the receiver",
        {
          file: "infra/google/function.ts",
          before: 'role: "roles/run.invoker"',
          after: 'role: "roles/run.admin"',
        },
        {
          policy: "only-invoking-is-public",
          resource: "okta-invokes-receive",
          finding: "gives everybody roles/run.admin",
        },
      ],
      [
        "an event hook without authentication",
        {
          file: "infra/okta/event-hook.ts",
          before: "    auth: pulumi.secret",
          after: "    unused: pulumi.secret",
        },
        { policy: "event-hook-has-authentication", resource: "event-hook-1", finding: "sends no secret" },
      ],
      [
        "an org-wide admin role on the service app",
        {
          file: "infra/grant.ts",
          before: 'type: "CUSTOM"',
          after: 'type: "GROUP_MEMBERSHIP_ADMIN"',
        },
        {
          policy: "service-app-has-no-organization-wide-role",
          resource: "role-assignment-1",
          finding: "the org-wide role GROUP_MEMBERSHIP_ADMIN",
        },
      ],
      [
        "more than reading reports on the app that reads the log",
        {
          file: "infra/reconcile.ts",
          before: 'type: "REPORT_ADMIN"',
          after: 'type: "READ_ONLY_ADMIN"',
        },
        {
          policy: "service-app-has-no-organization-wide-role",
          resource: "log-reader-role-assignment-1",
          finding: "the org-wide role READ_ONLY_ADMIN",
        },
      ],
      [
        "a custom role over all apps",
        {
          file: "infra/grant.ts",
          before: '"okta.groups.read", ',
          after: '"okta.groups.read", "okta.apps.manage", ',
        },
        {
          policy: "custom-role-only-manages-members",
          resource: "role",
          finding: "has the permission okta.apps.manage",
        },
      ],
      [
        "the owner's role on the project",
        {
          file: "infra/google/image-build.ts",
          before: 'role: "roles/logging.logWriter"',
          after: 'role: "roles/owner"',
        },
        { policy: "only-needed-google-roles", resource: "build-writes-logs", finding: "gives roles/owner" },
      ],
      [
        "a secret in a plain environment variable",
        {
          file: "infra/receive.ts",
          before: "GRANT_URL: args.grant.uri,",
          after: 'GRANT_URL: args.grant.uri, HOOK_SECRET: "x",',
        },
        {
          policy: "no-secret-in-plain-environment",
          resource: "receive",
          finding: "plain variable HOOK_SECRET",
        },
      ],
    ];
    let outcome: Awaited<ReturnType<typeof run>>;

    beforeAll(async () => {
      outcome = await run(
        "preview",
        violations.map(([, change]) => change),
      );
    });

    it.each(violations)("%s", (_name, _change, { policy, resource, finding }) => {
      const { code, text } = outcome;
      expect(code).not.toBe(0);
      const lines = text.split("\n").map((line) => line.trim());
      const name = `signin-groups-${resource}`;
      const heading = lines.findIndex(
        (line) => line.startsWith(`- [mandatory]  ${policy} `) && line.endsWith(`: ${name})`),
      );
      expect(heading).not.toBe(-1);
      // Under it the policy's own words, and then what it finds.
      expect(lines[heading + 2]).toMatch(`${name} `);
      expect(lines[heading + 2]).toContain(finding);
    });
  });

  it("refuses a resource set of all groups once its resources are known", async () => {
    const { code, text } = await run("up", [
      { file: "infra/grant.ts", before: "/api/v1/users`,", after: "/api/v1/groups`," },
    ]);
    expect(code).not.toBe(0);
    expect(text).toMatch(/resource-set-holds-single-groups[\s\S]*holds http\S+\/api\/v1\/groups\./);
  });

  it("refuses a secret under another name once its value is known", async () => {
    const { code, text } = await run("up", [
      {
        file: "infra/receive.ts",
        before: "GRANT_URL: args.grant.uri,",
        after: "GRANT_URL: hookSecret.current,",
      },
    ]);
    expect(code).not.toBe(0);
    expect(text).toMatch(/no-secret-value-in-plain-environment[\s\S]*plain variable GRANT_URL/);
  });
});
