import { randomBytes } from "node:crypto";
import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../function/shared/clock.ts";
import { isObject, own, parseJson } from "../../function/shared/json.ts";
import { isLoopback } from "../../infra/addresses.ts";
import { AccessError, type ExitCode, exitCodes, UsageError } from "../command.ts";
import { examine, readStackConfiguration, readStackState } from "../configuration.ts";
import { createGoogleApi } from "../google-api.ts";
import { runPulumi } from "../pulumi.ts";
import { createScreen } from "../screen.ts";
import type { Fixture } from "./fixture.ts";
import { looks } from "./looks/index.ts";
import { newProgress, type Progress, readProgress, writeProgress } from "./progress.ts";
import { makeReport, renderReport, summaryOf } from "./report.ts";
import { runRound } from "./round.ts";
import { createScrub } from "./scrub.ts";
import type { StepName } from "./steps.ts";
import type { Work } from "./work.ts";

const root = join(import.meta.dirname, "../..");

/** What round is asked for. */
export interface AskedRound {
  readonly stack: string;
  readonly names: readonly StepName[];
  /** How long the event hook is deactivated. */
  readonly outageMs: number;
  /** Where it keeps its files; one of the project's own unless given. */
  readonly folder: string | undefined;
  /** As the CLI's own option: the file that it reads instead of Pulumi.<stack>.yaml. */
  readonly configFile: string | undefined;
  readonly restart: boolean;
  readonly json: boolean;
}

/**
 * Begins a round, or goes on with one, and reports it.
 *
 * @throws UsageError when a round would begin on a stack that somebody uses; AccessError; what ended a step
 */
export async function carryOut(asked: AskedRound, signal: AbortSignal): Promise<ExitCode> {
  const { stack, names, outageMs, restart, json } = asked;
  const screen = createScreen(json ? process.stderr : process.stdout, systemClock.now);
  const folder = asked.folder ?? join(root, ".cache/acceptance", stack);
  const earlier = await readProgress(folder);
  if (earlier !== undefined && earlier.stack !== stack) {
    throw new UsageError(`${folder} has a round of the stack "${earlier.stack}": give another --folder.`);
  }
  const progress = await begin({ stack, earlier, restart }, signal);
  const configFile = join(folder, `Pulumi.${stack}.yaml`);
  if (earlier === undefined || restart) {
    const given = asked.configFile ?? join(root, `Pulumi.${stack}.yaml`);
    await copyConfiguration({ stack, given, folder, configFile }, signal);
  }
  await writeProgress(folder, progress);
  screen.line(`${earlier === undefined || restart ? "Beginning" : "Going on with"} the round in ${folder}`);
  const source = { stack, configFile };
  const configuration = await readStackConfiguration(source, signal);
  const { orgUrl, project, region, settings } = await examine(configuration);
  if (orgUrl === undefined || project === undefined || region === undefined || settings === undefined) {
    throw new AccessError(
      `The configuration of stack "${stack}" has mistakes: npm run doctor -- --stack ${stack} lists them.`,
    );
  }
  const secrets = [
    ...configuration.secretKeys.map((key) => own(configuration.values, key) ?? ""),
    ...["OKTA_API_TOKEN", "OKTA_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"].map(
      (name) => process.env[name] ?? "",
    ),
  ];
  const scrub = createScrub([
    ...secrets.map((secret) => [secret, "SECRET"] as const),
    [orgUrl, "https://ORG"],
    [new URL(orgUrl).host, "ORG"],
    [project, "PROJECT"],
    [`(${stack})`, "(STACK)"],
    ...settings.rules.flatMap(({ group }) => (group === undefined ? [] : [[group, "GROUP"] as const])),
  ]);
  const work: Work = {
    ...{ source, settings, root, folder, outageMs, screen, signal, scrub, progress, clock: systemClock },
    api: createGoogleApi(process.env, configuration.values, project),
    save: () => writeProgress(folder, progress),
    async readStack() {
      const [resources, printed] = await Promise.all([
        readStackState(stack, signal),
        runPulumi(["stack", "output", "--json", "--stack", stack], signal),
      ]);
      const outputs = parseJson(printed);
      const { hosting } = settings;
      return {
        ...{ stack, orgUrl, project, region, hosting, resources },
        outputs: isObject(outputs) ? outputs : {},
      };
    },
  };
  const about = {
    from: isLoopback(new URL(orgUrl).hostname) ? ("sandbox" as const) : ("real clouds" as const),
    hosting: settings.hosting,
    project: await readVersion(),
    scrub,
  };
  // Loads the TypeScript compiler, which a mistake on the command line need not wait for.
  const { readDecisions, readSources } = await import("../../sandbox/fidelity/decisions.ts");
  const { decisions } = readDecisions(await readSources(root));
  const finish = async (exitCode: ExitCode) => {
    const report = makeReport(progress, decisions, { ...about, exitCode });
    const fixture: Fixture = {
      from: about.from,
      hosting: about.hosting,
      recorded: progress.startedAt.slice(0, 10),
      exchanges: progress.exchanges,
    };
    await writeFile(join(folder, "report.md"), renderReport(report));
    await writeFile(join(folder, "report.json"), `${JSON.stringify(report, undefined, 1)}\n`);
    await writeFile(join(folder, "fixture.json"), `${JSON.stringify(fixture, undefined, 1)}\n`);
    return report;
  };
  try {
    const isDone = await runRound(work, names, looks);
    const isRefuted = Object.values(progress.looks).some((seen) =>
      seen.some(({ verdict }) => verdict === "refuted"),
    );
    const exitCode = isDone && !isRefuted ? exitCodes.well : exitCodes.failed;
    const report = await finish(exitCode);
    if (!isDone) screen.line(goOn(stack, "The round stopped."));
    screen.line(summaryOf(report));
    screen.line(`The report is in ${join(folder, "report.md")}`);
    if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
    return exitCode;
  } catch (error) {
    await finish(signal.aborted ? exitCodes.interrupted : exitCodes.noAccess);
    screen.clear();
    process.stderr.write(`${goOn(stack, signal.aborted ? "Interrupted." : "The round could not go on.")}\n`);
    if (signal.aborted) return exitCodes.interrupted;
    throw error;
  }
}

