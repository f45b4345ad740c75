import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Properties } from "../../sandbox/deploy/handler.ts";
import { type LocalOkta, startOkta } from "../../sandbox/okta/server.ts";
import { declare } from "./declare.ts";

/** An org, and a call of its API as its administrator. */
async function startOrg() {
  const okta: LocalOkta = await startOkta({});
  onTestFinished(() => okta.close());
  const call = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${okta.url}/api/v1${path}`, {
      method,
      headers: { authorization: `SSWS ${okta.apiToken}`, "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true);
    // Okta's answers to these calls are JSON objects.
    return (await response.json()) as Record<string, unknown>;
  };
  const group = async (name: string): Promise<string> =>
    String((await call("POST", "/groups", { profile: { name, description: "by hand" } }))["id"]);
  return { okta, call, group };
}

const rules = (...given: readonly object[]) => ({
  "signin-groups:rules": JSON.stringify(given.map((rule) => ({ on: ["user.session.start"], ...rule }))),
});

/** Previews a stack of this org. */
function preview(
  { url, apiToken }: Pick<LocalOkta, "url" | "apiToken">,
  configuration: Readonly<Record<string, string>> = {},
  before: Readonly<Record<string, Properties>> = {},
) {
  return declare(
    { "okta:httpProxy": url, "okta:apiToken": apiToken, ...configuration },
    { dryRun: true, before },
  );
}

const declared = ({ resources }: Awaited<ReturnType<typeof declare>>) =>
  resources.filter(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"));

const warnings = ({ logs }: Awaited<ReturnType<typeof declare>>) =>
  logs.filter(({ severity }) => severity === "warning").map(({ message }) => message);

/** A group as the stack's state has it. */
const inState = (name: string, stack = "dev"): Record<string, Properties> => ({
  [`urn:pulumi:dev::signin-groups::signin-groups:index:SignInGroups$okta:group/group:Group::signin-groups-${name}`]:
    { name, description: `People get in by signing in (signin-groups, ${stack}).` },
});

const apps: Readonly<Record<string, Properties>> = Object.fromEntries(
  ["service-app-1", "log-reader-1"].map((app) => [
    `urn:pulumi:dev::signin-groups::signin-groups:index:SignInGroups$okta:app/oAuth:OAuth::signin-groups-${app}`,
    {},
  ]),
);

describe("names that something else in the org has already", () => {
  it("fail the preview all at once, each with what to do, before anything is declared", async () => {
    const { okta, call, group } = await startOrg();
    const id = await group("App Users");
    await call("POST", "/iam/roles", {
      label: "signin-groups (dev): manage members",
      description: "by hand",
      permissions: ["okta.groups.read"],
    });
    await call("POST", "/iam/resource-sets", {
      label: "signin-groups (dev): groups",
      description: "by hand",
      resources: [`${okta.url}/api/v1/users`],
    });
    await call("POST", "/eventHooks", {
      name: "signin-groups (dev), secret 1",
      events: { type: "EVENT_TYPE", items: ["user.session.start"] },
      channel: { type: "HTTP", version: "1.0.0", config: { uri: "https://hooks.example", headers: [] } },
    });
    const recording = await preview(okta);
    expect(recording.error).toContain("The configuration has 4 mistakes:");
    for (const part of [
      `rules[0].group is "App Users": ${okta.url} has a group with that name already (${id}). To use it, write groupId: ${id} instead of group, or choose another name.`,
      `the event hook's name is "signin-groups (dev), secret 1": ${okta.url} has an event hook with that name already (who`,
      `the admin role's label is "signin-groups (dev): manage members": ${okta.url} has a custom role with that name already (cr0`,
      `the resource set's label is "signin-groups (dev): groups": ${okta.url} has a resource set with that name already (iam`,
      "It belongs to another stack named dev, or to one that was not destroyed.",
    ]) {
      expect(recording.error).toContain(part);
    }
    expect(declared(recording)).toEqual([]);
  });

  it("are not a fault where the stack itself has them", async () => {
    const { okta, group } = await startOrg();
    await group("App Users");
    const recording = await preview(okta, {}, inState("App Users"));
    expect(recording.error).toBeUndefined();
    expect(warnings(recording)).toEqual([]);
  });

  it("are not a fault where the stack's own group has its new name already, only where another has", async () => {
    const { okta, group } = await startOrg();
    const renamed = rules({ group: "People", renamedFrom: "App Users" });
    const id = await group("People");
    const own = Object.entries(inState("App Users")).map(([urn, outputs]) => [urn, { ...outputs, id }]);
    expect((await preview(okta, renamed, Object.fromEntries(own))).error).toBeUndefined();
    expect((await preview(okta, renamed, inState("App Users"))).error).toContain(`write groupId: ${id}`);
  });

  it("are not a fault where only a longer name begins the same, or the group comes from a directory", async () => {
    const { okta, group } = await startOrg();
    await group("App Users of old");
    okta.importGroup("App Users");
    expect((await preview(okta)).error).toBeUndefined();
  });

  it("are found whatever they are made of", async () => {
    const { okta, group } = await startOrg();
    const names = ['Quoted "people"', "back\\slash", "Größe & Co", "constructor"];
    const ids = await Promise.all(names.map(group));
    const { error } = await preview(okta, rules(...names.map((name) => ({ group: name }))));
    for (const id of ids) expect(error).toContain(`write groupId: ${id} instead of`);
  });

  it("are a warning where Okta is not reached", async () => {
    const recording = await declare({}, { dryRun: true });
    expect(recording.error).toBeUndefined();
    expect(warnings(recording)[0]).toMatch(
      /^These names could not be looked up in Okta \(.+\): a group "App Users", an event hook "signin-groups \(dev\), secret 1"/,
    );
  });

  it("are a warning that blames the credentials where Okta refuses these", async () => {
    const { okta } = await startOrg();
    const recording = await preview({ url: okta.url, apiToken: "00wrong" });
    expect(recording.error).toBeUndefined();
    expect(warnings(recording)).toContainEqual(
      expect.stringContaining(
        "could not be looked up in Okta (Okta refuses the credentials of the configuration with 401)",
      ),
    );
  });

  it("are a warning where the credentials may not look", async () => {
    const { okta } = await startOrg();
    okta.faults.refuse = (method, path) =>
      method === "GET" && path === "/api/v1/groups" ? { status: 403 } : undefined;
    const recording = await preview(okta);
    expect(recording.error).toBeUndefined();
    expect(warnings(recording)).toEqual([
      expect.stringContaining(
        'needs the scope okta.groups.read or okta.groups.manage): a group "App Users". The update fails',
      ),
    ]);
  });
});

