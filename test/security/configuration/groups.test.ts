import { generateKeyPairSync } from "node:crypto";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { deployEmbedded } from "../../../sandbox/deploy/embedded.ts";
import { type Clouds, programFor, startClouds } from "../../../sandbox/environment.ts";
import { administer } from "../../engine/actions.ts";
import { describeEngine, startSandbox, wholeProgram } from "../../engine/support.ts";
import { createAdministrator } from "../../support/administrator.ts";
import { runInSharedProcess } from "../../support/programs.ts";
import { recordFigure } from "../figures.ts";

let refused = 0;
afterAll(() => recordFigure("dangerous configurations refused", refused));

const on = ["user.session.start"];

/** A group of each kind, by what is wrong with it, and what the refusal says of it. */
async function makeGroups(clouds: Clouds) {
  const make = async (name: string) =>
    String((await administer(clouds, "POST", "/groups", { profile: { name, description: name } }))["id"]);
  const admins = await make("Admins");
  await administer(clouds, "POST", `/groups/${admins}/roles`, { type: "SUPER_ADMIN" });
  await administer(clouds, "POST", `/groups/${admins}/roles`, { type: "HELP_DESK_ADMIN" });
  const groups: unknown = await administer(clouds, "GET", "/groups?q=Everyone");
  const everyone = String(Reflect.get(Object(Reflect.get(Object(groups), 0)), "id"));
  const imported = clouds.okta.importGroup("Payroll");
  const madeInOkta = "Name a group that was created in Okta.";
  const bad = [
    {
      id: "00gNobodyMadeThis",
      remedy: `${clouds.okta.url} has no group with this id. Write the last part of the group's address in Okta's admin console.`,
    },
    {
      id: everyone,
      remedy: `the group "Everyone" is built in: only Okta adds people to it. ${madeInOkta}`,
    },
    {
      id: imported,
      remedy: `the group "Payroll" comes from an app or a directory (APP_GROUP), and only that adds people to it. ${madeInOkta}`,
    },
    {
      id: admins,
      remedy:
        'the group "Admins" holds admin roles (Super Administrator, Help Desk Administrator): everyone who signs in would become an ' +
        "administrator. Remove the roles from the group, or name another one.",
    },
  ];
  return { bad, admins, good: await make("Partners") };
}

/** Rules for these groups, after one whose group is made. */
function rulesFor(ids: readonly string[]) {
  const rules = [{ group: "App Users", on }, ...ids.map((groupId) => ({ groupId, on }))];
  return { "signin-groups:rules": JSON.stringify(rules) };
}

/** Two empty clouds, and the calls that changed something in them. */
async function startWatched() {
  const writes: string[] = [];
  const observe = (notice: { kind: string } & Partial<Record<"method" | "path", string>>) => {
    if (notice.kind === "request" && notice.method !== "GET") writes.push(`${notice.method} ${notice.path}`);
  };
  const clouds = await startClouds({ onOkta: observe, onGoogle: observe });
  onTestFinished(() => clouds.close());
  return { clouds, writes };
}

/** Why the program is not deployed with more configuration; undefined when it is. */
async function refusalOf(clouds: Clouds, configuration: Readonly<Record<string, string>>) {
  const program = programFor(clouds);
  try {
    const given = { ...program.configuration, ...configuration };
    const deployment = await deployEmbedded({ ...program, start: runInSharedProcess, configuration: given });
    await deployment.destroy();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe("groups that exist already", { timeout: wholeProgram }, () => {
  it("are looked up before anything is touched, and all that can't be used are refused", async () => {
    const { clouds, writes } = await startWatched();
    const { bad, good } = await makeGroups(clouds);
    writes.length = 0;
    const rules = rulesFor([good, ...bad.map(({ id }) => id), ...bad.map(({ id }) => id)]);
    expect(await refusalOf(clouds, rules)).toBe(
      [
        "The configuration has 4 mistakes:",
        ...bad.map(({ id, remedy }, index) => `rules[${index + 2}].groupId is "${id}": ${remedy}`),
      ].join("\n"),
    );
    expect(writes).toEqual([]);
    refused += bad.length;
  });

  it("are used when they were made in Okta and hold no role", async () => {
    const { clouds } = await startWatched();
    const { good } = await makeGroups(clouds);
    expect(await refusalOf(clouds, rulesFor([good]))).toBeUndefined();
  });

  it("are refused when their roles can't be listed", async () => {
    const { clouds, writes } = await startWatched();
    const { good } = await makeGroups(clouds);
    writes.length = 0;
    clouds.okta.faults.refuse = (_method, path) => (path.endsWith("/roles") ? { status: 403 } : undefined);
    expect(await refusalOf(clouds, rulesFor([good]))).toContain(
      'whether the group "Partners" holds admin roles could not be looked up (Okta refuses it: ' +
        "Pulumi must act as a super administrator, and as an app it needs the scope okta.roles.read or okta.roles.manage).",
    );
    clouds.okta.faults.refuse = (_method, path) => (path.endsWith("/roles") ? { status: 500 } : undefined);
    expect(await refusalOf(clouds, rulesFor([good]))).toContain("could not be looked up (Okta answers 500).");
    expect(writes).toEqual([]);
    refused += 2;
  });

  it("are looked up by a service app's key where Pulumi acts by one", async () => {
    const { clouds } = await startWatched();
    const { admins } = await makeGroups(clouds);
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const clientId = await createAdministrator(clouds, publicKey.export({ format: "jwk" }));
    const credentials = {
      "okta:apiToken": "",
      "okta:clientId": clientId,
      "okta:privateKeyId": "pulumi",
      "okta:privateKey": privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      "okta:scopes": JSON.stringify(["okta.roles.manage"]),
    };
    expect(await refusalOf(clouds, { ...rulesFor([admins]), ...credentials })).toContain(
      'the group "Admins" holds admin roles (Super Administrator, Help Desk Administrator)',
    );
    refused += 1;
  });
});

describeEngine("a preview with groups that can't be used", { timeout: wholeProgram }, () => {
  it("fails with each of them and the reason, and touches nothing", async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    const { bad, good } = await makeGroups(sandbox.clouds);
    await sandbox.workspace.configure(rulesFor([good, ...bad.map(({ id }) => id)]));
    sandbox.takeWrites();
    for (const words of [["preview"], ["up", "--skip-preview"]] as const) {
      const [verb, ...options] = words;
      const { code, text } = await sandbox.attempt(verb, options);
      expect(code).not.toBe(0);
      expect(text).toContain("The configuration has 4 mistakes:");
      for (const [index, { id, remedy }] of bad.entries()) {
        expect(text).toContain(`rules[${index + 2}].groupId is "${id}": ${remedy}`);
      }
      expect(sandbox.takeWrites()).toEqual([]);
    }
    refused += bad.length;
  });
});
