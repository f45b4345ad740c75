import { describe, expect, it } from "vitest";
import { declare } from "./declare.ts";
import { startOrg } from "./org.ts";

const rules = {
  "signin-groups:rules": JSON.stringify([
    { group: "App Users", on: ["user.session.start"] },
    { groupId: "00gPartners", on: ["user.authentication.sso"] },
  ]),
};
const trusted = { "signin-groups:trustGroupIds": "true" };
const ownProvider = "test/sandbox/deploy/programs/own-provider";

const declared = (recording: Awaited<ReturnType<typeof declare>>) =>
  recording.resources.filter(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"));

describe("a group by its id, with no credentials to look up its roles, as for a provider of the program's own", () => {
  it("is refused, with what to do", async () => {
    const recording = await declare({}, { dryRun: true, program: ownProvider });
    expect(recording.error).toContain(
      'rules[0].groupId is "00gNorth": whether the group "Group 00gNorth" holds admin roles cannot be looked up, ' +
        "because the configuration has no credentials for https://north.okta.com. Set okta:orgName, and okta:apiToken or " +
        "okta:clientId with okta:privateKey, for that org; or check yourself that it holds none, and set trustGroupIds to true.",
    );
    expect(declared(recording)).toEqual([]);
  });

  it("is taken when somebody says that they have looked, with a warning", async () => {
    const recording = await declare(
      { "own-provider:trustGroupIds": "true" },
      { dryRun: true, program: ownProvider },
    );
    expect(recording.error).toBeUndefined();
    expect(recording.logs).toContainEqual({
      severity: "warning",
      message: expect.stringContaining("is not checked (trustGroupIds)"),
    });
  });
});

describe("a group by its id, with credentials to look up its roles", () => {
  it.each([
    ["standard", { id: "gra1", label: "Help Desk Administrator", type: "HELP_DESK_ADMIN" }],
    // As Okta shows the member of a resource set's binding.
    ["custom", { id: "irb1", role: "cr01", label: "Group editors", type: "CUSTOM", "resource-set": "iam1" }],
  ])("is refused when it holds a %s role, also when it is to be trusted", async (_kind, role) => {
    await using org = await startOrg([role]);
    const { error } = await declare({ ...rules, ...org.configuration, ...trusted }, { dryRun: true });
    expect(error).toContain(`the group "Group 00gPartners" holds admin roles (${role.label})`);
    expect(org.paths).toEqual(["GET /api/v1/groups/00gPartners/roles"]);
  });

  it("is taken when it holds none, without a warning", async () => {
    await using org = await startOrg([]);
    const { error, logs } = await declare({ ...rules, ...org.configuration }, { dryRun: true });
    expect(error).toBeUndefined();
    expect(logs.filter(({ message }) => message.includes("groupId"))).toEqual([]);
  });
});
