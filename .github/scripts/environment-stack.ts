// environment-stack.ts STACK: writes the stack file of a preview environment, made from Pulumi.preview.yaml in the
// current directory, and prints its secrets provider.
import { readFile, writeFile } from "node:fs/promises";
import { parse } from "yaml";
import { environmentStack } from "./environment-stack-file.ts";

const TEMPLATE = "Pulumi.preview.yaml";

const stack = process.argv[2] ?? "";
const [template, project] = await Promise.all([
  readFile(TEMPLATE, "utf8").catch(() => {
    throw new Error(`There is no ${TEMPLATE}: make and commit it as docs/pull-requests.md says.`);
  }),
  readFile("Pulumi.yaml", "utf8"),
]);
const { file, secretsProvider } = environmentStack(stack, parse(template), parse(project));
await writeFile(`Pulumi.${stack}.yaml`, file);
process.stdout.write(`${secretsProvider}\n`);
