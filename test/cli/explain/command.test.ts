import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explainInStack } from "../../../cli/explain/in-stack.ts";
import type { Explained } from "../../../cli/explain/look.ts";
import { deployEmbedded } from "../../../sandbox/deploy/embedded.ts";
import { programFor } from "../../../sandbox/environment.ts";
import { readDocument } from "../../support/commands.ts";
import { runInSharedProcess } from "../../support/programs.ts";
import { startWorld, type World } from "../world.ts";

const MORGAN = "morgan@acme.example";
const CASEY = "casey@contractor.example";
const RULES = [
  { group: "App Users", on: ["user.session.start"] },
  {
    group: "Contractors",
    on: ["user.session.start"],
    when: 'event.actor.alternateId.endsWith("@contractor.example") && event.client.zone == "office"',
  },
];

let world: World;
let end: () => Promise<void>;
let groupIds: Readonly<Record<string, string>>;

beforeAll(async () => {
  world = await startWorld(undefined, (ends) => {
    end = ends;
  });
  world.configuration["signin-groups:rules"] = JSON.stringify(RULES);
  const program = programFor(world.clouds, { stack: "dev" });
  const deployment = await deployEmbedded({
    ...program,
    start: runInSharedProcess,
    configuration: { ...world.configuration },
  });
  world.pulumi["stack export"] = JSON.stringify(deployment.state);
  world.pulumi["stack output"] = JSON.stringify(deployment.outputs);
  // The program exports the ids by name.
  groupIds = deployment.outputs["groupIds"] as Readonly<Record<string, string>>;
  for (const login of [MORGAN, CASEY]) world.clouds.okta.createPerson({ login, displayName: "Somebody" });
}, 180_000);

afterAll(() => end());

const DAY_MS = 24 * 3600_000;

/** What the command finds. */
async function explain(user: string, group?: string): Promise<Explained> {
  // What happened in this millisecond is looked at as well.
  const until = Date.now() + 1;
  const asked = { user, group, since: until - 30 * DAY_MS, until };
  const found = await world.here((lookUps, signal) =>
    explainInStack({ stack: "dev" }, asked, lookUps, signal),
  );
  if ("answers" in found) return found;
  throw new Error(`There is no answer: ${JSON.stringify(found)}`);
}

async function signIn(login: string, kind: "success" | "wrong-password" = "success"): Promise<void> {
  world.clouds.okta.signIn([{ kind, login }]);
  await world.clouds.idle();
}

