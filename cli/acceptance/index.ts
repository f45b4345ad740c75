/** `npm run acceptance`: a whole round on a test org and a test project, which becomes evidence. */
import { randomBytes } from "node:crypto";
import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../function/shared/clock.ts";
import { isObject, own, parseJson } from "../../function/shared/json.ts";
import { isLoopback } from "../../infra/addresses.ts";
import {
  AccessError,
  type Command,
  type ExitCode,
  exitCodes,
  flag,
  parseOptions,
  text,
  UsageError,
} from "../command.ts";
import { examine, readStackConfiguration, readStackState } from "../configuration.ts";
import { createGoogleApi } from "../google-api.ts";
import { runPulumi } from "../pulumi.ts";
import { createScreen } from "../screen.ts";
import type { Fixture } from "./fixture.ts";
import { looks } from "./looks/index.ts";
import { describePlan, planOf } from "./plan.ts";
import { newProgress, type Progress, readProgress, writeProgress } from "./progress.ts";
import { makeReport, renderReport, summaryOf } from "./report.ts";
import { runRound } from "./round.ts";
import { createScrub } from "./scrub.ts";
import { type StepName, stepNames } from "./steps.ts";
import type { Work } from "./work.ts";

const usage = `Usage: npm run acceptance -- --stack NAME --yes [OPTIONS]
       npm run acceptance -- --stack NAME --dry-run [--json]

Does a whole round on an Okta org and a Google Cloud project that are for tests: doctor, preview, up, smoke, a sign-in, a second up
and a refresh without a change, a changed rule, a rotation, a lost delivery, a build that fails and its repair, destroy. Meanwhile
it asks both clouds what the sandbox assumes about them. It writes what it saw, without secrets, ids of people and names, into
its folder: report.md, report.json and fixture.json, which the sandbox's tests replay.

  --stack NAME        the Pulumi stack, which must be empty: the round ends with pulumi destroy
  --yes               begin, or go on where an earlier run ended
  --dry-run           list what it will do, what that touches and what it costs, and do nothing
  --folder FOLDER     where it keeps its files; .cache/acceptance/NAME by default. It deploys with a copy of the stack's configuration
                      there, and leaves yours as it is
  --config-file FILE  as for the Pulumi CLI: the file with the configuration, in place of Pulumi.NAME.yaml
  --steps NAME,NAME   only these steps; with --dry-run, list only these
  --restart           begin a new round, on what an earlier one in the folder left
  --outage SECONDS    how long the event hook is deactivated in the step "lost"; 60 by default
  --json              print the report as one JSON object and nothing else on standard output; the progress goes to standard error.
                      With --dry-run: {stack, steps: [{name, does, touches, minutes, dollars, decisions}]}
  --help              print this

It acts with the same credentials as npm run doctor. It creates test people named signin-groups-…@example.com in the org, signs
them in with passwords of its own, and deletes them. Ctrl-C ends it after what is under way; the same command goes on.

Exit code: 0 every step is done and no row is refuted, 1 a step failed or a row is refuted, 2 a mistake on the command line, 3 it
could not go on: no credentials, no right, no answer; 130 interrupted.
`;

const root = join(import.meta.dirname, "../..");

export const acceptance: Command = {
  usage,
  async run(words, signal) {
    const options = parseOptions(words, {
      ...{ stack: text, folder: text, "config-file": text, steps: text, outage: text },
      ...{ yes: flag, "dry-run": flag, restart: flag, json: flag },
    });
    const { stack, json, restart } = options;
    if (!stack)
      throw new UsageError("--stack is missing: the name of an empty Pulumi stack, as in --stack test.");
    const names = readSteps(options.steps);
    const outageMs = readOutage(options.outage) * 1000;
    if (options["dry-run"]) {
      const plan = planOf(names, looks);
      process.stdout.write(json ? `${JSON.stringify({ stack, steps: plan })}\n` : describePlan(plan));
      return exitCodes.well;
    }
    if (!options.yes) {
      throw new UsageError(
        "--yes is missing. The round creates, changes and deletes things in the stack's org and project: --dry-run lists them.",
      );
    }
    const screen = createScreen(json ? process.stderr : process.stdout, systemClock.now);
    const folder = options.folder ?? join(root, ".cache/acceptance", stack);
    const earlier = await readProgress(folder);
    if (earlier !== undefined && earlier.stack !== stack) {
      throw new UsageError(`${folder} has a round of the stack "${earlier.stack}": give another --folder.`);
    }
    const progress = await begin({ stack, earlier, restart }, signal);
    const configFile = join(folder, `Pulumi.${stack}.yaml`);
    if (earlier === undefined || restart) {
      const given = options["config-file"] ?? join(root, `Pulumi.${stack}.yaml`);
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
      process.stderr.write(
        `${goOn(stack, signal.aborted ? "Interrupted." : "The round could not go on.")}\n`,
      );
      if (signal.aborted) return exitCodes.interrupted;
      throw error;
    }
  },
};

/** What can be done when a round has not come to its end. */
function goOn(stack: string, what: string): string {
  return [
    `${what} The same command goes on with it. To end it and delete what it made:`,
    `  npm run acceptance -- --stack ${stack} --yes --steps destroy,nothing-left`,
  ].join("\n");
}

/** @throws UsageError */
function readSteps(given: string | undefined): readonly StepName[] {
  if (given === undefined) return stepNames;
  return given.split(",").map((name) => {
    const found = stepNames.find((one) => one === name.trim());
    if (found !== undefined) return found;
    throw new UsageError(`--steps: "${name.trim()}" is not a step. The steps are ${stepNames.join(", ")}.`);
  });
}

/** @returns seconds @throws UsageError */
function readOutage(given: string | undefined): number {
  const seconds = given === undefined ? 60 : Number(given);
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 3600) return seconds;
  throw new UsageError(`--outage "${given}" must be a number of seconds from 0 to 3600, for example 60.`);
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
