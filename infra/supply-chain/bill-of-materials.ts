import { createHash } from "node:crypto";
import { version as esbuildVersion } from "esbuild";
import type { LockedPackage } from "./lockfile.ts";
import type { Part, Parts } from "./parts.ts";

/** A CycloneDX component, as far as it is used here. */
interface Component {
  readonly type: "application" | "library";
  readonly "bom-ref"?: string;
  readonly group?: string;
  readonly name: string;
  readonly version?: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly [
    { readonly license: { readonly id: string } } | { readonly expression: string },
  ];
  readonly purl?: string;
  readonly components?: readonly Component[];
  readonly evidence?: { readonly occurrences: readonly { readonly location: string }[] };
}

/**
 * The archive's bill of materials in CycloneDX 1.6 (ECMA-424): a component for each package, however often it is deployed,
 * with every place that it is at. It carries no time and no random number: the same parts give the same text.
 *
 * @param application the archive's own manifest, by its lockfile
 * @param hash SHA-256 of the archive, in hexadecimal
 */
export function billOfMaterials(application: LockedPackage, hash: string, parts: Parts): string {
  const byReference = new Map<string, Part[]>();
  for (const part of [...parts.bundled, ...parts.installed]) {
    const reference = packageUrl(part.package);
    byReference.set(reference, [...(byReference.get(reference) ?? []), part]);
  }
  const references = [...byReference.keys()].sort();
  const root: Component = {
    type: "application",
    "bom-ref": application.name,
    name: application.name,
    version: application.version,
    hashes: [{ alg: "SHA-256", content: hash }],
    ...licensesOf(application.licence),
  };
  const content = {
    metadata: {
      lifecycles: [{ phase: "build" }],
      tools: { components: [{ type: "application", name: "esbuild", version: esbuildVersion }] },
      component: root,
    },
    components: references.map((reference) => componentOf(reference, byReference.get(reference) ?? [])),
    dependencies: [
      { ref: application.name, dependsOn: referencesTo(parts.usedByProject) },
      ...references.map((reference) => ({
        ref: reference,
        dependsOn: referencesTo((byReference.get(reference) ?? []).flatMap(({ uses }) => uses)),
      })),
    ],
  };
  const bill = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(content))}`,
    version: 1,
    ...content,
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** @throws Error when two copies of one version of a package are not the same */
function componentOf(reference: string, parts: readonly Part[]): Component {
  const hashes = new Set(parts.map((part) => part.package.integrity).filter((one) => one !== undefined));
  if (hashes.size > 1) throw new Error(`The lockfiles disagree on the hash of ${reference}.`);
  const [one] = parts;
  if (one === undefined) throw new Error(`${reference} is nowhere.`);
  const { name, version, licence } = one.package;
  const [, group, bare = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  const inside = parts.flatMap(({ embeds }) => embeds);
  return {
    type: "library",
    "bom-ref": reference,
    ...(group === undefined ? {} : { group }),
    name: bare,
    version,
    ...(hashes.size === 0 ? {} : { hashes: [...hashes].map(parseIntegrity) }),
    ...licensesOf(licence),
    purl: reference,
    ...(inside.length === 0
      ? {}
      : {
          components: inside.map((work) => ({
            type: "library",
            name: work.name,
            ...licensesOf(work.licence),
          })),
        }),
    evidence: {
      occurrences: [...new Set(parts.flatMap(({ locations }) => locations))]
        .sort()
        .map((location) => ({ location })),
    },
  };
}

/** Package URL of an npm package (package-url specification, "Known types": npm). */
function packageUrl({ name, version }: LockedPackage): string {
  return `pkg:npm/${name.split("/").map(encodeURIComponent).join("/")}@${encodeURIComponent(version)}`;
}

function referencesTo(packages: readonly LockedPackage[]): string[] {
  return [...new Set(packages.map(packageUrl))].sort();
}

/** A single SPDX identifier has a field of its own. */
function licensesOf(licence: string | undefined): Pick<Component, "licenses"> {
  if (licence === undefined) return {};
  return { licenses: [/[\s()]/.test(licence) ? { expression: licence } : { license: { id: licence } }] };
}

/** The hash in a lockfile, as CycloneDX writes it. @throws Error when it is not SHA-512 */
function parseIntegrity(integrity: string): { alg: string; content: string } {
  const [, base64] = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity) ?? [];
  if (base64 === undefined) throw new Error(`The lockfile has a hash that is not SHA-512: ${integrity}`);
  return { alg: "SHA-512", content: Buffer.from(base64, "base64").toString("hex") };
}

/** A UUID made from content (RFC 9562, version 8). */
function uuidOf(content: string): string {
  const bytes = createHash("sha256").update(content).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
