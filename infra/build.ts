/** `npm run build`: makes the functions' archives, as the program makes one of them at each preview and update. */
import { parseArgs } from "node:util";
import { buildArchive } from "./google/archive.ts";

const usage = `Usage: npm run build [-- --json]

Bundles the functions and writes the archives that are deployed: dist/function-<hash>.zip with
hosting "functions", dist/service-<hash>.tar.gz with hosting "service".
"pulumi preview" and "pulumi up" write theirs themselves.

  --json   print {functions: {path, hash, bytes}, service: {path, hash, bytes}}
  --help   print this
`;

try {
  const { values } = parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) {
    process.stdout.write(usage);
  } else {
    const [functions, service] = await Promise.all([buildArchive("functions"), buildArchive("service")]);
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ functions, service })}\n`
        : [functions, service]
            .map(({ path, hash, bytes }) => `${path}\n${bytes} bytes, SHA-256 ${hash}\n`)
            .join(""),
    );
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
