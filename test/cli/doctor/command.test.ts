import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exitCodeOf, type Finding, type Section } from "../../../cli/findings.ts";
import { deployEmbedded } from "../../../sandbox/deploy/embedded.ts";
import { programFor } from "../../../sandbox/environment.ts";
import { runInSharedProcess } from "../../support/programs.ts";
import { startWorld } from "../world.ts";
import { cases } from "./cases.ts";

/** What `--json` prints. */
interface Report {
  readonly stack: string;
  readonly exitCode: number;
  readonly sections: readonly Section[];
}

// The command prints one object of this form, which a test below checks.
const parse = (stdout: string) => JSON.parse(stdout) as Report;
const findingsOf = (stdout: string): readonly Finding[] =>
  parse(stdout).sections.flatMap(({ findings }) => findings);

/** What no output may hold. */
function secretsOf({ configuration, environment }: Awaited<ReturnType<typeof startWorld>>): string[] {
  const { "okta:apiToken": apiToken, "okta:privateKey": privateKey } = configuration;
  const token = environment["GOOGLE_OAUTH_ACCESS_TOKEN"];
  return [apiToken, privateKey?.split("\n")[1], token].filter((secret) => secret !== undefined);
}

/** What a command writes on standard error besides its progress, which comes where the machine is busy. */
const complaintsOf = (stderr: string) =>
  stderr.split("\n").filter((line) => line !== "" && !/ looked at; waiting for: /.test(line));

/** The calls that change nothing though they are no GET: for a token, and for the permissions that one has. */
const LOOKS = /^(GET |POST \/oauth2\/v1\/token$|POST .*:testIamPermissions$)/;

