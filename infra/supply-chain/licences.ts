import satisfies from "spdx-satisfies";
import type { LockedPackage } from "./lockfile.ts";

/**
 * Licences of what is deployed, by SPDX identifier. All let their code be passed on as part of a work under Apache-2.0 for
 * no more than their text and notices. CC-BY-3.0 is here only for data, such as SPDX's own lists.
 */
export const deployedLicences: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC-BY-3.0",
  "CC0-1.0",
  "ISC",
  "MIT",
]);

/** Licences of tools, which are used as they are and passed on to nobody. */
export const developmentLicences: ReadonlySet<string> = new Set([
  ...deployedLicences,
  "MPL-2.0",
  "Python-2.0",
  "Zlib",
]);

/** What is wrong with the licences of packages, one line each; empty when nothing is. */
export function licenceFaults(
  packages: readonly Pick<LockedPackage, "name" | "version" | "licence">[],
  allowed: ReadonlySet<string>,
): string[] {
  return packages.flatMap(({ name, version, licence }) => {
    if (licence === undefined) return [`${name} ${version} states no licence.`];
    if (isAllowed(licence, allowed)) return [];
    return [`${name} ${version} is licensed under ${licence}, which is not on the list.`];
  });
}

/**
 * Whether the allowed licences are enough to meet an SPDX licence expression. A text that is not such an expression, as
 * UNLICENSED or "SEE LICENSE IN …", is not allowed.
 */
export function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  try {
    return satisfies(expression, [...allowed]);
  } catch {
    return false;
  }
}