describe("an org that makes every new app a super administrator", () => {
  const on = { clientPrivilegesSetting: true };

  it("fails the preview of a stack that makes apps, with the place to switch that off", async () => {
    const { okta, call } = await startOrg();
    await call("PUT", "/org/settings/clientPrivilegesSetting", on);
    const recording = await preview(okta);
    expect(recording.error).toContain(
      `"Public client app admins" of ${okta.url} is true: with it, Okta would make the integration's new apps super administrators. ` +
        "Turn it off in Okta's admin console (Settings › Account › Public client app admins), then try again.",
    );
    expect(declared(recording)).toEqual([]);
  });

  it("is a warning where the stack has its apps already, until it makes new ones", async () => {
    const { okta, call } = await startOrg();
    await call("PUT", "/org/settings/clientPrivilegesSetting", on);
    const recording = await preview(okta, {}, apps);
    expect(recording.error).toBeUndefined();
    expect(warnings(recording)).toContainEqual(
      expect.stringContaining("before the next rotation of the signing keys"),
    );
    expect((await preview(okta, { "signin-groups:signingKeyRotation": "2" }, apps)).error).toContain(
      "super administrators",
    );
  });

  it("is a warning where nobody could look", async () => {
    expect(warnings(await declare({}, { dryRun: true }))).toContainEqual(
      expect.stringContaining("Check that Settings › Account › Public client app admins is off."),
    );
  });
});

