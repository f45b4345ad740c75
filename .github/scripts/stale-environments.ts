// stale-environments.ts FILE: prints the stacks of preview environments whose pull request is closed or lost its label,
// one a line. FILE is what `pulumi stack ls --output json` printed.
import { readFile } from "node:fs/promises";
import { connect } from "./github.ts";

const LABEL = "preview-environment";

const stacks: unknown = JSON.parse(await readFile(process.argv[2] ?? "", "utf8"));
if (!Array.isArray(stacks)) throw new Error("The list of stacks is not a list.");
const github = connect(process.env);
for (const { name } of stacks) {
  const [, number] = /^pr-([1-9]\d*)$/.exec(name) ?? [];
  if (number !== undefined && !(await isWanted(number))) process.stdout.write(`${name}\n`);
}

async function isWanted(number: string): Promise<boolean> {
  // The fields that GitHub documents for a pull request.
  const pullRequest = (await github.request("GET", `/pulls/${number}`)) as {
    readonly state: string;
    readonly labels: readonly { readonly name: string }[];
  };
  return pullRequest.state === "open" && pullRequest.labels.some((label) => label.name === LABEL);
}
