import { posix } from "node:path";
import type { Metafile } from "esbuild";

/** A package of which code is bundled. */
export interface BundledPackage {
  /** Its folder, such as `node_modules/undici`. */
  readonly path: string;
  /** The folders whose files are bundled. */
  readonly folders: readonly string[];
  /** The files that they are bundled into. */
  readonly bundles: readonly string[];
  /** Paths of the packages that those files import. */
  readonly uses: readonly string[];
}

/** The packages that are bundled, in order of their paths, and the paths of those that the project's own code imports. */
export function bundledPackages(metafile: Metafile): {
  readonly packages: readonly BundledPackage[];
  readonly usedByProject: readonly string[];
} {
  const files = new Set(Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs)));
  // By package; the project's own files are under "".
  const folders = new Map<string, Set<string>>();
  const bundles = new Map<string, Set<string>>();
  const uses = new Map<string, Set<string>>();
  for (const file of files) {
    const path = packagePath(file);
    add(folders, path, posix.dirname(file));
    for (const { path: imported } of metafile.inputs[file]?.imports ?? []) {
      const used = packagePath(imported);
      if (files.has(imported) && used !== path && used !== "") add(uses, path, used);
    }
  }
  for (const [bundle, { inputs }] of Object.entries(metafile.outputs)) {
    for (const file of Object.keys(inputs)) add(bundles, packagePath(file), bundle);
  }
  const sorted = (values: Iterable<string> = []) => [...values].sort();
  return {
    packages: sorted(folders.keys())
      .filter((path) => path !== "")
      .map((path) => ({
        path,
        folders: sorted(folders.get(path)),
        bundles: sorted(bundles.get(path)),
        uses: sorted(uses.get(path)),
      })),
    usedByProject: sorted(uses.get("")),
  };
}

/** The innermost package's folder; empty for a file of the project. */
function packagePath(file: string): string {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? "";
}

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set.add(value));
}
