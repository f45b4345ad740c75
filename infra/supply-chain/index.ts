/** `npm run supply-chain`: the archives' bills of materials and the licences of what is deployed. Ends with 1 on a fault. */
import { exitCodes, flag, parseOptions, runCommand } from "../../cli/command.ts";
import { reviewSupplyChain } from "./review.ts";

const usage = `Usage: npm run supply-chain [-- --json]

Builds the archives as "npm run build" does, writes the bill of materials of each in CycloneDX 1.6
(dist/function-<hash>.cdx.json, dist/service-<hash>.cdx.json), and checks that everything deployed
has an allowed licence (infra/supply-chain/licences.ts) and that the archives have the text of it.

Ends with 1 when a licence is not allowed or a text is missing. CI runs this before a deployment;
"pulumi preview" and "pulumi up" do not.

  --json   print {functions, service}, each with {archive: {path, hash, bytes},
           billOfMaterials: {path, hash, bytes, packages}, faults}
  --help   print this
`;

await runCommand(usage, async (words) => {
  const { json } = parseOptions(words, { json: flag });
  const functions = await reviewSupplyChain("functions");
  const service = await reviewSupplyChain("service");
  const lines = [functions, service].flatMap(({ archive, billOfMaterials: bill }) => [
    `${archive.path}\n${archive.bytes} bytes, SHA-256 ${archive.hash}\n`,
    `${bill.path}\n${bill.packages} packages, SHA-256 ${bill.hash}\n`,
  ]);
  process.stdout.write(json ? `${JSON.stringify({ functions, service })}\n` : lines.join(""));
  const faults = new Set([...functions.faults, ...service.faults]);
  if (faults.size === 0) return exitCodes.well;
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.stderr.write(
    "These packages must not be deployed. Replace them, or allow the licence in infra/supply-chain/licences.ts.\n",
  );
  return exitCodes.failed;
});
