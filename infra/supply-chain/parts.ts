import type { Metafile } from "esbuild";
import { bundledPackages } from "./bundled-packages.ts";
import type { Embedded } from "./embedded.ts";
import type { LockedPackage, Lockfile } from "./lockfile.ts";

/** A package of what is deployed. */
export interface Part {
  readonly package: LockedPackage;
  /** The files of the archive that it is bundled into. */
  readonly bundles: readonly string[];
  readonly uses: readonly LockedPackage[];
  /** What it carries inside itself, as far as that is deployed and known. */
  readonly embeds: readonly Embedded[];
}

/** Every package that is deployed. */
export interface Parts {
  readonly bundled: readonly Part[];
  /** What the project's own code uses, and functions-framework. */
  readonly usedByProject: readonly LockedPackage[];
}

/**
 * Finds what is deployed: the packages that are bundled. Google Cloud's build installs no others.
 *
 * @param folder the project's, with `node_modules`
 * @throws Error when a bundled package is not in the project's lockfile
 */
export async function findParts(args: {
  readonly folder: string;
  readonly metafile: Metafile;
  readonly project: Lockfile;
}): Promise<Parts> {
  const { folder, metafile, project } = args;
  const { packages, usedByProject } = await bundledPackages(folder, metafile);
  // Where a package lies may differ from install to install; which ones there are may not.
  const identified = packages.map((one) => {
    const locked = [...project.packages.values()].find(
      ({ name, version }) => name === one.name && version === one.version,
    );
    // Its hash and licence would be those of something else.
    if (locked !== undefined) return { ...one, package: locked };
    const what = `${one.path} is ${one.name} ${one.version}`;
    throw new Error(`${what}, which package-lock.json does not list: run "npm ci".`);
  });
  const lockedOf = (paths: readonly string[]) =>
    identified.filter(({ path }) => paths.includes(path)).map((one) => one.package);
  return {
    bundled: identified.map(({ package: locked, bundles, uses, embeds }) => ({
      package: locked,
      bundles,
      uses: lockedOf(uses),
      embeds,
    })),
    usedByProject: lockedOf(usedByProject),
  };
}
