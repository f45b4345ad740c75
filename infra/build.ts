/** `npm run build`: makes the functions' archives, as the program makes one of them at each preview and update. */
import { exitCodes, flag, parseOptions, runCommand } from "../cli/command.ts";
import { buildArchive } from "./google/archive.ts";

const usage = `Usage: npm run build [-- --json]

Bundles the functions and writes the archives that are deployed: dist/function-<hash>.zip with
hosting "functions", dist/service-<hash>.tar.gz with hosting "service".
"pulumi preview" and "pulumi up" write theirs themselves.

  --json   print {functions: {path, hash, bytes, contentType}, service: {path, hash, bytes, contentType}}
  --help   print this
`;

await runCommand(usage, async (words) => {
  const { json } = parseOptions(words, { json: flag });
  const [functions, service] = await Promise.all([buildArchive("functions"), buildArchive("service")]);
  const lines = [functions, service].map(
    ({ path, hash, bytes }) => `${path}\n${bytes} bytes, SHA-256 ${hash}\n`,
  );
  process.stdout.write(json ? `${JSON.stringify({ functions, service })}\n` : lines.join(""));
  return exitCodes.well;
});