describe("a group of the stack that no rule names any more", () => {
  it("fails the preview while groups are protected, with how many memberships it takes along", async () => {
    const { okta, group } = await startOrg();
    const id = await group("App Users");
    for (const login of ["one@example.com", "two@example.com"]) {
      okta.addMember(id, okta.createPerson({ login, displayName: login }).id);
    }
    const recording = await preview(okta, rules({ group: "People" }), inState("App Users"));
    expect(recording.error).toContain(
      'rules is ["People"]: they no longer name the group "App Users", so the update would delete it, and with it 2 memberships. ' +
        "If it has another name now, add renamedFrom: App Users to its rule. " +
        "To delete it, restore its rule, set protectGroups to false and update; then remove the rule.",
    );
    expect(declared(recording)).toEqual([]);
  });

  it("is a warning with the number of memberships where groups are not protected", async () => {
    const { okta, group } = await startOrg();
    const id = await group("App Users");
    okta.addMember(id, okta.createPerson({ login: "one@example.com", displayName: "One" }).id);
    const unprotected = { ...rules({ group: "People" }), "signin-groups:protectGroups": "false" };
    const recording = await preview(okta, unprotected, inState("App Users"));
    expect(recording.error).toBeUndefined();
    expect(warnings(recording)).toContainEqual(
      expect.stringContaining(
        'The update deletes the group "App Users", and with it 1 membership: no rule names it any more. ' +
          "If it is still protected, Pulumi refuses that: restore its rule, update, then remove the rule again.",
      ),
    );
  });

  it("is none when a rule says that it was renamed, or when it is another integration's", async () => {
    const { okta } = await startOrg();
    const before = { ...inState("App Users"), ...inState("Other Users", "prod") };
    const recording = await preview(okta, rules({ group: "People", renamedFrom: "App Users" }), before);
    expect(recording.error).toBeUndefined();
    expect(warnings(recording)).toEqual([]);
  });
});

describe("credentials of a service app", () => {
  const pem = generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs1", format: "pem" })
    .toString();
  const app = (privateKey: string) => ({
    "okta:apiToken": "",
    "okta:clientId": "0oaUnknown",
    "okta:privateKey": privateKey,
    "okta:scopes": JSON.stringify(["okta.groups.manage"]),
  });

  it("may have a key on one line, with \\n for each line's end, as Okta's provider takes it", async () => {
    const { okta } = await startOrg();
    const recording = await preview(okta, app(pem.replaceAll("\n", "\\n")));
    expect(recording.error).toBeUndefined();
    expect(warnings(recording)).toContainEqual(expect.stringContaining("token endpoint refused: 401"));
  });

  it("that can't be read are a warning that does not show them", async () => {
    const { okta } = await startOrg();
    const recording = await preview(okta, app("-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n"));
    expect(recording.error).toBeUndefined();
    expect(warnings(recording).join()).toContain("okta:privateKey must be a private key in PEM");
    expect(warnings(recording).join()).not.toContain("c2VjcmV0");
  });

  it("that Okta gives no token for are named with the scope that a look-up needs", async () => {
    const { okta } = await startOrg();
    const scope = "as an app it needs the scope okta.orgs.read or okta.orgs.manage";
    expect(warnings(await preview(okta, app(pem))).join()).toContain(scope);
    const { error } = await preview(okta, { ...app(pem), ...rules({ groupId: "00gPartners" }) });
    expect(error).toContain(
      'rules[0].groupId is "00gPartners": whether the group "Group 00gPartners" holds admin roles could not be looked up (',
    );
    expect(error).toContain("okta.roles.read or okta.roles.manage");
  });
});

it.each([
  [401, "Okta refuses the credentials of the configuration with 401"],
  [429, "Okta's rate limit is used up: try again in a minute"],
  [500, "Okta answers 500"],
])("an answer %i to every look-up leaves a preview with warnings", async (status, reason) => {
  const { okta } = await startOrg();
  okta.faults.refuse = (method) => (method === "GET" ? { status } : undefined);
  const recording = await preview(okta);
  expect(recording.error).toBeUndefined();
  expect(warnings(recording)).toHaveLength(2);
  for (const warning of warnings(recording)) expect(warning).toContain(`(${reason})`);
});

describe("what the stack has already", () => {
  const name = "App Users";

  it("is known also where the state's backend takes a stack's name only without its project", async () => {
    const { okta, group } = await startOrg();
    await group(name);
    const recording = await declare(
      { "okta:httpProxy": okta.url, "okta:apiToken": okta.apiToken },
      { dryRun: true, before: inState(name), refusedStackNames: /\// },
    );
    expect(recording.error).toBeUndefined();
    expect(warnings(recording)).toEqual([]);
  });

  it("is a warning where it can't be read, and then nothing is refused for it", async () => {
    const { okta, group } = await startOrg();
    await group(name);
    const recording = await declare(
      { "okta:httpProxy": okta.url, "okta:apiToken": okta.apiToken },
      { dryRun: true, before: inState(name), refusedStackNames: /./ },
    );
    expect(recording.error).toBeUndefined();
    expect(warnings(recording)).toEqual([
      expect.stringMatching(
        /^The resources that the stack already has could not be read \(.*invalid character.*\)\. So /,
      ),
    ]);
  });
});
