/** `npm run build`: makes the functions' archive, as the program does at each preview and update. */
import { parseArgs } from "node:util";
import { buildArchive } from "./google/archive.ts";

const usage = `Usage: npm run build [-- --json]

Bundles the functions and writes dist/function-<hash>.zip, the archive that is deployed.
"pulumi preview" and "pulumi up" do this themselves.

  --json   print {path, hash, bytes}
  --help   print this
`;

try {
  const { values } = parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) {
    process.stdout.write(usage);
  } else {
    const archive = await buildArchive();
    process.stdout.write(
      values.json
        ? `${JSON.stringify(archive)}\n`
        : `${archive.path}\n${archive.bytes} bytes, SHA-256 ${archive.hash}\n`,
    );
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
