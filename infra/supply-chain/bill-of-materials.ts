import { createHash } from "node:crypto";
import { Contrib, Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import { version } from "esbuild";
import satisfies from "spdx-satisfies";
import type { LockedPackage } from "./lockfile.ts";
import type { Part, Parts } from "./parts.ts";

/** The property that names a file of the archive into which a package is bundled. */
const BUNDLE = "signin-groups-function:file";

// It only has to know whether a text is an SPDX expression: spdx-satisfies throws for any other.
const licences = new Contrib.License.Factories.LicenseFactory((text) => satisfies(text, []));

const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));

/** What the packages are part of. */
export type Application = Pick<LockedPackage, "name" | "version" | "licence">;

/**
 * Writes the archive's bill of materials in CycloneDX 1.6 (ECMA-424). Each version of a package is listed once, with every
 * place where it is deployed. The text has no time and no random number, so the same parts give the same text.
 *
 * @param application the archive itself
 * @param hash SHA-256 of the archive, in hexadecimal
 * @throws Error when two copies of one version have different hashes, a hash is not SHA-512, or a used package is missing
 */
export function billOfMaterials(application: Application, hash: string, parts: Parts): string {
  const byReference = Map.groupBy(parts.bundled, (part) => packageUrl(part.package));
  // Sorted here: the library sorts by the rules of the machine's language.
  const components = new Map(
    [...byReference.keys()].sort().map((one) => [one, componentOf(one, byReference.get(one) ?? [])]),
  );
  const link = (component: Models.Component, packages: readonly LockedPackage[]) => {
    for (const reference of packages.map(packageUrl).sort()) {
      const used = components.get(reference);
      if (used === undefined) throw new Error(`${component.name} uses ${reference}, which is not deployed.`);
      component.dependencies.add(used.bomRef);
    }
  };
  const root = new Models.Component(Enums.ComponentType.Application, application.name, {
    bomRef: application.name,
    version: application.version,
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-256"], hash]]),
    licenses: licencesOf(application.licence),
  });
  link(root, parts.usedByProject);
  for (const [reference, component] of components) {
    link(component, byReference.get(reference)?.flatMap(({ uses }) => uses) ?? []);
  }
  const esbuild = new Models.Component(Enums.ComponentType.Application, "esbuild", { version });
  const bill = new Models.Bom({
    metadata: new Models.Metadata({
      lifecycles: new Models.LifecycleRepository([Enums.LifecyclePhase.Build]),
      tools: new Models.Tools({ components: new Models.ComponentRepository([esbuild]) }),
      component: root,
    }),
    components: new Models.ComponentRepository(components.values()),
  });
  bill.serialNumber = `urn:uuid:${uuidOf(serializer.serialize(bill))}`;
  return `${serializer.serialize(bill, { space: 2 })}\n`;
}

function componentOf(reference: string, parts: readonly Part[]): Models.Component {
  const [one, ...others] = parts.map((part) => part.package);
  if (one === undefined) throw new Error(`${reference} is not deployed.`);
  if (others.some(({ integrity }) => integrity !== one.integrity)) {
    throw new Error(`The lockfiles disagree on the hash of ${reference}.`);
  }
  const [, group, name = one.name] = /^(@[^/]+)\/(.+)$/.exec(one.name) ?? [];
  const embedded = parts.flatMap(({ embeds }) => embeds);
  const files = new Set(parts.flatMap(({ bundles }) => bundles));
  return new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: reference,
    ...(group === undefined ? {} : { group }),
    version: one.version,
    hashes: hashesOf(one),
    licenses: licencesOf(one.licence),
    purl: reference,
    components: new Models.ComponentRepository(
      embedded.map(
        (work) =>
          new Models.Component(Enums.ComponentType.Library, work.name, {
            bomRef: `${reference}#${work.folder}`,
            licenses: licencesOf(work.licence),
          }),
      ),
    ),
    properties: new Models.PropertyRepository(
      [...files].sort().map((file) => new Models.Property(BUNDLE, file)),
    ),
  });
}

/** Package URL of an npm package (package-url specification, "Known types": npm). */
function packageUrl({ name, version }: LockedPackage): string {
  return `pkg:npm/${name.split("/").map(encodeURIComponent).join("/")}@${encodeURIComponent(version)}`;
}

function licencesOf(licence: string | undefined): Models.LicenseRepository {
  return new Models.LicenseRepository(licence === undefined ? [] : [licences.makeFromString(licence)]);
}

/** @throws Error when the lockfile's hash is not SHA-512 */
function hashesOf({ name, integrity }: LockedPackage): Models.HashDictionary {
  if (integrity === undefined) return new Models.HashDictionary();
  const hash = Contrib.FromNodePackageJson.Utils.parsePackageIntegrity(integrity);
  if (hash[0] !== Enums.HashAlgorithm["SHA-512"]) {
    throw new Error(`The lockfile's hash of ${name} is not SHA-512: ${integrity}`);
  }
  return new Models.HashDictionary([hash]);
}

/** A UUID made from content (RFC 9562, version 8). */
function uuidOf(content: string): string {
  const bytes = createHash("sha256").update(content).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
