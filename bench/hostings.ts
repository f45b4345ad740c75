import { exitCodes, flag, parseOptions, runCommand } from "../cli/command.ts";
import { buildArchive } from "../infra/google/archive.ts";
import type { Hosting } from "../infra/settings.ts";
import { deploy, startClouds } from "../sandbox/environment.ts";
import { type HostingMeasure, type HostingResults, hostingRows } from "./speed/hostings.ts";
import { describeMachine, pinSelf } from "./speed/machine.ts";
import { measureAll } from "./speed/run.ts";
import { start } from "./speed/scenarios/start.ts";

const HELP = `Compares the two hostings: what a deployment onto local clouds makes and how long it takes, and the start of receive.

  npm run bench:hostings -- [--quick] [--json]

  --quick   fewer rounds
  --json    the results as JSON on standard output, as bench/hostings.json keeps them
  --help    print this
`;

const HOSTINGS = ["functions", "service"] as const satisfies readonly Hosting[];

/** The types of resources that give one account a right in Google Cloud. */
const BINDING = /^gcp:.*Iam(?:Member|Binding)$/i;

await runCommand(HELP, async (words) => {
  const { quick: isQuick, json } = parseOptions(words, { quick: flag, json: flag });
  const progress = (text: string) => process.stderr.write(`${text}\n`);
  const deployments: Deployed[] = [];
  const rounds = isQuick ? 1 : 5;
  for (let round = 1; round <= rounds; round += 1) {
    progress(`Deployment, round ${round} of ${rounds} …`);
    for (const hosting of HOSTINGS) deployments.push(await deployOnce(hosting));
  }
  const archives = {
    functions: await buildArchive("functions"),
    service: await buildArchive("service"),
  };
  const pinning = pinSelf();
  const command = ["npm run bench:hostings", ...(words.length > 0 ? ["--", ...words] : [])].join(" ");
  const { results, faults } = await measureAll({
    archives: { functions: archives.functions.path, service: archives.service.path },
    others: [],
    scenarios: [start],
    isQuick,
    pinning,
    command,
    progress,
  });
  for (const fault of faults) progress(fault);
  const all = (pick: (deployed: Deployed) => number): HostingMeasure["values"] => ({
    functions: deployments.filter(({ hosting }) => hosting === "functions").map(pick),
    service: deployments.filter(({ hosting }) => hosting === "service").map(pick),
  });
  const once = ({ functions, service }: HostingMeasure["values"]) => ({
    functions: functions.slice(0, 1),
    service: service.slice(0, 1),
  });
  const compared: HostingResults = {
    command,
    date: results.date,
    machine: describeMachine(pinning),
    node: process.versions.node,
    measures: [
      { title: "resources", unit: "", values: once(all(({ resources }) => resources)) },
      { title: "rights in Google Cloud", unit: "", values: once(all(({ bindings }) => bindings)) },
      {
        title: "archive",
        unit: "KiB",
        values: {
          functions: [archives.functions.bytes / 1024],
          service: [archives.service.bytes / 1024],
        },
      },
      { title: "deployment onto the local clouds", unit: "s", values: all(({ seconds }) => seconds) },
      ...results.measures.map(({ title, unit, values }) => ({
        title,
        unit,
        values: { functions: values["functions"] ?? [], service: values["service"] ?? [] },
      })),
    ],
  };
  process.stdout.write(json ? `${JSON.stringify(compared, undefined, 2)}\n` : tableOf(compared));
  return faults.length > 0 ? exitCodes.failed : exitCodes.well;
});

/** What one deployment made, and how long it took. */
interface Deployed {
  readonly hosting: Hosting;
  readonly resources: number;
  readonly bindings: number;
  readonly seconds: number;
}

/** Deploys the program onto new clouds, as npm start does without the Pulumi CLI, and destroys it. */
async function deployOnce(hosting: Hosting): Promise<Deployed> {
  const clouds = await startClouds({ onOkta: () => {}, onGoogle: () => {} });
  try {
    let bindings = 0;
    const began = performance.now();
    const { resources, destroy } = await deploy(clouds, {
      hosting,
      onProgress: (progress) => {
        if (progress.kind === "created" && BINDING.test(progress.type)) bindings += 1;
      },
      signal: new AbortController().signal,
    });
    const seconds = (performance.now() - began) / 1000;
    await destroy();
    return { hosting, resources, bindings, seconds };
  } finally {
    await clouds.close();
  }
}

/** The results for a person at a terminal. */
function tableOf(results: HostingResults): string {
  const rows = [["", ...HOSTINGS], ...hostingRows(results)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
  return `${lines.join("\n")}\n`;
}