/** What can be done when a round has not come to its end. */
function goOn(stack: string, what: string): string {
  return [
    `${what} The same command goes on with it. To end it and delete what it made:`,
    `  npm run acceptance -- --stack ${stack} --yes --steps destroy,nothing-left`,
  ].join("\n");
}

/**
 * A new round, or the one that goes on.
 *
 * @throws UsageError when a new round would begin on a stack that somebody uses
 */
async function begin(
  {
    stack,
    earlier,
    restart,
  }: { readonly stack: string; readonly earlier: Progress | undefined; readonly restart: boolean },
  signal: AbortSignal,
): Promise<Progress> {
  if (earlier !== undefined && !restart) return earlier;
  const progress = newProgress(stack, randomBytes(4).toString("hex"), systemClock.now());
  if (earlier !== undefined) return { ...progress, people: earlier.people };
  const resources = await readStackState(stack, signal);
  const made = resources.filter(({ id }) => id !== "").length;
  if (made === 0) return progress;
  throw new UsageError(
    `Stack "${stack}" has ${made} resources, and a round ends with pulumi destroy. Make an empty one: pulumi stack init NAME`,
  );
}

/** The round changes settings, and destroys what the stack protects. */
async function copyConfiguration(
  {
    stack,
    given,
    folder,
    configFile,
  }: { readonly stack: string; readonly given: string; readonly folder: string; readonly configFile: string },
  signal: AbortSignal,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  try {
    await copyFile(given, configFile);
    await chmod(configFile, 0o600);
  } catch (error) {
    throw new AccessError(
      `The configuration of stack "${stack}" cannot be copied: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const words = ["config", "set", "signin-groups:protectGroups", "false", "--stack", stack];
  await runPulumi([...words, "--config-file", configFile], signal, root);
}

async function readVersion(): Promise<string> {
  const manifest = parseJson(await readFile(join(root, "package.json"), "utf8"));
  return isObject(manifest) ? String(manifest["version"]) : "";
}