describe("npm run doctor", () => {
  it("ends at Ctrl-C, and prints no finding", async () => {
    const world = await startWorld();
    const { code, stdout, stderr } = await world.interrupt(/^GET /, "doctor");
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(complaintsOf(stderr)).toEqual(["Interrupted; nothing has begun."]);
  });

  it("finds everything well before the first update of a healthy stack, and exits with 0", async () => {
    const world = await startWorld();
    const { code, stdout, stderr } = await world.start("doctor", "--json");
    expect({ code, complaints: complaintsOf(stderr) }).toEqual({ code: 0, complaints: [] });
    const report = parse(stdout);
    expect(report.stack).toBe("dev");
    expect(report.exitCode).toBe(0);
    expect(report.sections.map(({ title }) => title)).toEqual([
      "Stack dev",
      "Okta",
      "Google Cloud",
      "This machine",
    ]);
    const findings = findingsOf(stdout);
    expect(findings.filter(({ state }) => state !== "ok")).toEqual([]);
    const checks = findings.map(({ check }) => check);
    for (const part of ["okta-rights", "google-permissions", "google-billing", "pulumi", "clock"]) {
      expect(checks).toContain(part);
    }
  });

  it.each(cases)("finds $title", async ({ arrange, finding: [check, state, text], code }) => {
    const world = await startWorld();
    await arrange(world);
    const secrets = secretsOf(world);
    const sections = await world.look("doctor");
    const findings = sections.flatMap((section) => section.findings);
    const found = findings.filter((one) => one.check === check && one.state === state);
    const texts = found.flatMap(({ meaning, fix = "", command = "" }) => [meaning, fix, command]);
    const expected = typeof text === "string" ? expect.stringContaining(text) : expect.stringMatching(text);
    expect(texts, JSON.stringify(findings, undefined, 1)).toContainEqual(expected);
    expect(exitCodeOf(sections)).toBe(code);
    // Whatever would fail has a way out.
    for (const { meaning, fix, command, ...one } of findings) {
      if (
        one.state === "failure" &&
        !/^okta-(names|public|existing|deleted)|^configuration|^google-hosting/.test(one.check)
      ) {
        expect(fix ?? command, meaning).toBeDefined();
      }
    }
    expect(world.calls.filter((call) => !LOOKS.test(call))).toEqual([]);
    for (const secret of secrets) expect(JSON.stringify(findings)).not.toContain(secret);
  });

  it("takes what the stack has for its own, and finds everything well after an update", async () => {
    const world = await startWorld();
    const program = programFor(world.clouds, { stack: "dev" });
    const deployment = await deployEmbedded({ ...program, start: runInSharedProcess });
    const outputs = (await world.okta("GET", "/api/v1/eventHooks")) as unknown;
    expect(outputs).toHaveLength(1);
    const urn = (type: string, name: string) =>
      `urn:pulumi:dev::signin-groups::signin-groups:index:SignInGroups$${type}::signin-groups-${name}`;
    const owned = [
      urn("okta:group/group:Group", "App Users"),
      urn("okta:index/eventHook:EventHook", "event-hook-1"),
      urn("okta:index/adminRoleCustom:AdminRoleCustom", "role"),
      urn("okta:index/resourceSet:ResourceSet", "resource-set"),
    ];
    const states = async () => {
      const sections = await world.look("doctor");
      return sections.flatMap(({ findings }) =>
        findings.filter(({ state }) => state !== "ok").map(({ check }) => check),
      );
    };
    expect(new Set(await states())).toEqual(new Set(["okta-names"]));
    world.pulumi["stack export"] = JSON.stringify({
      version: 3,
      deployment: { resources: owned.map((one) => ({ urn: one, outputs: {} })) },
    });
    expect(await states()).toEqual([]);
    await deployment.destroy();
  });

  it("prints a table of 80 columns, in which only commands are longer", async () => {
    const world = await startWorld();
    world.clouds.google.account.billingEnabled = false;
    world.clouds.okta.settings.pipeline = "v1";
    const { code, stdout } = await world.run("doctor");
    expect(code).toBe(1);
    const lines = stdout.split("\n");
    expect(lines.filter((line) => line.length > 80 && !line.trimStart().startsWith("$ "))).toEqual([]);
    expect(stdout).toMatch(/^ {2}up will fail {3}The project has no billing account, or a closed one: most/m);
    expect(stdout).toContain(
      "$ gcloud billing projects link signin-groups-sandbox --billing-account=ACCOUNT_ID",
    );
    expect(lines.at(-2)).toMatch(/^\d+ ok, 1 warning, 1 × up will fail\.$/);
  });

  it("reads a printed configuration where there is no Pulumi CLI", async () => {
    const world = await startWorld();
    const file = join(String(world.environment["HOME"]), "config.json");
    const config = Object.entries(world.configuration).map(([key, value]) => [key, { value, secret: false }]);
    await writeFile(file, JSON.stringify(Object.fromEntries(config)));
    for (const words of Object.keys(world.pulumi)) delete world.pulumi[words];
    const { code, stdout } = await world.run("doctor", "--config", file, "--json");
    expect(code).toBe(1);
    expect(findingsOf(stdout).filter(({ state }) => state !== "ok")).toEqual([
      expect.objectContaining({ check: "pulumi", state: "failure" }),
      expect.objectContaining({ check: "plugins", state: "unknown" }),
    ]);
  });

  it("looks at the machine though the stack cannot be read, and exits with 3", async () => {
    const world = await startWorld();
    const { code, stdout } = await world.run("doctor", "--json", "--config", "nowhere.json");
    expect(code).toBe(3);
    expect(parse(stdout).sections.map(({ title }) => title)).toEqual(["Stack dev", "This machine"]);
    expect(findingsOf(stdout)[0]).toEqual({
      check: "stack",
      state: "unknown",
      meaning: expect.stringMatching(/^--config cannot be read: .*nowhere\.json/),
    });
  });

  it.each([
    ["another option", ["--nonsense"], "--nonsense"],
    ["two configurations", ["--config", "a", "--config-file", "b"], "give one of them"],
  ])("refuses %s, and exits with 2", async (_, words, part) => {
    const world = await startWorld();
    const { code, stdout, stderr } = await world.run("doctor", ...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(part);
    expect(stderr).toContain("npm run doctor -- --help says more.");
  });
});
