import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it, onTestFinished } from "vitest";
import { runProgram } from "../sandbox/deploy/program.ts";
import { basics } from "./infra/declare.ts";
import { readDocument } from "./support/commands.ts";
import { recordProgram } from "./support/recorder.ts";

const root = join(import.meta.dirname, "..");

/** Makes this Node.js what Node.js 20 is: one that cannot run TypeScript. */
const withoutTypeScript = "--no-experimental-strip-types";
const sentence = new RegExp(
  `This needs Node\\.js 22\\.19 or newer \\(24 is best\\), and is run by Node\\.js ${process.versions.node}: install one from ` +
    "https://nodejs\\.org and put it first on the PATH\\.",
);

function runNode(...words: readonly string[]): Promise<{ code: unknown; printed: string }> {
  return new Promise((resolve) => {
    const [file, options] = [process.execPath, { cwd: root, env: { PATH: process.env["PATH"] } }];
    execFile(file, [withoutTypeScript, ...words], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, printed: stdout + stderr }),
    );
  });
}

describe("under a Node.js that is too old", () => {
  it("the program says which one it needs", async () => {
    const copy = await mkdtemp(join(tmpdir(), "signin-groups-old-node-"));
    onTestFinished(() => rm(copy, { recursive: true }));
    const project = await readFile(join(root, "Pulumi.yaml"), "utf8");
    const [, main = ""] = /^main: (.*)$/m.exec(project) ?? [];
    await writeFile(
      join(copy, "Pulumi.yaml"),
      project
        .replace("typescript: false", `typescript: false\n    nodeargs: ${withoutTypeScript}`)
        .replace(`main: ${main}`, `main: ${join(root, main)}`),
    );
    await symlink(join(root, "node_modules"), join(copy, "node_modules"));
    const recording = await recordProgram({
      root: copy,
      start: runProgram,
      stack: "dev",
      configuration: basics,
    });
    expect(recording.error).toMatch(new RegExp(`^${sentence.source}$`));
    expect(recording.resources).toEqual([]);
  });

  it("the component's plugin says so", async () => {
    const plugin =
      'require("./infra/plugin/index.cjs")().catch(({ message }) => { process.exitCode = 1; console.error(message); })';
    const { code, printed } = await runNode("-e", plugin);
    expect(code).toBe(1);
    expect(printed).toMatch(sentence);
  });

  it("the policy pack says so", async () => {
    const { code, printed } = await runNode("infra/policy/index.cjs");
    expect(code).toBe(1);
    expect(printed).toMatch(sentence);
  });

  it("every command of npm's says so, in one sentence", async () => {
    const { scripts } = JSON.parse(await readDocument("package.json"));
    const commands = Object.values<string>(scripts)
      .map((command) => command.split(" "))
      .filter(([program]) => program === "node");
    expect(commands.length).toBeGreaterThan(6);
    // What is loaded first ends the process, whichever file the command names.
    const preload = ["-r", "./infra/require-node.cjs"];
    for (const [, ...words] of commands) expect(words.slice(0, 2), words.join(" ")).toEqual(preload);
    const { code, printed } = await runNode(...(commands[0] ?? []).slice(1));
    expect(code).toBe(1);
    expect(printed).toMatch(new RegExp(`^${sentence.source}\\n$`));
  });
});

describe("without the optional packages", () => {
  it("every command says what to install, in one sentence", async () => {
    const copy = await mkdtemp(join(tmpdir(), "signin-groups-optional-"));
    onTestFinished(() => rm(copy, { recursive: true }));
    await mkdir(join(copy, "node_modules/esbuild"), { recursive: true });
    await cp(
      join(root, "node_modules/esbuild/package.json"),
      join(copy, "node_modules/esbuild/package.json"),
    );
    for (const file of ["require-node.cjs", "node-version.cjs", "quick-start.cjs"])
      await cp(join(root, "infra", file), join(copy, "infra", file));
    const preload = join(copy, "infra/require-node.cjs");
    const printed = await new Promise((resolve) =>
      execFile(process.execPath, ["-r", preload, "-e", "1"], (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      ),
    );
    expect(printed).toBe(
      `The package @esbuild/${process.platform}-${process.arch} is not installed: run "npm ci" on this machine, with optional packages ` +
        "(without --omit=optional or omit=optional in npm's configuration).\n",
    );
  });
});

describe("the lockfile's Node.js for Linux", () => {
  it("is not installed where its C library is missing, as on Alpine, since it would be first on npm's path", async () => {
    const { packages } = JSON.parse(await readDocument("package-lock.json"));
    const ofLinux = Object.keys(packages).filter((path) => path.startsWith("node_modules/node-linux-"));
    expect(ofLinux).toHaveLength(2);
    for (const path of ofLinux) expect(packages[path].libc, path).toEqual(["glibc"]);
  });
});

it("npm installs for Node.js 20 also where a person's settings are strict about versions", async () => {
  expect((await readDocument(".npmrc")).split("\n")).toContain("engine-strict=false");
});

it("a version manager, the workflows and npm install the same major version of Node.js", async () => {
  const { optionalDependencies } = JSON.parse(await readDocument("package.json"));
  const major = (await readDocument(".node-version")).trim();
  for (const [name, version] of Object.entries<string>(optionalDependencies))
    expect(version.split(".", 1)[0], name).toBe(major);
  const action = await readDocument(".github/actions/pulumi/action.yml");
  expect(action).toContain(`node-version: ${major}\n`);
});

describe("the oldest Node.js", () => {
  const entries = [
    "infra/index.ts",
    "infra/policy/pack.ts",
    "infra/build.ts",
    "infra/supply-chain/index.ts",
    "cli/index.ts",
    "sandbox/index.ts",
  ];

  it("knows all syntax in what is run, and in what that imports", async () => {
    const compileFor = async (target: string) => {
      const { outputFiles } = await build({
        absWorkingDir: root,
        entryPoints: entries,
        outdir: "dist",
        bundle: true,
        write: false,
        platform: "node",
        format: "esm",
        packages: "external",
        target,
      });
      return outputFiles.map(({ path, text }) => [path, text]);
    };
    const [oldest, newest] = await Promise.all([compileFor("node22.19"), compileFor("esnext")]);
    expect(newest).toHaveLength(entries.length);
    // What the oldest lacks would be written in another way, such as "using".
    expect(oldest).toEqual(newest);
  });

  it("is the one that the packages ask for, and the same in all documents", async () => {
    const { packages } = JSON.parse(await readDocument("package-lock.json"));
    const { dependencies, devDependencies } = JSON.parse(await readDocument("package.json"));
    const wanted = Object.keys({ ...dependencies, ...devDependencies }).flatMap((name) => {
      const range = String(packages[`node_modules/${name}`]?.engines?.node ?? "");
      return [...range.matchAll(/\b22\.(\d+)/g)].map(([, minor]) => Number(minor));
    });
    const least = `22.${Math.max(...wanted)}`;
    expect(await readDocument("infra/node-version.cjs")).toContain(`const LEAST = "${least}.0";`);
    for (const path of [
      "README.md",
      "docs/deployment.md",
      "docs/pull-requests.md",
      "docs/real-okta-plugin.md",
    ]) {
      const named = [...(await readDocument(path)).matchAll(/Node\.js (22\.\d+) or newer/g)].map(
        ([, version]) => version,
      );
      expect(named.length, path).toBeGreaterThan(0);
      expect([...new Set(named)], path).toEqual([least]);
    }
  });
});
