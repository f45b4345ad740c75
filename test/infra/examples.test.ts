import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { declare } from "./declare.ts";

const root = join(import.meta.dirname, "../..");

/** What a person would configure for an example, beyond what every stack needs. */
const configurations: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "two-orgs": {
    "signin-groups-two-orgs:previewOrg": "acme-preview",
    "signin-groups-two-orgs:productionOrg": "acme",
    "signin-groups-two-orgs:previewToken": "00preview",
    "signin-groups-two-orgs:productionToken": "00production",
  },
  "load-balancer": { "signin-groups-load-balancer:domain": "sign-ins.example.com" },
  "existing-hook": { "signin-groups-existing-hook:formerHook": "who1a2b3c4d5e6f7g8h9" },
};

const examples = readdirSync(join(root, "examples")).filter(
  (name) => existsSync(join(root, "examples", name, "index.ts")) && name !== "typescript",
);

const recordings = new Map<string, ReturnType<typeof declare>>();

/** Runs an example, once as a preview and once as an update. */
function declareExample(name: string, { dryRun = false } = {}): ReturnType<typeof declare> {
  const key = `${name} ${dryRun}`;
  // Without credentials nothing is looked up in Okta.
  const configuration = { ...configurations[name], "okta:apiToken": "" };
  const recording = recordings.get(key) ?? declare(configuration, { dryRun, program: `examples/${name}` });
  recordings.set(key, recording);
  return recording;
}

describe("the example", () => {
  it.each(examples)("%s has a README, and is previewed and deployed without a complaint", async (name) => {
    expect(existsSync(join(root, "examples", name, "README.md"))).toBe(true);
    // An update of own-group looks its group up in Okta: test/engine/examples.test.ts runs it.
    for (const dryRun of name === "own-group" ? [true] : [true, false]) {
      const { error, resources } = await declareExample(name, { dryRun });
      expect(error).toBeUndefined();
      expect(resources.filter(({ type }) => type === "signin-groups:index:SignInGroups")).not.toEqual([]);
    }
  });

  it("subsidiaries has two integrations without a name in common", async () => {
    const recording = await declareExample("subsidiaries");
    const names = (component: string) =>
      recording.resources
        .filter(({ name }) => name === component || name.startsWith(`${component}-`))
        .map(({ type, name }) => `${type} ${name.slice(component.length)}`.replace(/North|South/, ""))
        .sort();
    expect(names("north")).toEqual(names("south"));
    expect(names("north").length * 2).toBe(recording.resources.length);
    expect(new Set(recording.resources.map(({ urn }) => urn)).size).toBe(recording.resources.length);
  });

  it("two-orgs makes everything of an org by that org's own provider", async () => {
    const { resources } = await declareExample("two-orgs");
    for (const org of ["preview", "production"]) {
      const provider = resources.find(({ type, name }) => type === "pulumi:providers:okta" && name === org);
      const own = resources.filter(
        ({ type, name }) => type.startsWith("okta:") && name.startsWith(`${org}-`),
      );
      expect(own.length).toBeGreaterThan(5);
      expect(own.filter((one) => !one.provider?.startsWith(String(provider?.urn)))).toEqual([]);
    }
  });

  it("load-balancer has Okta deliver to the load balancer, once it is there", async () => {
    const { resources } = await declareExample("load-balancer");
    const rule = resources.find(({ type }) => type.endsWith(":GlobalForwardingRule"));
    const hook = resources.find(({ type }) => type.endsWith(":EventHook"));
    expect(hook?.inputs["channel"]).toMatchObject({ uri: "https://sign-ins.example.com" });
    expect(hook?.dependencies).toContain(rule?.urn);
  });

  it("existing-hook imports the former hook as it is", async () => {
    const { resources } = await declareExample("existing-hook");
    const former = resources.find(({ name }) => name === "former-hook");
    expect(former).toMatchObject({ importId: "who1a2b3c4d5e6f7g8h9" });
    expect(former?.ignoreChanges).toEqual(expect.arrayContaining(Object.keys(former?.inputs ?? {})));
  });
});

it("refuses a name that accounts can't be named after, with what to write", async () => {
  const { SignInGroups } = await import("../../infra/sign-in-groups.ts");
  const place = { project: "acme-identity", region: "europe-west1", orgUrl: "https://acme.okta.com" };
  expect(() => new SignInGroups("Subsidiary-north", place)).toThrow(
    expect.objectContaining({
      code: "component-name",
      message: expect.stringContaining("must be a lower-case letter and up to 13 more"),
    }),
  );
});

it("rejects what a program waits for when a check in Okta refuses the configuration, and declares nothing", async () => {
  const { resources, logs, error } = await declare({}, { program: "test/engine/programs/refused" });
  const mistake =
    /The configuration has a mistake:\nrules\[0\]\.groupId is "00gexisting": whether .* holds admin roles/;
  expect(logs.filter(({ severity }) => severity === "info").map(({ message }) => message)).toEqual([
    expect.stringMatching(new RegExp(`^The program caught: ${mistake.source}`)),
  ]);
  // It ends the program as well, and is shown once.
  expect(error).toMatch(mistake);
  expect(error?.match(/The configuration has/g)).toHaveLength(1);
  expect(resources.map(({ type }) => type)).toEqual(["signin-groups:index:SignInGroups"]);
});
