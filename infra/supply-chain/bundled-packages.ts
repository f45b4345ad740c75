import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Metafile } from "esbuild";
import { isObject, parseJson } from "../../function/shared/json.ts";
import { type Embedded, embedded } from "./embedded.ts";

/** A package of which code is bundled. */
export interface BundledPackage {
  /** Its folder, such as `node_modules/undici`. */
  readonly path: string;
  /** Such as `undici` or `@scope/name`. */
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as the package states it; undefined when it states none. */
  readonly licence: string | undefined;
  /** The folders whose files are bundled. */
  readonly folders: readonly string[];
  /** The files that they are bundled into. */
  readonly bundles: readonly string[];
  /** Paths of the packages that those files import. */
  readonly uses: readonly string[];
  /** What it carries inside itself, as far as that is bundled and known. */
  readonly embeds: readonly Embedded[];
}

/**
 * The packages that are bundled, and the paths of those that the project's own code imports or that are bundled for their own sake. They are in the order of their
 * names: their paths depend on the package manager.
 *
 * @param folder the project's, with `node_modules`
 */
export async function bundledPackages(
  folder: string,
  { inputs, outputs }: Metafile,
): Promise<{ readonly packages: readonly BundledPackage[]; readonly usedByProject: readonly string[] }> {
  // By package; the project's own files are under "".
  const folders = new Map<string, Set<string>>();
  const bundles = new Map<string, Set<string>>();
  const uses = new Map<string, Set<string>>();
  const files = new Set(Object.values(outputs).flatMap((output) => Object.keys(output.inputs)));
  for (const file of files) {
    const path = packagePath(file);
    add(folders, path, posix.dirname(file));
    for (const { path: imported } of inputs[file]?.imports ?? []) {
      const used = packagePath(imported);
      if (files.has(imported) && used !== path && used !== "") add(uses, path, used);
    }
  }
  for (const [bundle, output] of Object.entries(outputs)) {
    for (const file of Object.keys(output.inputs)) add(bundles, packagePath(file), bundle);
    const entry = packagePath(output.entryPoint ?? "");
    if (entry !== "") add(uses, "", entry);
  }
  const sorted = (values: Iterable<string> = []) => [...values].sort();
  const packages = await Promise.all(
    [...folders].flatMap(([path, found]) => {
      if (path === "") return [];
      const inside = sorted(found);
      const one = { path, folders: inside, bundles: sorted(bundles.get(path)), uses: sorted(uses.get(path)) };
      return readManifest(folder, path).then((manifest) => ({
        ...one,
        ...manifest,
        embeds: embedded.filter(
          (work) => work.package === manifest.name && inside.includes(posix.join(path, work.folder)),
        ),
      }));
    }),
  );
  const key = ({ name, version }: BundledPackage) => `${name}@${version}`;
  return {
    packages: packages.sort((one, other) => (key(one) < key(other) ? -1 : 1)),
    usedByProject: sorted(uses.get("")),
  };
}

/** The innermost package's folder; empty for a file of the project. */
function packagePath(file: string): string {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? "";
}

/** What cannot be read stays unknown: the archive is made without it, and `npm run supply-chain` reports it. */
async function readManifest(
  folder: string,
  path: string,
): Promise<Pick<BundledPackage, "name" | "version" | "licence">> {
  const manifest = parseJson(await readFile(join(folder, path, "package.json"), "utf8").catch(() => ""));
  const { name, version, license } = isObject(manifest) ? manifest : {};
  return {
    name:
      typeof name === "string"
        ? name
        : path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
    version: typeof version === "string" ? version : "(unknown version)",
    licence: typeof license === "string" ? license : undefined,
  };
}

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set.add(value));
}
