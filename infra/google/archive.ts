import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zipSync } from "fflate";
import { bundledPackages } from "../supply-chain/bundled-packages.ts";
import { thirdPartyNotices } from "../supply-chain/notices.ts";
import { bundleFunctions } from "./bundle.ts";
import { archiveManifests } from "./manifests.ts";

/** A file in `dist/`. */
export interface WrittenFile {
  /** Absolute path. */
  readonly path: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly hash: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
}

/** The functions' code as Google Cloud takes it, a zip file. */
export type Archive = WrittenFile;

const root = join(import.meta.dirname, "../..");

/**
 * Bundles the functions and packs them: the same source gives the same bytes. In addition to the bundles, the archive has
 * the file that loads the one of the function, the licences of what is in them, and the manifest with only
 * functions-framework, which the runtime starts. That is a folder of the archive, so a build downloads nothing; nothing has
 * scripts, so it runs none.
 *
 * What it needs from the packages is what the bundler needs, too. Their licences are checked by `npm run supply-chain`.
 */
export async function buildArchive(): Promise<Archive> {
  const [{ files, metafile }, index, manifests] = await Promise.all([
    bundleFunctions(),
    readFile(join(root, "function/archive/index.cjs")),
    archiveManifests(),
  ]);
  const { packages } = await bundledPackages(root, metafile);
  const notices = await thirdPartyNotices(root, packages);
  const zip = zipSync(
    {
      "THIRD-PARTY-NOTICES.txt": new TextEncoder().encode(notices.text),
      ...files,
      ...manifests,
      "index.cjs": index,
    },
    // Zip's time has no zone and begins in 1980: local time gives the same bytes everywhere.
    { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100644 << 16 },
  );
  return writeToDist(`function-${sha256(zip)}.zip`, zip);
}

/** Writes a file to `dist/`, whole or not at all: two components, or two programs, may build at once. */
export async function writeToDist(name: string, content: Uint8Array): Promise<WrittenFile> {
  const folder = join(root, "dist");
  const path = join(folder, name);
  const unfinished = `${path}.${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  await writeFile(unfinished, content);
  await rename(unfinished, path);
  return { path, hash: sha256(content), bytes: content.length };
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
