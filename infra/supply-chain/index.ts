/** `npm run supply-chain`: the archive's bill of materials and the licences of what is deployed. Ends with 1 on a fault. */
import { parseArgs } from "node:util";
import { reviewSupplyChain } from "./review.ts";

const usage = `Usage: npm run supply-chain [-- --json]

Builds the archive as "npm run build" does, writes dist/function-<hash>.cdx.json, its bill of
materials in CycloneDX 1.6, and checks that everything deployed has an allowed licence
(infra/supply-chain/licences.ts) and that the archive has the text of it.

Ends with 1 when a licence is not allowed or a text is missing. CI runs this before a deployment;
"pulumi preview" and "pulumi up" do not.

  --json   print {archive: {path, hash, bytes}, billOfMaterials: {path, hash, bytes, packages}, faults}
  --help   print this
`;

try {
  const { values } = parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) {
    process.stdout.write(usage);
  } else {
    const review = await reviewSupplyChain();
    const { archive, billOfMaterials: bill, faults } = review;
    process.stdout.write(
      values.json
        ? `${JSON.stringify(review)}\n`
        : [
            `${archive.path}\n${archive.bytes} bytes, SHA-256 ${archive.hash}`,
            `${bill.path}\n${bill.packages} packages, SHA-256 ${bill.hash}`,
            "",
          ].join("\n"),
    );
    for (const fault of faults) process.stderr.write(`${fault}\n`);
    if (faults.length > 0) {
      process.stderr.write(
        "These packages must not be deployed. Replace them, or allow the licence in infra/supply-chain/licences.ts.\n",
      );
      process.exitCode = 1;
    }
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
