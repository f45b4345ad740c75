import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The parts of the sandbox that decide in place of a real service. */
const PARTS = ["okta", "google", "deploy", "simulation"];

/** The text of every file that may hold decisions, by its path in the repository, in the order of the paths. */
export async function readSources(root: string): Promise<ReadonlyMap<string, string>> {
  const folders = PARTS.map((part) => `sandbox/${part}`);
  const names = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true }))
        .filter((name) => name.endsWith(".ts"))
        .map((name) => `${folder}/${name.replaceAll("\\", "/")}`),
    ),
  );
  const paths = names.flat().sort();
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(root, path), "utf8")] as const)),
  );
}
