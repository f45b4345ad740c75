import { readFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The text of one of this project's documents. @param path from the root */
export function readDocument(path: string): Promise<string> {
  return readFile(join(root, path), "utf8");
}

/** A section of a document, with its subsections. @param heading with its marks, such as `## Deploy it` */
export function sectionOf(document: string, heading: string): string {
  const lines = document.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`There is no section "${heading}"`);
  const level = heading.indexOf(" ");
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line) && line.indexOf(" ") <= level);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join("\n");
}

/** The commands of a text's code blocks, a line each, without comments. @param language of the blocks */
export function commandsOf(text: string, language = ""): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .flatMap(([, , block = ""]) => block.replaceAll("\\\n", " ").split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line !== "");
}

/** The keys that commands set, such as `okta:orgName`, in their order. */
export function keysSetBy(commands: readonly string[]): string[] {
  const keys = commands.flatMap((command) => {
    const [, key] = /\bpulumi config set (?:--\S+ )*"?([\w-]+:\w+)/.exec(command) ?? [];
    return key === undefined ? [] : [key];
  });
  return [...new Set(keys)];
}
