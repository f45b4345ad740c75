import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Hosting } from "../settings.ts";
import type { Archive } from "./archive.ts";

/** Where the npm package has the archives, built beforehand: an installed package has not the functions' own source. */
const packagedFolder = join(import.meta.dirname, "../../archives");

/** An archive, of which the size is not needed. */
export type SharedArchive = Omit<Archive, "bytes">;

const archives = new Map<Hosting, Promise<SharedArchive>>();

/** The archive of the program that runs: the package's own, or else one that is built once for all components. */
export function sharedArchive(hosting: Hosting): Promise<SharedArchive> {
  const archive = archives.get(hosting) ?? findOrBuild(hosting);
  archives.set(hosting, archive);
  return archive;
}

async function findOrBuild(hosting: Hosting): Promise<SharedArchive> {
  const packaged = findPackaged(hosting);
  if (packaged !== undefined) return packaged;
  // Only here, since the package brings no bundler.
  const { buildArchive } = await import("./archive.ts");
  return await buildArchive(hosting);
}

function findPackaged(hosting: Hosting): SharedArchive | undefined {
  const [type, contentType] =
    hosting === "functions" ? ["zip", "application/zip"] : ["tar.gz", "application/gzip"];
  for (const name of namesIn(packagedFolder)) {
    const [, hash] = new RegExp(`-([0-9a-f]{64})\\.${type}$`).exec(name) ?? [];
    if (hash !== undefined) return { path: join(packagedFolder, name), hash, contentType };
  }
  return undefined;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
