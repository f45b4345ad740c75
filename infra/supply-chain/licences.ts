import type { LockedPackage } from "./lockfile.ts";

/**
 * Licences of what is deployed, by SPDX identifier: all let their code be passed on as part of a work under Apache-2.0, for
 * no more than their text and notices. CC-BY-3.0 is here for data alone, such as SPDX's own lists.
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
 * Whether an SPDX licence expression can be met with the allowed licences alone (SPDX specification, annex "SPDX license
 * expressions"): AND binds closer than OR, and an exception after WITH makes another licence, to be allowed by itself.
 * What is no such expression, as UNLICENSED or "SEE LICENSE IN …", is not allowed.
 */
export function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const words = expression.match(/[()]|[^\s()]+/g) ?? [];
  let position = 0;
  const take = (word: string) => {
    if (words[position] !== word) return false;
    position += 1;
    return true;
  };
  const either = (): boolean => {
    let met = both();
    while (take("OR")) met = both() || met;
    return met;
  };
  const both = (): boolean => {
    let met = one();
    while (take("AND")) met = one() && met;
    return met;
  };
  const one = (): boolean => {
    if (take("(")) {
      const met = either();
      return take(")") && met;
    }
    const licence = words[position];
    position += 1;
    if (licence === undefined) return false;
    return allowed.has(take("WITH") ? `${licence} WITH ${words[position++] ?? ""}` : licence);
  };
  return either() && position === words.length;
}
