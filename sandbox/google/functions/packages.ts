import { mkdir, readFile, symlink } from "node:fs/promises";
import { dirname, isAbsolute, join, relative } from "node:path";
import { isObject } from "../../../function/shared/json.ts";
import { BuildError } from "./source.ts";

/** What a build needs to know of a package.json. */
export interface Manifest {
  readonly main: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const FRAMEWORK = "@google-cloud/functions-framework";

/**
 * Reads the package.json of unpacked source. @throws BuildError when it can't be built
 *
 * @decision The module of the entry point is the main of package.json. Here it must be there; in the real build
 * index.js or function.js is taken without it.
 * @evidence documentation: Cloud Run, "Node.js dependencies"
 * (https://docs.cloud.google.com/run/docs/runtimes/nodejs-dependencies), package.json.
 * @matters sandbox only: the archive's package.json names it.
 *
 * @own An archive without the Functions Framework in its dependencies is refused here: the real build would add a
 * version of its own, which no lockfile holds.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const manifest = await readJson(join(folder, "package.json"), "package.json");
  const main = manifest["main"];
  if (typeof main !== "string" || main === "") throw new BuildError("package.json names no main file.");
  const dependencies = stringsOf(manifest["dependencies"]);
  if (dependencies[FRAMEWORK] === undefined) {
    throw new BuildError(
      `package.json does not declare ${FRAMEWORK}: the build would add a version of its own.`,
    );
  }
  return { main, dependencies };
}

/**
 * Does what `npm ci` does, with packages that are installed already: each direct dependency must be locked, and
 * either be a folder of the source or installed at just that version; it is then linked into the folder.
 *
 * @decision Packages are installed by npm ci where there is a lockfile, and a lockfile out of step with package.json
 * fails the build.
 * @evidence recorded: firebase/firebase-tools#5760 and #4819: "Build failed: npm ERR! `npm ci` can only install
 * packages when your package.json and package-lock.json … are in sync". documentation: Cloud Run, "Node.js
 * dependencies" (https://docs.cloud.google.com/run/docs/runtimes/nodejs-dependencies): npm ci.
 * @matters deployment fails: an update of a package without its lockfile stops the build.
 *
 * @decision A dependency on a folder of the source (`file:`) is installed as a link to it, with nothing from a registry, and
 * so is functions-framework: the build looks only for its name among the dependencies.
 * @evidence vendor-code: GoogleCloudPlatform/buildpacks, commit 21f28de, cmd/nodejs/functions_framework/lib/lib.go:
 * BuildFn asks whether Dependencies has the name, and reads the version only for a label;
 * cmd/nodejs/npm/lib/lib.go: npm ci runs in the source's own folder, and a cache is `cp --archive`, which keeps relative links;
 * builders/nodejs/acceptance/gcf_test.go deploys builders/testdata/nodejs/functions/local_dependency, which has
 * "file:./lib/server". npm 11.19.1, measured: `npm ci --offline` links node_modules/@google-cloud/functions-framework
 * to ../../framework and makes its command executable.
 * @matters deployment fails: the archive brings functions-framework as a folder.
 * @throws BuildError naming the package that is not as the lockfile says
 */
export async function installPackages(
  folder: string,
  manifest: Manifest,
  packagesFolder: string,
): Promise<void> {
  const lockfile = await readJson(join(folder, "package-lock.json"), "package-lock.json");
  const locked = isObject(lockfile["packages"]) ? lockfile["packages"] : {};
  const root = isObject(locked[""]) ? stringsOf(locked[""]["dependencies"]) : {};
  const { dependencies } = manifest;
  for (const name of new Set([...Object.keys(root), ...Object.keys(dependencies)])) {
    if (root[name] !== dependencies[name]) {
      throw new BuildError(`package.json and package-lock.json are not in sync: ${name} differs.`);
    }
  }
  for (const name of Object.keys(dependencies)) {
    const entry = locked[`node_modules/${name}`];
    const { version, link: isLink, resolved } = isObject(entry) ? entry : {};
    if (isLink === true && typeof resolved === "string") {
      await linkFolder(name, resolved, folder);
      continue;
    }
    if (typeof version !== "string") throw new BuildError(`package-lock.json has no version of ${name}.`);
    await link(name, version, folder, packagesFolder);
  }
}

/**
 * @own A version that is not installed on this machine can't be linked; the real build downloads it.
 */
async function link(name: string, version: string, folder: string, packagesFolder: string): Promise<void> {
  const installed = join(packagesFolder, "node_modules", name);
  const found = await readJson(join(installed, "package.json"), name).catch(() => undefined);
  if (found?.["version"] !== version) {
    const state = found === undefined ? "not installed" : `${String(found["version"])} is installed`;
    throw new BuildError(`package-lock.json wants ${name} ${version}, but ${state}.`);
  }
  await linkPackage(name, installed, folder);
}

/**
 * @own npm ci links to a folder that is not there, too; the real build fails when it reads the package's version.
 */
async function linkFolder(name: string, resolved: string, folder: string): Promise<void> {
  const target = join(folder, resolved);
  const inside = relative(folder, target);
  if (inside.startsWith("..") || isAbsolute(inside)) {
    throw new BuildError(`package-lock.json links ${name} to a folder outside: ${resolved}`);
  }
  await readJson(join(target, "package.json"), `${resolved}/package.json`);
  await linkPackage(name, target, folder);
}

async function linkPackage(name: string, target: string, folder: string): Promise<void> {
  const place = join(folder, "node_modules", name);
  await mkdir(dirname(place), { recursive: true });
  // A junction needs no right on Windows, where links to folders otherwise need one. Elsewhere it is a link like any other.
  await symlink(target, place, "junction");
}

/**
 * The file that an instance of a built function starts: what npm links as `node_modules/.bin/functions-framework`.
 *
 * @decision An instance starts node_modules/.bin/functions-framework of the built source, in its folder.
 * @evidence vendor-code: GoogleCloudPlatform/buildpacks, commit 21f28de, cmd/nodejs/functions_framework/lib/lib.go: BuildFn
 * sets the web process to this path when package.json names the framework.
 * @matters deployment fails: the archive's own functions-framework is the one that is started.
 * @throws BuildError when the framework has no such command
 */
export async function frameworkCommand(folder: string): Promise<string> {
  const place = join(folder, "node_modules", FRAMEWORK);
  const { bin } = await readJson(join(place, "package.json"), FRAMEWORK);
  const file = stringsOf(bin)["functions-framework"];
  if (file === undefined) throw new BuildError(`${FRAMEWORK} has no command functions-framework.`);
  return join(place, file);
}

/**
 * @decision A build without package-lock.json fails here.
 * @evidence recorded: GoogleCloudPlatform/datashare-toolkit#634: npm ci without a lockfile fails. The real build
 * takes npm install where there is none, which would install other versions.
 * @matters sandbox only: the archive has its lockfile.
 */
async function readJson(path: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    throw new BuildError(`${name} is missing.`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Reported below, like everything that is not an object.
  }
  throw new BuildError(`${name} is not a JSON object.`);
}

function stringsOf(value: unknown): Readonly<Record<string, string>> {
  const strings: Record<string, string> = {};
  if (!isObject(value)) return strings;
  for (const [key, item] of Object.entries(value)) if (typeof item === "string") strings[key] = item;
  return strings;
}
