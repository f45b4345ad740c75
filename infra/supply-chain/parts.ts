import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { bundledPackages } from "./bundled-packages.ts";
import { findNeeded, type LockedPackage, type Lockfile } from "./lockfile.ts";

/** A package at one place of what is deployed. */
export interface Part {
  readonly package: LockedPackage;
  /** The file that it is bundled into, or the folder that Google Cloud's build installs it to. */
  readonly location: string;
  readonly uses: readonly LockedPackage[];
}

/** A package in the bundle. */
export interface BundledPart extends Part {
  /** The folders whose files are in the bundle. */
  readonly folders: readonly string[];
}

/** Everything of others that is deployed. */
export interface Parts {
  readonly bundled: readonly BundledPart[];
  readonly installed: readonly Part[];
  /** What the project's own code uses. */
  readonly usedByProject: readonly LockedPackage[];
}

/**
 * Finds what is deployed: the packages in the bundle, and those of the archive's lockfile, which Google Cloud's build
 * installs beside it.
 *
 * @param folder the project's, with `node_modules` and `package-lock.json`
 * @throws Error when an installed package is not the one of the lockfile
 */
export async function findParts(args: {
  readonly folder: string;
  readonly metafile: Metafile;
  readonly project: Lockfile;
  readonly archive: Lockfile;
}): Promise<Parts> {
  const { folder, project, archive } = args;
  const { packages, usedByProject } = bundledPackages(args.metafile);
  const locked = (path: string) => {
    const found = project.packages.get(path);
    if (found === undefined)
      throw new Error(`${path} is bundled, but not in package-lock.json: run "npm ci".`);
    return found;
  };
  const bundled = packages.map(({ path, folders, uses }) => ({
    package: locked(path),
    location: "index.js",
    folders,
    uses: uses.map(locked),
  }));
  await Promise.all(bundled.map((part) => requireInstalled(folder, part.package)));
  const neededOf = ({ path, needs }: LockedPackage) =>
    needs.map((name) => findNeeded(archive, path, name)).filter((found) => found !== undefined);
  const installed = [...archive.packages.values()]
    .filter(({ development }) => !development)
    .map((one) => ({ package: one, location: one.path, uses: neededOf(one) }));
  return {
    bundled,
    installed,
    usedByProject: [...usedByProject.map(locked), ...neededOf(archive.root)],
  };
}

/** What is bundled must be what the lockfile says, or its hash and licence would tell of something else. */
async function requireInstalled(folder: string, { path, name, version }: LockedPackage): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, path, "package.json"), "utf8"));
  if (manifest.name === name && manifest.version === version) return;
  throw new Error(
    `${path} is ${manifest.name} ${manifest.version}, but package-lock.json says ${name} ${version}: run "npm ci".`,
  );
}
