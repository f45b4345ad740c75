import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { describe, expect, it, onTestFinished } from "vitest";
import { buildArchive } from "../../infra/google/archive.ts";

const run = promisify(execFile);

/** Each archive, built once: that it is always the same is a test of its own. */
const archives = { functions: await buildArchive(), service: await buildArchive("service") };

/** The files of the archive for Cloud Run, as tar unpacks them. */
async function unpackService(): Promise<Readonly<Record<string, Uint8Array>>> {
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-archive-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await run("tar", ["-xzf", archives.service.path, "-C", folder]);
  const names = await readdir(folder, { recursive: true });
  const files = names.map(async (name) => [name, await readFile(join(folder, name))] as const);
  return Object.fromEntries(await Promise.all(files));
}

const read = async () => unzipSync(await readFile(archives.functions.path));
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

it.each(["functions", "service"] as const)(
  "the archive for %s is the same bytes for the same source, wherever it is made",
  async (hosting) => {
    const zone = process.env["TZ"];
    const folder = process.cwd();
    process.env["TZ"] = "Asia/Tokyo";
    process.chdir("/");
    try {
      expect(await buildArchive(hosting)).toEqual(archives[hosting]);
    } finally {
      process.chdir(folder);
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  },
);

describe("the archive for Cloud Functions", () => {
  it("holds a file for each function, functions-framework, notices, a manifest with only that, its lockfile, and no scripts", async () => {
    const files = await read();
    expect(Object.keys(files).sort()).toEqual([
      "THIRD-PARTY-NOTICES.txt",
      "condition.cjs",
      "framework/main.cjs",
      "framework/package.json",
      "grant.cjs",
      "index.cjs",
      "package-lock.json",
      "package.json",
      "receive.cjs",
      "reconcile.cjs",
    ]);
    const manifest = JSON.parse(text(files["package.json"]));
    expect(manifest.scripts).toBeUndefined();
    // For any main but a .cjs or .mjs file functions-framework loads a package that is not in its bundle.
    expect(manifest.main).toBe("index.cjs");
    const framework = join(
      import.meta.dirname,
      "../../node_modules/@google-cloud/functions-framework/package.json",
    );
    const { version } = JSON.parse(await readFile(framework, "utf8"));
    expect(manifest.dependencies).toEqual({ "@google-cloud/functions-framework": "file:./framework" });
    const bundled = JSON.parse(text(files["framework/package.json"]));
    expect(bundled).toEqual({
      name: "@google-cloud/functions-framework",
      version,
      license: "Apache-2.0",
      bin: { "functions-framework": "main.cjs" },
    });
    const { name, version: own, license, dependencies, engines } = manifest;
    expect(JSON.parse(text(files["package-lock.json"])).packages).toEqual({
      "": { name, version: own, license, dependencies, engines },
      framework: bundled,
      "node_modules/@google-cloud/functions-framework": { resolved: "framework", link: true },
    });
  });

  it("is installed by npm without a registry, so that the command that Google Cloud starts runs, also from a cache", async () => {
    const folder = await mkdtemp(join(tmpdir(), "signin-groups-archive-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const [name, bytes] of Object.entries(await read())) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    const options = {
      cwd: folder,
      env: { ...process.env, NODE_ENV: "production", npm_config_cache: join(folder, ".npm") },
    };
    const npm = (command: string) => run("npm", [command, "--offline", "--quiet"], options);
    const command = join(folder, "node_modules/.bin/functions-framework");
    const help = async () => (await run(command, ["--help"], options)).stderr;
    await npm("ci");
    expect(await realpath(command)).toBe(join(await realpath(folder), "framework/main.cjs"));
    expect(await help()).toContain("functions-framework --target=");
    // Google's build keeps node_modules by cp --archive, and runs npm install after it took them back.
    await run("cp", ["--archive", "node_modules", "kept"], options);
    await rm(join(folder, "node_modules"), { recursive: true });
    await run("cp", ["--archive", "kept", "node_modules"], options);
    await npm("install");
    expect(await help()).toContain("functions-framework --target=");
  });

  it("says nothing about the machine that made it", async () => {
    const files = await read();
    for (const bytes of Object.values(files)) expect(text(bytes)).not.toContain(process.cwd());
  });
});

describe("the archive for Cloud Run", () => {
  it("holds the same functions, their notices and what starts them, and nothing that is installed", async () => {
    const files = await unpackService();
    const zip = await read();
    expect(Object.keys(files).sort()).toEqual([
      "THIRD-PARTY-NOTICES.txt",
      "condition.cjs",
      "grant.cjs",
      "index.js",
      "receive.cjs",
      "reconcile.cjs",
    ]);
    for (const name of ["condition.cjs", "grant.cjs", "receive.cjs", "reconcile.cjs"]) {
      expect(text(files[name])).toBe(text(zip[name]));
    }
  });

  it("has the notices of what is in it, and not those of functions-framework", async () => {
    const { "THIRD-PARTY-NOTICES.txt": notices } = await unpackService();
    expect(text(notices)).toContain("undici");
    expect(text(notices)).not.toContain("functions-framework");
    expect(text((await read())["THIRD-PARTY-NOTICES.txt"])).toContain("functions-framework");
  });

  it("says nothing about the machine, the person or the time that made it", async () => {
    const { path } = archives.service;
    const packed = await readFile(path);
    // RFC 1952: no name, no comment, and the time 0.
    expect([packed[3], packed.readUInt32LE(4)]).toEqual([0, 0]);
    const listing = await run("tar", ["--numeric-owner", "-tvzf", path], {
      env: { ...process.env, TZ: "UTC" },
    });
    for (const line of listing.stdout.trim().split("\n")) {
      expect(line).toMatch(/^-rw-r--r-- .*\b0.0 .*1970.* [\w.-]+$|^-rw-r--r-- +\d+ 0 +0 .*1970 [\w.-]+$/);
    }
    for (const bytes of Object.values(await unpackService()))
      expect(text(bytes)).not.toContain(process.cwd());
  });
});
