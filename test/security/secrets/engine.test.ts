import { generateKeyPairSync } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { administer } from "../../engine/actions.ts";
import { describeEngine, wholeProgram } from "../../engine/support.ts";
import { createAdministrator } from "../../support/administrator.ts";
import { recordFigure } from "../figures.ts";
import { liveWholly, readStack, runPulumi, watchEngine } from "./engine-run.ts";
import { copyLeakyProgram } from "./leaky.ts";
import { signPeopleIn } from "./people.ts";
import { isPulumisOwn } from "./pulumis-own.ts";
import { inShort } from "./walk.ts";

/** The places where any program can reveal something. */
const anywhere = [
  "answers to who reads the APIs",
  "config",
  "config --json",
  "configuration file",
  "destroy --diff",
  "dist",
  "event log",
  "function logs",
  "notices",
  "preview",
  "preview --diff",
  "preview --json",
  "Pulumi's home",
  "refresh --diff",
  "stack",
  "stack export",
  "stack history",
  "stack history --json",
  "stack output",
  "stack output --json",
  "state",
  "unpacked functions",
  "up --diff",
];

const inArguments = /^arguments of /;

describeEngine("secrets, under Pulumi's engine", { timeout: wholeProgram }, () => {
  it("are in the clear nowhere in the whole life of a stack", async () => {
    const kinds: Record<string, number> = {};
    const seen = await watchEngine(async (run) => {
      await liveWholly(run);
      for (const { kind } of run.watch.canaries.list()) kinds[kind] = (kinds[kind] ?? 0) + 1;
    });
    recordFigure(
      "canaries",
      Object.values(kinds).reduce((sum, count) => sum + count, 0),
    );
    recordFigure("places searched for canaries", seen.places.length);
    recordFigure("processes searched for canaries", seen.processes);

    expect(kinds).toEqual({
      "access token": expect.any(Number),
      "client assertion": expect.any(Number),
      "Google token of who deploys": 1,
      "hook secret": 2,
      "identity token": expect.any(Number),
      "Okta API token": 1,
      passphrase: 1,
      person: expect.any(Number),
      "signing key": 4,
    });
    const names = new Set(seen.places.map(({ name }) => name));
    expect([...names].filter((name) => !inArguments.test(name) && name !== "up").sort()).toEqual(
      [...anywhere].sort(),
    );
    const started = [...names].filter((name) => inArguments.test(name) && name !== "arguments of git");
    expect(started.map((name) => name.replace(inArguments, "")).sort()).toEqual([
      "Pulumi CLI",
      "build",
      "esbuild",
      "function grant",
      "function receive",
      "function reconcile",
      "program",
      "sandbox",
    ]);
    const content = (name: string) =>
      seen.places
        .filter((place) => place.name === name)
        .map((place) => String(place.content))
        .join("\n");
    for (const name of ["state", "preview", "preview --diff", "up --diff", "up", "event log", "stack export"])
      expect(content(name), name).toContain("signin-groups-event-hook");
    expect(content("function logs")).toContain("Took a delivery.");

    const ours = seen.findings.filter((finding) => finding.place !== "event log" || !isPulumisOwn(finding));
    expect(inShort(ours)).toEqual([]);
    const ends = [
      "function receive: HOOK_SECRET holds the hook secret",
      "function receive: HOOK_SECRET_PREVIOUS holds the hook secret",
      "program: PULUMI_CONFIG holds the Okta API token",
      "Pulumi CLI: GOOGLE_OAUTH_ACCESS_TOKEN holds the Google token of who deploys",
      "program: GOOGLE_OAUTH_ACCESS_TOKEN holds the Google token of who deploys",
      "Pulumi CLI: PULUMI_CONFIG_PASSPHRASE holds the passphrase",
      // Pulumi's own language host passes the CLI's environment on to the program.
      "program: PULUMI_CONFIG_PASSPHRASE holds the passphrase",
    ];
    expect(seen.holders).toEqual([...ends].sort());
    // What the CLI itself starts takes over its environment.
    const git = [
      "git: GOOGLE_OAUTH_ACCESS_TOKEN holds the Google token of who deploys",
      "git: PULUMI_CONFIG_PASSPHRASE holds the passphrase",
    ];
    expect(seen.holdersInProc.filter((holder) => ![...ends, ...git].includes(holder))).toEqual([]);
    expect(seen.left, "nothing temporary is left").toEqual([]);
  });

  // Three resources and the processes of the functions differ: they are searched once more, and not what a rotation adds.
  it("are in the clear nowhere with Cloud Run services either", async () => {
    const seen = await watchEngine(async (engine) => {
      const { run, sandbox, watch } = engine;
      await sandbox.workspace.configure({ "signin-groups:hosting": "service" });
      await run("preview", "--diff");
      await run("up", "--diff");
      await signPeopleIn(sandbox.clouds, watch.canaries);
      await run("refresh", "--diff");
      await readStack(engine);
      await run("destroy", "--diff");
    });
    const content = (name: string) =>
      seen.places
        .filter((place) => place.name === name)
        .map((place) => String(place.content))
        .join("\n");
    for (const name of ["state", "stack export", "answers to who reads the APIs"])
      expect(content(name), name).toContain("secretKeyRef");
    expect(content("function logs")).toContain("Took a delivery.");
    const ours = seen.findings.filter((finding) => finding.place !== "event log" || !isPulumisOwn(finding));
    expect(inShort(ours)).toEqual([]);
    const ofFunctions = seen.holders.filter((holder) => holder.startsWith("function "));
    expect(ofFunctions).toEqual(["function receive: HOOK_SECRET holds the hook secret"]);
    expect(seen.left, "nothing temporary is left").toEqual([]);
  });

  it("are found in each of these places when a program reveals them there", async () => {
    const root = await copyLeakyProgram();
    try {
      const seen = await watchEngine(async (engine) => {
        const { run, sandbox } = engine;
        const { clouds, workspace } = sandbox;
        await run("up", "--diff");
        await run("preview");
        await run("preview", "--diff");
        await run("preview", "--json");
        // What no program reaches.
        const token = clouds.okta.apiToken;
        await writeFile(join(String(workspace.variables["PULUMI_HOME"]), "planted"), token);
        await workspace.configure({ "okta:planted": token });
        await fetch(`${clouds.google.url}/v1/${token}`);
        await sandbox.run("refresh", "--message", token);
        await run("refresh", "--diff");
        await readStack(engine);
        await run("destroy", "--diff");
      }, root);
      const found = new Set(
        seen.findings.filter((finding) => !isPulumisOwn(finding)).map(({ place }) => place),
      );
      expect(
        anywhere.filter((name) => !found.has(name)),
        "where nothing was found",
      ).toEqual([]);
      expect([...found]).toEqual(expect.arrayContaining(["arguments of node", "temporary files"]));
      expect(seen.holders).toEqual(
        expect.arrayContaining([
          "function receive: LEAK holds the hook secret",
          "node: LEAK holds the hook secret",
        ]),
      );
      expect(seen.left).toEqual(["leak"]);
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it("are in its debugging output only by Pulumi's own words", async () => {
    const verbose = ["-v=9", "--logtostderr", "--logflow", "--debug"];
    const seen = await watchEngine(async ({ run, sandbox, watch }) => {
      await run("up", ...verbose);
      await signPeopleIn(sandbox.clouds, watch.canaries);
      await run("preview", "--debug");
      await run("refresh", ...verbose);
      await run("destroy", ...verbose);
    });
    // The documentation has to follow when that changes.
    expect([...new Set(seen.findings.map(({ kind }) => kind))].sort()).toEqual([
      "Okta API token",
      "hook secret",
    ]);
    const ours = seen.findings.filter((finding) => !isPulumisOwn(finding));
    expect(ours.map(({ place, kind, before }) => `${kind} in ${place}: ${before.slice(0, 400)}`)).toEqual([]);
  });

  it("are not revealed either where Pulumi acts in Okta by a private key", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const seen = await watchEngine(async ({ run, sandbox, watch }) => {
      const { clouds, workspace } = sandbox;
      watch.canaries.add("Okta provider key", pem);
      const clientId = await createAdministrator(clouds, publicKey.export({ format: "jwk" }));
      const group = await administer(clouds, "POST", "/groups", { profile: { name: "Partners" } });
      // As the documents say: from a file, not from the command line.
      await runPulumi(workspace, ["config", "set", "--secret", "okta:privateKey"], pem);
      expect(await readFile(workspace.configFile, "utf8")).toMatch(/okta:privateKey:\s+secure:/);
      await workspace.configure({
        "okta:apiToken": undefined,
        "okta:clientId": clientId,
        "okta:privateKeyId": "pulumi",
        "okta:scopes": JSON.stringify(["okta.roles.manage"]),
        "signin-groups:rules": JSON.stringify([{ groupId: String(group["id"]), on: ["user.session.start"] }]),
      });
      await run("preview", "--diff");
      await run("up", "--diff");
      expect(watch.canaries.count("client assertion")).toBeGreaterThan(0);
      await administer(clouds, "POST", `/groups/${group["id"]}/roles`, { type: "HELP_DESK_ADMIN" });
      const refused = await sandbox.attempt("preview", []);
      expect(refused.text).toContain("holds admin roles (Help Desk Administrator)");
      watch.note("refused preview", refused.text);
      clouds.okta.faults.refuse = (_method, path) =>
        path === "/oauth2/v1/token" ? { status: 401 } : undefined;
      const unknown = await sandbox.attempt("preview", []);
      expect(unknown.code, unknown.text).not.toBe(0);
      watch.note("preview without a token", unknown.text);
      clouds.okta.faults.refuse = undefined;
      await run("destroy");
    });
    const ours = seen.findings.filter((finding) => finding.place !== "event log" || !isPulumisOwn(finding));
    expect(inShort(ours)).toEqual([]);
    expect(seen.holders).toContain("program: PULUMI_CONFIG holds the Okta provider key");
    expect(seen.holders.filter((holder) => holder.endsWith("the Okta provider key"))).toHaveLength(1);
  });
});