describe("npm run explain", () => {
  it("says of somebody who has never signed in that there is no sign-in", async () => {
    const { answers: groups, problems } = await explain(MORGAN, "App Users");
    expect({ problems, groups: groups.length }).toEqual({ problems: [], groups: 1 });
    expect(groups[0]?.answer).toMatch(
      /^morgan@acme\.example is not in "App Users": Okta's System Log has no sign-in of theirs since \S+ that a rule of the group names\.$/,
    );
  });

  it("says which part of what every event must have is false", async () => {
    await signIn(MORGAN, "wrong-password");
    const { answers: groups } = await explain(MORGAN, groupIds["App Users"]);
    expect(groups[0]).toMatchObject({ isMember: false, signIns: [{ result: "FAILURE", end: "none" }] });
    expect(groups[0]?.answer).toContain('rules[0]: event.outcome.result == "SUCCESS" is false');
  });

  it("names sign-in, rule, task and its end of a member, and the part of a condition that is false", async () => {
    await signIn(CASEY);
    const { code, stdout } = await world.start("explain", "--user", CASEY, "--json");
    const { user, groups, ...rest } = JSON.parse(stdout);
    expect({ code, status: user.status, ...rest }).toEqual({
      ...{ code: 0, status: "ACTIVE", stack: "dev", exitCode: 0, since: expect.any(String), problems: [] },
    });
    // As `--json` has them.
    const [users, contractors] = groups as Explained["answers"];
    expect(users?.answer).toMatch(
      /^casey@contractor\.example is in "App Users": grant added them at \S+, [\d.]+ s after their sign-in of \S+ \(user\.session\.start\), by rules\[0\]\.$/,
    );
    expect(users?.changes).toMatchObject([{ what: "added by grant" }]);
    expect(users?.signIns).toMatchObject([
      {
        end: "added",
        steps: [
          { what: "task queued" },
          { what: "added to the group; Okta had delivered the sign-in" },
          { what: "attempt 1 of the task: OK" },
        ],
      },
    ]);
    expect(contractors).toMatchObject({
      isMember: false,
      changes: [],
      signIns: [{ end: "none", steps: [] }],
    });
    expect(contractors?.answer).toMatch(/: rules\[1\]: event\.client\.zone == "office" is false\.$/);
  });

  it("prints what docs/operations.md shows", async () => {
    const { code, stdout, stderr } = await world.run("explain", "--user", CASEY);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const times = [...new Set(stdout.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g))].sort();
    const shown = times.reduce(
      (text, time, index) =>
        text.replaceAll(time, `2026-11-${index === 0 ? "01" : "28"}T09:30:0${index}.500Z`),
      stdout.replaceAll(/[\d.]+ s after/g, "0.13 s after"),
    );
    const document = await readDocument("docs/operations.md");
    const block = /(<!-- What "npm run explain" prints [^\n]*-->\n```\n)[\s\S]*?(^```$)/m;
    expect(document).toMatch(block);
    // `npm test -- test/cli/explain --update` writes it.
    await expect(
      document.replace(block, (_, before: string, after: string) => before + shown + after),
    ).toMatchFileSnapshot(join(import.meta.dirname, "../../../docs/operations.md"));
  });

  it("is reported, too, as a table and as a page", async () => {
    const file = join(world.environment["HOME"] ?? "", "report.html");
    const { code, stdout } = await world.start("report", "--html", file);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}sign-ins that rules name +1$[\s\S]*^ {2}memberships added +1$/m);
    expect(await readFile(file, "utf8")).toContain("<td>App Users</td><td>1</td><td>0</td>");
  });

  it("names who added or removed somebody in this stack's place", async () => {
    const { id } = (await explain(MORGAN)).person;
    const member = (groupId = "") => `/api/v1/groups/${groupId}/users/${id}`;
    // It is answered without a body.
    await world.okta("PUT", member(groupIds["Contractors"])).catch(() => undefined);
    const added = await explain(MORGAN, "Contractors");
    expect(added.answers[0]?.answer).toMatch(
      /^morgan@acme\.example is in "Contractors": Ada Administrator \(User\) added them at \S+, not this stack\.$/,
    );
    await world.oktaDelete(member(groupIds["Contractors"]));
    const removed = await explain(id, "Contractors");
    expect(removed.answers[0]?.answer).toContain("Ada Administrator (User) removed them at");
    expect(removed.answers[0]?.changes).toHaveLength(2);
  });

  it("exits with 1 for nobody and for a group of no rule, with 2 for a mistake, and with 3 where it may not look", async () => {
    const nobody = await world.run("explain", "--user", "nobody@acme.example");
    expect(nobody).toMatchObject({ code: 1, stdout: "" });
    expect(nobody.stderr).toContain("Nobody in the org has the login or the id nobody@acme.example.");
    const noGroup = await world.run("explain", "--user", MORGAN, "--group", "constructor");
    expect(noGroup).toMatchObject({ code: 1, stdout: "" });
    expect(noGroup.stderr).toContain('"constructor" is not a group of the rules: App Users, Contractors.');
    expect(await world.run("explain")).toMatchObject({ code: 2, stdout: "" });
    expect(await world.run("explain", "--user", MORGAN, "--since", "100d")).toMatchObject({ code: 2 });
    const { GOOGLE_OAUTH_ACCESS_TOKEN: token } = world.environment;
    world.environment["GOOGLE_OAUTH_ACCESS_TOKEN"] = "of nobody";
    const refused = await world.run("explain", "--user", CASEY, "--group", "App Users");
    world.environment["GOOGLE_OAUTH_ACCESS_TOKEN"] = token;
    expect(refused.code).toBe(3);
    expect(refused.stdout).toMatch(
      /^Not looked up: Cloud Logging: .*\nNot looked up: Cloud Logging, tasks: .*\n$/m,
    );
    expect(refused.stdout.replaceAll(/\s+/g, " ")).toMatch(/added them at \S+; Cloud Logging has no record/);
  });
});
