import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** One package of a lockfile. */
export interface LockedPackage {
  /** Where it is installed, such as `node_modules/undici`. */
  readonly path: string;
  /** Such as `undici` or `@scope/name`. */
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as the package states it; undefined when it states none. */
  readonly licence: string | undefined;
  /** Hash of the published package, as Subresource Integrity writes it: `sha512-…` in base64. */
  readonly integrity: string | undefined;
  /** Where it comes from, if the lockfile names an address. */
  readonly resolved: string | undefined;
  /** Names of the packages that it needs, asks its user for, or takes where they are to be had. */
  readonly needs: readonly string[];
  /** Of those, the names of the ones that it does without. */
  readonly optionalNeeds: readonly string[];
  /** Needed by nothing but development. */
  readonly development: boolean;
  /** npm goes on when it can't be installed. */
  readonly optional: boolean;
  /** Made for only some operating systems or processors. */
  readonly platformBound: boolean;
  /** Would like to run a script when it is installed. */
  readonly installScript: boolean;
  /** A folder in place of a published package. */
  readonly link: boolean;
}

/** A lockfile of npm: what it installs, and where. */
export interface Lockfile {
  /** The package whose lockfile it is. */
  readonly root: LockedPackage;
  /** All others, by path. */
  readonly packages: ReadonlyMap<string, LockedPackage>;
}

/** @throws Error when the folder has no lockfile, or one of another version than 3 (npm 7 and newer) */
export async function readLockfile(folder: string): Promise<Lockfile> {
  const path = join(folder, "package-lock.json");
  return parseLockfile(await readFile(path, "utf8"), path);
}

/**
 * Reads a lockfile (npm, "package-lock.json").
 *
 * @param name what to call it in errors
 * @throws Error when it is not of version 3, or a package of it has no version
 */
export function parseLockfile(text: string, name: string): Lockfile {
  const lockfile: unknown = JSON.parse(text);
  const entries = field(lockfile, "packages");
  if (field(lockfile, "lockfileVersion") !== 3 || typeof entries !== "object" || entries === null) {
    throw new Error(`${name} is not a lockfile of version 3: write it with npm 7 or newer.`);
  }
  const all = Object.entries(entries).map(([path, entry]) => parsePackage(path, entry, name));
  const root = all.find(({ path }) => path === "");
  if (root === undefined) throw new Error(`${name} does not say whose lockfile it is.`);
  return { root, packages: new Map(all.filter((one) => one !== root).map((one) => [one.path, one])) };
}

/** The package that one of a lockfile gets when it asks for a name, found as Node.js does: from its folder upwards. */
export function findNeeded({ packages }: Lockfile, from: string, name: string): LockedPackage | undefined {
  for (let folder = from; ; folder = folderAround(folder)) {
    const found = packages.get(`${folder === "" ? "" : `${folder}/`}node_modules/${name}`);
    if (found !== undefined || folder === "") return found;
  }
}

/** Of `node_modules/one/node_modules/other`, `node_modules/one`. */
function folderAround(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("node_modules/") - 1));
}

function parsePackage(path: string, entry: unknown, lockfile: string): LockedPackage {
  const name = text(entry, "name") ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  const link = field(entry, "link") === true;
  const version = text(entry, "version");
  if (version === undefined && !link) throw new Error(`${lockfile} gives ${path} no version.`);
  const names = (key: string) => Object.keys(Object(field(entry, key)));
  return {
    path,
    name,
    version: version ?? "",
    licence: text(entry, "license"),
    integrity: text(entry, "integrity"),
    resolved: text(entry, "resolved"),
    needs: [
      ...new Set([...names("dependencies"), ...names("optionalDependencies"), ...names("peerDependencies")]),
    ],
    optionalNeeds: names("optionalDependencies"),
    // devOptional: needed by development, or where it is to be had.
    development: field(entry, "dev") === true,
    optional: field(entry, "optional") === true || field(entry, "devOptional") === true,
    platformBound: field(entry, "os") !== undefined || field(entry, "cpu") !== undefined,
    installScript: field(entry, "hasInstallScript") === true,
    link,
  };
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function text(value: unknown, key: string): string | undefined {
  const found = field(value, key);
  return typeof found === "string" ? found : undefined;
}
