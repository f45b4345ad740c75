import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Parts } from "./parts.ts";

/** What a licence or notice is called in a package. */
const FILE =
  /^(licen[cs]es?|copying|notices?|third-?party-?notices?(text)?)([-_][\w-]+)?(\.(md|markdown|rst|txt))?$/i;

const RULE = "=".repeat(80);

/**
 * The licences and notices of what is bundled, which must go with every copy of it: of each package, all such files in
 * the folders whose code is bundled and those around them. Packages with the same text share it.
 *
 * @param folder the project's
 * @throws Error when a package has no licence text
 */
export async function thirdPartyNotices(
  folder: string,
  { bundled }: Pick<Parts, "bundled">,
): Promise<string> {
  const holders = new Map<string, Set<string>>();
  const add = (holder: string, text: string) => {
    const normal = text
      .replaceAll(/\r\n?/g, "\n")
      .replaceAll(/[\t ]+$/gm, "")
      .trim();
    holders.set(normal, (holders.get(normal) ?? new Set()).add(holder));
  };
  for (const { path, folders, embeds, package: one } of bundled) {
    const holder = `${one.name} ${one.version}`;
    const files = await licenceFiles(folder, path, folders);
    if (!files.has(path)) throw new Error(`${holder} has no licence text in ${path}.`);
    for (const [directory, text] of files) {
      const work = embeds.find((embed) => posix.join(path, embed.folder) === directory);
      if (work !== undefined) add(`${work.name}, in ${holder} (${work.licence})`, text);
      else if (directory === path) add(`${holder} (${one.licence})`, text);
      else add(`${holder}, ${posix.relative(path, directory)}`, text);
    }
    for (const { name, licence, text } of embeds) {
      if (text === undefined) continue;
      add(
        `${name}, in ${holder} (${licence})`,
        await readFile(join(import.meta.dirname, "texts", text), "utf8"),
      );
    }
  }
  const blocks = [...holders].map(
    ([text, names]) => `${RULE}\n${[...names].join("\n")}\n${RULE}\n\n${text}\n`,
  );
  return ["The .cjs files contain code of these packages, under these licences.\n", ...blocks].join("\n");
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
    const names = (await readdir(join(folder, directory), { withFileTypes: true }))
      .filter((entry) => entry.isFile() && FILE.test(entry.name))
      .map((entry) => entry.name)
      .sort();
    const contents = await Promise.all(names.map((name) => readFile(join(folder, directory, name), "utf8")));
    if (contents.length > 0) texts.set(directory, contents.join("\n\n"));
  }
  if (!texts.has(path)) {
    const section = await licenceSection(join(folder, path, "README.md"));
    if (section !== undefined) texts.set(path, section);
  }
  return texts;
}

/** Some packages have their licence in no file but the README, under a heading of its own. */
async function licenceSection(readme: string): Promise<string | undefined> {
  const text = await readFile(readme, "utf8").catch(() => "");
  const section = /^(?:#+ *licen[cs]e\s*$|licen[cs]e\s*\n[-=]+\s*$)([\s\S]*)/im.exec(text)?.[1] ?? "";
  // A mere mention or link is no licence.
  return section.includes("THE SOFTWARE IS PROVIDED") ? section : undefined;
}
