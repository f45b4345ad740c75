import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { declare } from "./declare.ts";

const rules = {
  "signin-groups:rules": JSON.stringify([
    { group: "App Users", on: ["user.session.start"] },
    { groupId: "00gPartners", on: ["user.authentication.sso"] },
  ]),
};
const trusted = { "signin-groups:trustGroupIds": "true" };
const withoutCredentials = { "okta:apiToken": "" };

/** An org that answers every call with one document, and the paths that it was asked for. */
async function startOrg(document: unknown) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url}`);
    response.setHeader("content-type", "application/json").end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    paths,
    configuration: { "okta:httpProxy": `http://127.0.0.1:${port}` },
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const declared = (recording: Awaited<ReturnType<typeof declare>>) =>
  recording.resources.filter(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"));

describe("a group by its id, with no credentials to look up its roles", () => {
  it("is refused, with what to do", async () => {
    const recording = await declare({ ...rules, ...withoutCredentials }, { dryRun: true });
    expect(recording.error).toContain(
      'rules[1].groupId is "00gPartners": whether the group "Group 00gPartners" holds admin roles can\'t be looked up, ' +
        "since the configuration has no credentials for https://acme.okta.com. Set okta:orgName, and okta:apiToken or " +
        "okta:clientId with okta:privateKey, for that org; or see yourself that it holds none and set trustGroupIds to true.",
    );
    expect(declared(recording)).toEqual([]);
  });

  it("is refused when the credentials are for another org than the provider's", async () => {
    const recording = await declare(
      {},
      { dryRun: true, program: "test/sandbox/deploy/programs/own-provider" },
    );
    expect(recording.error).toContain("the configuration has no credentials for https://north.okta.com.");
    expect(declared(recording)).toEqual([]);
  });

  it("is taken when somebody says that they have looked, with a warning", async () => {
    const recording = await declare({ ...rules, ...withoutCredentials, ...trusted }, { dryRun: true });
    expect(recording.error).toBeUndefined();
    expect(recording.logs).toContainEqual({
      severity: "warning",
      message: expect.stringContaining("is taken on trust (trustGroupIds)"),
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
