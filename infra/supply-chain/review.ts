import { basename, join } from "node:path";
import { buildArchive, type WrittenFile, writeToDist } from "../google/archive.ts";
import { bundleFunctions } from "../google/bundle.ts";
import { archiveManifests } from "../google/manifests.ts";
import type { Hosting } from "../settings.ts";
import { billOfMaterials } from "./bill-of-materials.ts";
import { bundledPackages } from "./bundled-packages.ts";
import { deployedLicences, licenceFaults } from "./licences.ts";
import { parseLockfile, readLockfile } from "./lockfile.ts";
import { thirdPartyNotices } from "./notices.ts";
import { findParts, type Parts } from "./parts.ts";

/** What `npm run supply-chain` found. */
export interface Review {
  readonly archive: WrittenFile;
  /** What is in the archive, in CycloneDX. */
  readonly billOfMaterials: WrittenFile & { readonly packages: number };
  /** What is wrong with licences and their texts, one line each; empty when nothing is. */
  readonly faults: readonly string[];
}

const root = join(import.meta.dirname, "../..");

/**
 * Builds an archive, writes its bill of materials next to it, and checks the licences of what is deployed.
 *
 * @param hosting what the archive is for
 * @throws Error when the bill would not be true: a bundled package is not in the lockfile, or two hashes disagree
 */
export async function reviewSupplyChain(hosting: Hosting = "functions"): Promise<Review> {
  const archive = await buildArchive(hosting);
  const [{ metafile }, project, manifests] = await Promise.all([
    bundleFunctions(hosting),
    readLockfile(root),
    archiveManifests(),
  ]);
  const parts = await findParts({ folder: root, metafile, project });
  const lockfile = new TextDecoder().decode(manifests["package-lock.json"]);
  const application = parseLockfile(lockfile, "The archive's package-lock.json").root;
  const { packages } = await bundledPackages(root, metafile);
  const notices = await thirdPartyNotices(root, packages);
  const bill = billOfMaterials(application, archive.hash, parts);
  const written = await writeToDist(
    basename(archive.path).replace(/\.(zip|tar\.gz)$/, ".cdx.json"),
    new TextEncoder().encode(bill),
  );
  return {
    archive,
    billOfMaterials: { ...written, packages: JSON.parse(bill).components.length },
    faults: [...licenceFaults(licensed(parts), deployedLicences), ...notices.faults],
  };
}

/** Every work that is deployed, also those that a package embeds. */
function licensed({ bundled }: Parts): Parameters<typeof licenceFaults>[0] {
  return bundled.flatMap((part) => [
    part.package,
    ...part.embeds.map(({ name, package: carrier, folder, licence }) => ({
      name,
      version: `in ${carrier}/${folder}`,
      licence,
    })),
  ]);
}
