// release-notes.ts TAG: prints what CHANGELOG.md says of the version in package.json, which TAG must be. Ends with an error
// unless that version has a day and something to say. Both files are those of the current directory.
import { readFile } from "node:fs/promises";

const tag = process.argv[2] ?? "";
const [manifest, changelog] = await Promise.all([
  readFile("package.json", "utf8"),
  readFile("CHANGELOG.md", "utf8"),
]);
const { version } = JSON.parse(manifest);
if (tag !== `v${version}`)
  throw new Error(`The tag "${tag}" must be v${version}, since package.json has the version ${version}.`);

const sections = changelog.split(/^## /m).slice(1);
const section = sections.find((text) => text.startsWith(`[${version}]`));
const [, notes = ""] = /^\[[^\]]+\] - \d{4}-\d\d-\d\d\n([\s\S]*)$/.exec(section ?? "") ?? [];
if (notes.trim() === "") {
  throw new Error(
    `CHANGELOG.md must have a section "## [${version}] - YYYY-MM-DD" with the changes of this version.`,
  );
}
process.stdout.write(`${notes.trim()}\n`);
