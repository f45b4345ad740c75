import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { frameworkCommand, installPackages } from "../../../../sandbox/google/functions/packages.ts";

// As Windows answers without Developer Mode and without an administrator's rights: it makes junctions, and no other links.
vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs/promises")>();
  const symlink: typeof real.symlink = async (target, path, type) => {
    if (type === "junction") return real.symlink(target, path, "dir");
    throw Object.assign(new Error(`EPERM: operation not permitted, symlink '${String(target)}'`), {
      code: "EPERM",
    });
  };
  return { ...real, symlink };
});

it("links packages on Windows without Developer Mode", async () => {
  const home = await mkdtemp(join(tmpdir(), "packages-"));
  onTestFinished(() => rm(home, { recursive: true }));
  const installed = join(home, "installed/node_modules/one");
  const folder = join(home, "function");
  const dependencies = { one: "1.0.0" };
  await mkdir(installed, { recursive: true });
  await mkdir(folder);
  await writeFile(join(installed, "package.json"), JSON.stringify({ name: "one", version: "1.0.0" }));
  await writeFile(
    join(folder, "package-lock.json"),
    JSON.stringify({ packages: { "": { dependencies }, "node_modules/one": { version: "1.0.0" } } }),
  );
  await installPackages(folder, { main: "index.js", dependencies }, join(home, "installed"));
  expect(await readFile(join(folder, "node_modules/one/package.json"), "utf8")).toContain("1.0.0");
});

it("links a folder of the source, and starts the command of the framework in it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "packages-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const name = "@google-cloud/functions-framework";
  const dependencies = { [name]: "file:./framework" };
  const install = async (resolved: string) => {
    const packages = { "": { dependencies }, [`node_modules/${name}`]: { resolved, link: true } };
    await writeFile(join(folder, "package-lock.json"), JSON.stringify({ packages }));
    await installPackages(folder, { main: "index.js", dependencies }, "nowhere");
  };
  await expect(install("../framework")).rejects.toThrow("to a folder outside: ../framework");
  await expect(install("framework")).rejects.toThrow("framework/package.json is missing.");
  await mkdir(join(folder, "framework"));
  const write = (manifest: object) =>
    writeFile(join(folder, "framework/package.json"), JSON.stringify(manifest));
  await write({ name });
  await install("framework");
  await expect(frameworkCommand(folder)).rejects.toThrow("has no command functions-framework");
  await write({ name, bin: { "functions-framework": "main.cjs" } });
  expect(await frameworkCommand(folder)).toBe(join(folder, "node_modules", name, "main.cjs"));
});
