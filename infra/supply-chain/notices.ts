import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { BundledPackage } from "./bundled-packages.ts";

/** What a licence or notice is called in a package. */
const FILE =
  /^(licen[cs]es?|copying|notices?|third-?party-?notices?(text)?)([-_][\w-]+)?(\.(md|markdown|rst|txt))?$/i;

const RULE = "=".repeat(80);

/** The licences and notices of what is bundled, which must go with every copy of it. */
export interface Notices {
  readonly text: string;
  /** What is missing from the text, one line each; empty when nothing is. */
  readonly faults: readonly string[];
}

/**
 * Collects the licences and notices: of each package, all such files in the folders whose code is bundled and in those
 * around them. Packages with the same text share it. A text that is missing is a fault and not an error: it must not keep
 * anybody from deploying.
 *
 * @param folder the project's, with `node_modules`
 */
export async function thirdPartyNotices(
  folder: string,
  packages: readonly BundledPackage[],
): Promise<Notices> {
  const holders = new Map<string, Set<string>>();
  const faults: string[] = [];
  const add = (holder: string, text: string) => {
    const normal = text
      .replaceAll(/\r\n?/g, "\n")
      .replaceAll(/[\t ]+$/gm, "")
      .trim();
    holders.set(normal, (holders.get(normal) ?? new Set()).add(holder));
  };
  for (const { path, folders, embeds, name, version, licence = "no licence stated" } of packages) {
    const holder = `${name} ${version}`;
    const files = await licenceFiles(folder, path, folders);
    if (!files.has(path)) faults.push(`${holder} has no licence text in ${path}.`);
    for (const [directory, text] of files) {
      const work = embeds.find((embed) => posix.join(path, embed.folder) === directory);
      if (work !== undefined) add(`${work.name}, in ${holder} (${work.licence})`, text);
      else if (directory === path) add(`${holder} (${licence})`, text);
      else add(`${holder}, ${posix.relative(path, directory)}`, text);
    }
    for (const work of embeds) {
      const own =
        work.text === undefined ? undefined : await read(join(import.meta.dirname, "texts", work.text));
      if (own !== undefined) add(`${work.name}, in ${holder} (${work.licence})`, own);
      else if (!files.has(posix.join(path, work.folder))) {
        faults.push(`${work.name}, which ${holder} embeds, has no licence text in ${path}/${work.folder}.`);
      }
    }
  }
  const blocks = [...holders].map(
    ([text, names]) => `${RULE}\n${[...names].join("\n")}\n${RULE}\n\n${text}\n`,
  );
  const title = "The .cjs files contain code of these packages, under these licences.\n";
  return { text: [title, ...blocks].join("\n"), faults };
}

/** Texts by the folder that they stand in. */
async function licenceFiles(
  folder: string,
  path: string,
  folders: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  const directories = new Set([path]);
  for (const inner of folders) {
    for (let one = inner; one !== path; one = posix.dirname(one)) directories.add(one);
  }
  for (const directory of [...directories].sort()) {
    const entries = await readdir(join(folder, directory), { withFileTypes: true }).catch(() => []);
    const names = entries
      .filter((entry) => entry.isFile() && FILE.test(entry.name))
      .map((entry) => entry.name)
      .sort();
    const contents = await Promise.all(names.map((name) => read(join(folder, directory, name))));
    const found = contents.filter((content) => content !== undefined);
    if (found.length > 0) texts.set(directory, found.join("\n\n"));
  }
  if (!texts.has(path)) {
    const section = licenceSection((await read(join(folder, path, "README.md"))) ?? "");
    if (section !== undefined) texts.set(path, section);
  }
  return texts;
}

/** Some packages have their licence only in the README, under a heading of its own. */
function licenceSection(readme: string): string | undefined {
  const section = /^(?:#+ *licen[cs]e\s*$|licen[cs]e\s*\n[-=]+\s*$)([\s\S]*)/im.exec(readme)?.[1] ?? "";
  // A mere mention or link does not replace the licence.
  return section.includes("THE SOFTWARE IS PROVIDED") ? section : undefined;
}

/** @returns undefined when the file cannot be read */
function read(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
