import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { gzipSync, zipSync } from "fflate";
import { packTar } from "modern-tar";
import type { Hosting } from "../settings.ts";
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

/** The functions' code as Google Cloud takes it. */
export interface Archive extends WrittenFile {
  readonly contentType: string;
}

const root = join(import.meta.dirname, "../..");

/**
 * Bundles the functions and packs them: the same source gives the same bytes. What the bundles need from the packages is what the
 * bundler needs, too. Their licences are checked by `npm run supply-chain`.
 *
 * @param hosting what the archive is for: a zip file for Cloud Functions, or a tar.gz file for Cloud Run
 */
export function buildArchive(hosting: Hosting = "functions"): Promise<Archive> {
  return hosting === "functions" ? buildZip() : buildTar();
}

/**
 * For Cloud Functions. In addition to the bundles, the archive has the file that loads the one of the function, the licences of
 * what is in them, and the manifest with only functions-framework, which the runtime starts. That is a folder of the archive, so a
 * build downloads nothing; nothing has scripts, so it runs none.
 */
async function buildZip(): Promise<Archive> {
  const [{ files, metafile }, index, manifests] = await Promise.all([
    bundleFunctions("functions"),
    readFile(join(root, "function/archive/index.cjs")),
    archiveManifests(),
  ]);
  const zip = zipSync(
    { ...(await noticesOf(metafile)), ...files, ...manifests, "index.cjs": index },
    // Zip's time has no zone and begins in 1980: local time gives the same bytes everywhere.
    { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100644 << 16 },
  );
  const written = await writeToDist(`function-${sha256(zip)}.zip`, zip);
  return { ...written, contentType: "application/zip" };
}

/** For Cloud Run, which runs the files as they are: the bundles, the licences of what is in them, and the file that starts one. */
async function buildTar(): Promise<Archive> {
  const [{ files, metafile }, index] = await Promise.all([
    bundleFunctions("service"),
    readFile(join(root, "function/archive/index.js")),
  ]);
  const contents = { ...(await noticesOf(metafile)), ...files, "index.js": index };
  const tar = await packTar(
    Object.entries(contents).map(([name, body]) => ({
      header: { name, size: body.length, mtime: new Date(0) },
      body,
    })),
  );
  const packed = gzipSync(tar, { level: 9, mtime: 0 });
  const written = await writeToDist(`service-${sha256(packed)}.tar.gz`, packed);
  return { ...written, contentType: "application/gzip" };
}

/** The file with the licences of what is bundled. */
async function noticesOf(metafile: Metafile): Promise<Readonly<Record<string, Uint8Array>>> {
  const { packages } = await bundledPackages(root, metafile);
  const { text } = await thirdPartyNotices(root, packages);
  return { "THIRD-PARTY-NOTICES.txt": new TextEncoder().encode(text) };
}

/** Writes a file to `dist/`, whole or not at all: two programs may build at once. */
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
