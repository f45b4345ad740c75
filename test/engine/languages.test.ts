import { execFile, spawn } from "node:child_process";
import { access, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { exitOf, type ProgramExit, type ProgramStart } from "../../sandbox/deploy/program.ts";
import { builtSdkGenerator, builtYamlHost, findCli } from "../../sandbox/engine/cli.ts";
import { serveLanguageHost } from "../../sandbox/engine/language-host.ts";
import { withLanguageHost } from "../../sandbox/engine/run.ts";
import { portOf } from "../../sandbox/engine/workspace.ts";
import { edit, getsIn, nothing } from "./actions.ts";
import { copyExample, type Example, rewrite, startExample } from "./examples.ts";
import { RESOURCES } from "./resources.ts";
import { describeEngine, wholeProgram } from "./support.ts";

const run = promisify(execFile);
const home = join(import.meta.dirname, "../..");
const [hasYaml, hasGenerator] = await Promise.all(
  [builtYamlHost, builtSdkGenerator].map((path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  ),
);

describeEngine("the component's plugin", { timeout: wholeProgram }, () => {
  it("gives Pulumi the schema that is in the repository", async () => {
    const folder = await mkdtemp(join(tmpdir(), "signin-groups-schema-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const variables = { PULUMI_HOME: folder, PULUMI_SKIP_UPDATE_CHECK: "true" };
    const cli = String(await findCli());
    const { stdout } = await withLanguageHost({ cli, variables }, (env) =>
      run(cli, ["package", "get-schema", home], { cwd: folder, env }),
    );
    // Pulumi adds what every schema has.
    const { config: _, ...given } = JSON.parse(stdout);
    expect(given).toEqual(JSON.parse(await readFile(join(home, "schema.json"), "utf8")));
  });
});

describeEngine("a program in YAML", { timeout: wholeProgram }, () => {
  it.skipIf(!hasYaml)(
    "is previewed, deployed, changed and destroyed, and a mistake in it is refused with its place",
    async () => {
      const example = await startExample("yaml", {
        file: "Pulumi.yaml",
        after: "    properties:\n",
        settings: "      rightsWaitSeconds: 0\n      protectGroups: false\n",
      });
      const { sandbox } = example;
      const refused = async (): Promise<string> => {
        const { code, text } = await sandbox.attempt("preview");
        expect(code, text).not.toBe(0);
        return text;
      };

      await write(example, "      rules:", "      rule:");
      expect(await refused()).toMatch(/rule\b/);
      await write(example, "      rule:", "      rules:");
      await write(example, "on: [user.session.start]", "on: [user.session.end]");
      const mistake = /rules\[0\]\.on is "user\.session\.end": it must be a sign-in event/g;
      const text = await refused();
      const [, diagnostics = ""] = text.split("Diagnostics:");
      expect(diagnostics.match(mistake), text).toHaveLength(1);
      expect(diagnostics, "no stack").not.toContain("file:");
      await write(example, "on: [user.session.end]", "on: [user.session.start]");

      const planned = await sandbox.run("preview");
      expect(planned.create).toHaveLength(RESOURCES);
      expect(await sandbox.run("up")).toEqual(planned);
      expect(await getsIn(sandbox, "yaml@example.com")).toBe(true);
      expect(await sandbox.run("up")).toEqual({ ...nothing, same: RESOURCES });

      await write(
        example,
        "on: [user.session.start]",
        'on: [user.session.start]\n          when: event.actor.alternateId.endsWith("@example.org")',
      );
      expect((await sandbox.run("up")).replace).toEqual([]);
      expect(await getsIn(sandbox, "outside@example.com")).toBe(false);
      expect(await getsIn(sandbox, "inside@example.org")).toBe(true);

      await sandbox.run("destroy");
      expect(sandbox.clouds.leftovers()).toEqual([]);
    },
  );
});

describeEngine("a program in Go", { timeout: wholeProgram }, () => {
  it.skipIf(!hasGenerator)("is deployed with the package that Pulumi generates, and destroyed", async () => {
    const host = await serveLanguageHost({}, "", runGoProgram);
    onTestFinished(() => host.close());
    const { root, sandbox } = await startExample(
      "go",
      {
        file: "main.go",
        after: "&signingroups.SignInGroupsArgs{\n",
        settings: "			RightsWaitSeconds: pulumi.Int(0),\n			ProtectGroups: pulumi.Bool(false),\n",
      },
      { PULUMI_DEBUG_LANGUAGES: `go:${portOf(host.address)}` },
    );
    const sdk = join(root, "sdks/signin-groups");
    await run(builtSdkGenerator, ["go", join(home, "schema.json"), sdk]);
    // With the modules that the CLI was built from, so that none is downloaded.
    const engine = join(home, "sandbox/engine/cli");
    const modules = await readFile(join(engine, "go.mod"), "utf8");
    const [, replacement = ""] = /^replace (.*)$/m.exec(await readFile(join(root, "go.mod"), "utf8")) ?? [];
    await writeFile(
      join(root, "go.mod"),
      `${modules}\nrequire example.com/pulumi-signin-groups/sdk/go v0.1.0\nreplace ${replacement}\n`,
    );
    await cp(join(engine, "go.sum"), join(root, "go.sum"));
    const offline = { ...process.env, GOPROXY: "off", GOFLAGS: "-mod=mod" };
    await run("go", ["build", "-trimpath", "-o", GO_PROGRAM, "."], { cwd: root, env: offline });

    expect((await sandbox.run("up")).create).toHaveLength(RESOURCES);
    expect(await getsIn(sandbox, "go@example.com")).toBe(true);
    expect(await sandbox.run("preview")).toEqual({ ...nothing, same: RESOURCES });
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });
});

describeEngine("a program in TypeScript of another package", { timeout: wholeProgram }, () => {
  it("uses the npm package that a release publishes, with the caller's own options", async () => {
    const example = await startExample("typescript", {
      file: "index.ts",
      after: '"signin-groups", {\n',
      settings: "  rightsWaitSeconds: 0,\n  protectGroups: false,\n",
    });
    const { root, sandbox } = example;
    await installPackage(root);
    expect((await sandbox.run("up")).create).toHaveLength(RESOURCES);
    expect(await getsIn(sandbox, "typescript@example.com")).toBe(true);

    const change = (before: string, after: string) => edit(join(root, "index.ts"), before, after);
    // Moved into a component of the caller's own: an alias keeps every resource.
    await change(
      "const groups",
      'import * as pulumi from "@pulumi/pulumi";\nconst team = new pulumi.ComponentResource("own:index:Team", "identity");\nconst groups',
    );
    await change("}],\n});", "}],\n}, { parent: team, aliases: [{ parent: pulumi.rootStackResource }] });");
    expect(await sandbox.run("preview")).toEqual({ ...nothing, same: RESOURCES });

    await change("{ parent: team,", "{ parent: team, transforms: [withTeam],");
    await writeFile(join(root, "index.ts"), `${await readFile(join(root, "index.ts"), "utf8")}${WITH_TEAM}`);
    expect(await sandbox.run("preview")).toEqual({
      ...nothing,
      update: ["signin-groups-source", "signin-groups-state"],
      same: RESOURCES - 2,
    });
    await sandbox.run("destroy");
    expect(sandbox.clouds.leftovers()).toEqual([]);
  });
});

/** A transform of the caller's: each bucket has one more label. */
const WITH_TEAM = `
function withTeam({ type, props, opts }: pulumi.ResourceTransformArgs) {
  if (type !== "gcp:storage/bucket:Bucket") return undefined;
  return { props: { ...props, labels: { ...props.labels, team: "identity" } }, opts };
}
`;

/** Makes the npm package and puts it where npm would, with the project's own packages for what it depends on. */
async function installPackage(root: string): Promise<void> {
  const { stdout } = await run(process.execPath, [join(home, "infra/npm-package.ts"), "--json"], {
    cwd: home,
  });
  const packages = join(root, "node_modules");
  await mkdir(join(packages, "signin-groups"), { recursive: true });
  await run("tar", ["xzf", JSON.parse(stdout).path, "--strip-components=1"], {
    cwd: join(packages, "signin-groups"),
  });
  for (const name of await readdir(join(home, "node_modules"))) {
    if (name.startsWith(".")) continue;
    await symlink(join(home, "node_modules", name), join(packages, name));
  }
}

describeEngine("a program in Python", { timeout: wholeProgram }, () => {
  it.skipIf(!hasGenerator)(
    "has the types of the package that Pulumi generates, and a misspelled argument has none",
    async () => {
      const root = await copyExample("python");
      const sdk = join(root, "sdks/signin-groups");
      await run(builtSdkGenerator, ["python", join(home, "schema.json"), sdk]);
      // Pulumi's own Python code comes with the Go module that the CLI was built from.
      const { stdout } = await run(
        "go",
        ["list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"],
        {
          cwd: join(home, "sandbox/engine/cli"),
        },
      );
      const extraPaths = [sdk, join(stdout.trim(), "python/lib")];
      await writeFile(
        join(root, "pyrightconfig.json"),
        JSON.stringify({ include: ["__main__.py"], extraPaths, typeCheckingMode: "strict" }),
      );
      const check = () =>
        run(process.execPath, [join(home, "node_modules/pyright/index.js"), "--project", root]).then(
          ({ stdout: printed }) => printed,
          (error: { readonly stdout: string }) => error.stdout,
        );
      expect(await check()).toMatch(/^0 errors, 0 warnings/m);
      await edit(join(root, "__main__.py"), "rules=", "rule=");
      expect(await check()).toMatch(/__main__\.py:\d+:\d+ - error: No overloads/);
    },
  );
});

const GO_PROGRAM = "program";

/** Runs a Go program as Pulumi's host for Go does: it takes everything from its environment (Pulumi, sdk/go/pulumi/run.go). */
async function runGoProgram(start: ProgramStart): Promise<ProgramExit> {
  const child = spawn(join(start.programDirectory, GO_PROGRAM), {
    cwd: start.programDirectory,
    env: {
      ...start.environment,
      PULUMI_PROJECT: start.project,
      PULUMI_STACK: start.stack,
      PULUMI_ORGANIZATION: start.organization,
      PULUMI_ROOT_DIRECTORY: start.rootDirectory,
      PULUMI_CONFIG: JSON.stringify(start.configuration),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(start.secretKeys),
      PULUMI_DRY_RUN: String(start.dryRun),
      PULUMI_PARALLEL: String(start.parallel),
      PULUMI_MONITOR: start.monitorAddress,
      PULUMI_ENGINE: start.engineAddress,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return await exitOf(child);
}

async function write(example: Example, before: string, after: string): Promise<void> {
  await rewrite(example, "Pulumi.yaml", (text) => {
    expect(text).toContain(before);
    return text.replace(before, after);
  });
}
