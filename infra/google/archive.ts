import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zipSync } from "fflate";
import { billOfMaterials } from "../supply-chain/bill-of-materials.ts";
import { deployedLicences, licenceFaults } from "../supply-chain/licences.ts";
import { readLockfile } from "../supply-chain/lockfile.ts";
import { thirdPartyNotices } from "../supply-chain/notices.ts";
import { findParts, type Parts } from "../supply-chain/parts.ts";
import { bundleFunctions } from "./bundle.ts";

/** A file that was written. */
export interface WrittenFile {
  /** Absolute path. */
  readonly path: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly hash: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
}

/** The functions' code as Google Cloud takes it, a zip file. */
export interface Archive extends WrittenFile {
  /** What is in it, and what Google Cloud's build will install beside it, in CycloneDX. */
  readonly billOfMaterials: WrittenFile & { readonly packages: number };
}

const root = join(import.meta.dirname, "../..");

/**
 * Bundles the functions and packs them: the same source gives the same bytes. With the bundles lie the file that loads the
 * one of the function, the licences of what is in them, the manifest with nothing but functions-framework, which the runtime
 * starts, and its lockfile; no scripts, so a build runs none. The bill of materials is written beside the archive.
 *
 * @throws Error when a package has no licence that is allowed
 */
export async function buildArchive(): Promise<Archive> {
  const manifest = join(root, "function/archive");
  const [{ files, metafile }, project, installed, index, packageJson, packageLock] = await Promise.all([
    bundleFunctions(),
    readLockfile(root),
    readLockfile(manifest),
    readFile(join(manifest, "index.cjs")),
    readFile(join(manifest, "package.json")),
    readFile(join(manifest, "package-lock.json")),
  ]);
  const parts = await findParts({ folder: root, metafile, project, archive: installed });
  requireLicences(parts);
  const notices = await thirdPartyNotices(root, parts);
  const zip = zipSync(
    {
      "THIRD-PARTY-NOTICES.txt": new TextEncoder().encode(notices),
      ...files,
      "index.cjs": index,
      "package-lock.json": packageLock,
      "package.json": packageJson,
    },
    // Zip's time has no zone and begins in 1980: local time gives the same bytes everywhere.
    { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100644 << 16 },
  );
  const hash = sha256(zip);
  const bill = billOfMaterials(installed.root, hash, parts);
  const [archive, billFile] = await Promise.all([
    write(`function-${hash}.zip`, zip),
    write(`function-${hash}.cdx.json`, new TextEncoder().encode(bill)),
  ]);
  return { ...archive, billOfMaterials: { ...billFile, packages: JSON.parse(bill).components.length } };
}

function requireLicences({ bundled, installed }: Parts): void {
  const packages = [...bundled, ...installed].flatMap((part) => [
    part.package,
    ...part.embeds.map(({ name, package: carrier, folder, licence }) => ({
      name,
      version: `in ${carrier}/${folder}`,
      licence,
    })),
  ]);
  const faults = licenceFaults(packages, deployedLicences);
  if (faults.length === 0) return;
  throw new Error(
    `The functions can't be deployed with these packages (licences: infra/supply-chain/licences.ts):\n${faults.join("\n")}`,
  );
}

async function write(name: string, content: Uint8Array): Promise<WrittenFile> {
  const folder = join(root, "dist");
  const path = join(folder, name);
  // Two components, or two programs, may build at once.
  const unfinished = `${path}.${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  await writeFile(unfinished, content);
  await rename(unfinished, path);
  return { path, hash: sha256(content), bytes: content.length };
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
