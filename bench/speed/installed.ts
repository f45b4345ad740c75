import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { unzipSync } from "fflate";
import { isObject, parseJson } from "../../function/shared/json.ts";

const root = join(import.meta.dirname, "../..");

const FRAMEWORK = "@google-cloud/functions-framework";

/** Whether an archive is that of Cloud Run services, which run its files as they are. */
export function isOfServices(path: string): boolean {
  return path.endsWith(".tar.gz");
}

/** Unpacks an archive of the functions, with its packages where Google's build puts them. @param folder empty */
export async function unpackArchive(path: string, folder: string): Promise<void> {
  if (isOfServices(path)) {
    await promisify(execFile)("tar", ["-xzf", path, "-C", folder]);
    return;
  }
  for (const [name, bytes] of Object.entries(unzipSync(await readFile(path)))) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  const manifest = parseJson(await readFile(join(folder, "package.json"), "utf8"));
  const dependencies =
    isObject(manifest) && isObject(manifest["dependencies"]) ? manifest["dependencies"] : {};
  const source = dependencies[FRAMEWORK];
  // An archive to compare with may still take the framework from the registry.
  if (typeof source !== "string" || !source.startsWith("file:")) {
    await installPackages(Object.keys(dependencies), folder);
    return;
  }
  const place = join(folder, "node_modules", FRAMEWORK);
  await mkdir(dirname(place), { recursive: true });
  await symlink(relative(dirname(place), join(folder, source.slice("file:".length))), place);
  await linkCommand(folder);
}

/** Compiles a contender into a folder, with its packages next to it. @param folder empty */
export async function installContender(
  name: string,
  packages: readonly string[],
  folder: string,
): Promise<void> {
  await build({
    entryPoints: [join(root, `bench/contenders/${name}.ts`)],
    outfile: join(folder, "index.js"),
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node24",
    format: "cjs",
  });
  const manifest = { name, private: true, main: "index.js" };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await installPackages(packages, folder);
}

/** Files of packages that are most of them, and that nothing runs. */
const NEVER_RUN = /\.(d\.[cm]?ts|map|md)$/;

/** Copies packages with all that they depend on, as they are installed here, and links the framework's command. */
async function installPackages(names: readonly string[], folder: string): Promise<void> {
  const copied = new Set<string>();
  const copy = async (name: string, from: string): Promise<void> => {
    const place = await findPackage(name, from);
    if (place === undefined || copied.has(place)) return;
    copied.add(place);
    // Its own packages follow where they are needed. One call after the other is a fraction of the work of many at once.
    const inner = join(root, place, "node_modules");
    cpSync(join(root, place), join(folder, place), {
      recursive: true,
      filter: (path) => path !== inner && !NEVER_RUN.test(path),
    });
    const manifest = parseJson(await readFile(join(root, place, "package.json"), "utf8"));
    const dependencies = isObject(manifest) ? manifest["dependencies"] : undefined;
    if (isObject(dependencies)) for (const each of Object.keys(dependencies)) await copy(each, place);
  };
  for (const name of names) await copy(name, "");
  if (names.includes(FRAMEWORK)) await linkCommand(folder);
}

/** Links the framework's command, as npm does. */
async function linkCommand(folder: string): Promise<void> {
  const manifest = parseJson(await readFile(join(folder, "node_modules", FRAMEWORK, "package.json"), "utf8"));
  const commands = isObject(manifest) && isObject(manifest["bin"]) ? manifest["bin"] : {};
  const bin = join(folder, "node_modules/.bin");
  await mkdir(bin, { recursive: true });
  await symlink(
    join("..", FRAMEWORK, String(commands["functions-framework"])),
    join(bin, "functions-framework"),
  );
}

/** Where a package lies, as Node looks for it; undefined for an optional one that is not installed. */
async function findPackage(name: string, from: string): Promise<string | undefined> {
  const folders = [];
  for (let folder = from; folder !== "" && folder !== "."; folder = dirname(folder)) {
    if (!folder.endsWith("node_modules")) folders.push(folder);
  }
  for (const folder of [...folders, ""]) {
    const place = join(folder, "node_modules", name);
    const exists = await readFile(join(root, place, "package.json")).then(
      () => true,
      () => false,
    );
    if (exists) return place;
  }
  return undefined;
}
