import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Metafile } from "esbuild";
import { bundledPackages } from "./bundled-packages.ts";
import { type Embedded, embedded } from "./embedded.ts";
import { findNeeded, type LockedPackage, type Lockfile } from "./lockfile.ts";

/** A package of what is deployed. */
export interface Part {
  readonly package: LockedPackage;
  /** The files that it is bundled into, or the folder that Google Cloud's build installs it to. */
  readonly locations: readonly string[];
  readonly uses: readonly LockedPackage[];
  /** What it carries inside itself, as far as that is deployed and known. */
  readonly embeds: readonly Embedded[];
}

/** A package that is bundled. */
export interface BundledPart extends Part {
  /** Its folder, such as `node_modules/undici`. */
  readonly path: string;
  /** The folders whose files are bundled. */
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
 * Finds what is deployed: the packages that are bundled, and those of the archive's lockfile, which Google Cloud's build
 * installs beside it.
 *
 * @param folder the project's, with `node_modules` and `package-lock.json`
 * @throws Error when a bundled package is not one of the lockfile's
 */
export async function findParts(args: {
  readonly folder: string;
  readonly metafile: Metafile;
  readonly project: Lockfile;
  readonly archive: Lockfile;
}): Promise<Parts> {
  const { folder, project, archive } = args;
  const { packages, usedByProject } = bundledPackages(args.metafile);
  const identified = await Promise.all(
    packages.map(async (one) => ({ ...one, package: await lockedAt(folder, one.path, project) })),
  );
  // By what they are: where they lie depends on the package manager.
  identified.sort((one, other) => compare(nameOf(one.package), nameOf(other.package)));
  const lockedOf = (paths: readonly string[]) =>
    identified.filter(({ path }) => paths.includes(path)).map((one) => one.package);
  const bundled = identified.map(({ path, folders, bundles, uses, package: one }) => ({
    package: one,
    locations: bundles,
    path,
    folders,
    uses: lockedOf(uses),
    embeds: embedded.filter(
      (work) => work.package === one.name && folders.includes(posix.join(path, work.folder)),
    ),
  }));
  const neededOf = ({ path, needs }: LockedPackage) =>
    needs.map((name) => findNeeded(archive, path, name)).filter((found) => found !== undefined);
  const installed = [...archive.packages.values()]
    .filter(({ development }) => !development)
    .map((one) => ({ package: one, locations: [one.path], uses: neededOf(one), embeds: [] }));
  return {
    bundled,
    installed,
    usedByProject: [...lockedOf(usedByProject), ...neededOf(archive.root)],
  };
}

function nameOf({ name, version }: LockedPackage): string {
  return `${name}@${version}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** What is bundled must be in the lockfile, or its hash and licence would tell of something else. */
async function lockedAt(folder: string, path: string, lockfile: Lockfile): Promise<LockedPackage> {
  const { name, version } = JSON.parse(await readFile(join(folder, path, "package.json"), "utf8"));
  // Where a package lies may differ from install to install; which ones there are may not.
  const found = [...lockfile.packages.values()].find((one) => one.name === name && one.version === version);
  if (found === undefined) {
    throw new Error(`${path} is ${name} ${version}, which package-lock.json does not know: run "npm ci".`);
  }
  return found;
}
