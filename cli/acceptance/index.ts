/** `npm run acceptance`: a whole round on a test org and a test project, which becomes evidence. */
import { type Command, exitCodes, flag, parseOptions, text, UsageError } from "../command.ts";
import { type StepName, stepNames } from "./steps.ts";

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
      const [{ describePlan, planOf }, { looks }] = await Promise.all([
        import("./plan.ts"),
        import("./looks/index.ts"),
      ]);
      const plan = planOf(names, looks);
      process.stdout.write(json ? `${JSON.stringify({ stack, steps: plan })}\n` : describePlan(plan));
      return exitCodes.well;
    }
    if (!options.yes) {
      throw new UsageError(
        "--yes is missing. The round creates, changes and deletes things in the stack's org and project: --dry-run lists them.",
      );
    }
    // Loads Pulumi's packages, which a mistake on the command line need not wait for.
    const { carryOut } = await import("./carry-out.ts");
    const { folder, "config-file": configFile } = options;
    return await carryOut({ stack, names, outageMs, folder, configFile, restart, json }, signal);
  },
};

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
