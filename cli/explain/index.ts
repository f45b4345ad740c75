/** `npm run explain`: says why somebody is, or is not, in a group. */
import { systemClock } from "../../function/shared/clock.ts";
import { type Command, type ExitCode, exitCodes, flag, parseOptions, text, UsageError } from "../command.ts";
import { configurationOptions, readConfigurationSource } from "../configuration-source.ts";
import { wrap } from "../findings.ts";
import { createLookUps } from "../look-ups.ts";
import { readSince } from "../replay/window.ts";
import { createScreen, plural } from "../screen.ts";
import { type Answer, type ExplainedSignIn, whyNoMatch } from "./answer.ts";
import type { NoGroup } from "./in-stack.ts";
import type { Explained, NoPerson } from "./look.ts";

const usage = `Usage: npm run explain -- --stack NAME --user LOGIN-OR-ID [OPTIONS]

Says why a person is, or is not, in a group of the rules: each sign-in, what each rule says about it and which part of a condition
is false, each task and its end, and who changed the membership. It changes nothing.

  --stack NAME        the Pulumi stack; the Pulumi CLI is asked for its configuration, its outputs and its state
  --config-file FILE  as for the Pulumi CLI: the file with the configuration, in place of Pulumi.NAME.yaml
  --user LOGIN-OR-ID  the person
  --group GROUP       only this group, by its name or its id; all groups of the rules unless given
  --since TIME        from when on: a date (2026-11-01), a time with its zone (2026-11-01T08:30:00Z), or a span back (36h, 7d); 30d
                      by default, and at most 90 days, for which Okta keeps its System Log. Cloud Logging keeps entries for 30 days
  --json              print one JSON object {stack, exitCode, user: {id, login, status}, since, groups: [{group, groupId, isMember,
                      answer, changes: [{at, what}], signIns: [{eventUuid, eventType, at, result, rules: [{rule, groupId, matches,
                      parts: [{text, value, reason}]}], steps: [{at, what}], end}]}], problems} and nothing else on standard output
  --help              print this

It acts with the same credentials as npm run doctor, and reads Okta's System Log, the user and their groups; in Google Cloud it
needs logging.logEntries.list, which roles/logging.viewer has.

Exit code: 0 it says why, 1 nobody has the login, or the group is not one of the rules, 2 a mistake on the command line, 3
something could not be looked up; 130 interrupted.
`;

export const explain: Command = {
  usage,
  async run(words, signal) {
    const { stack: stackOption, "config-file": configFile } = configurationOptions;
    const { json, user, group, since, ...options } = parseOptions(words, {
      ...{ stack: stackOption, "config-file": configFile, json: flag },
      ...{ user: text, group: text, since: text },
    });
    const source = readConfigurationSource(options);
    if (!user) throw new UsageError("--user is missing: the login or the id of a person.");
    const window = readSince(since ?? "30d", systemClock.now());
    const lookUps = createLookUps({
      screen: createScreen(process.stderr, systemClock.now),
      clock: systemClock,
      signal,
    });
    // Loads Pulumi's packages, which a mistake on the command line need not wait for.
    const { explainInStack } = await import("./in-stack.ts");
    const found = await explainInStack(source, { user, group, ...window }, lookUps, signal).finally(
      lookUps.end,
    );
    signal.throwIfAborted();
    const exitCode = exitCodeOf(found);
    if ("groupIds" in found || !("person" in found)) {
      process.stderr.write(`${whyNothing(found, user, group)}\n`);
      return exitCode;
    }
    const { person, answers, problems } = found;
    const from = new Date(window.since).toISOString();
    process.stdout.write(
      json
        ? `${JSON.stringify({ stack: source.stack, exitCode, user: person, since: from, groups: answers, problems })}\n`
        : describe(found),
    );
    return exitCode;
  },
};

function exitCodeOf(found: Explained | NoPerson | NoGroup): ExitCode {
  if ("groupIds" in found || "absent" in found) return exitCodes.failed;
  if ("reason" in found || found.problems.length > 0) return exitCodes.noAccess;
  return exitCodes.well;
}

function whyNothing(found: NoPerson | NoGroup, user: string, group: string | undefined): string {
  if ("groupIds" in found) {
    return `"${group}" is not a group of the rules: ${Object.keys(found.groupIds).join(", ")}.`;
  }
  return "absent" in found
    ? `Nobody in the org has the login or the id ${user}.`
    : `The user ${user}: ${found.reason}.`;
}

/** How many sign-ins a person sees, the last ones. `--json` has all. */
const SHOWN = 10;

const WIDTH = 80;

function describe({ answers, problems }: Explained): string {
  const lines = answers.flatMap((answer) => [...describeAnswer(answer), ""]);
  const missing = problems.flatMap((problem) => indented(`Not looked up: ${problem}.`, 0));
  return `${[...lines, ...missing, ...(missing.length > 0 ? [""] : [])].join("\n").trimEnd()}\n`;
}

function describeAnswer({ answer, changes, signIns }: Answer): readonly string[] {
  const shown = signIns.slice(-SHOWN);
  const hidden = signIns.length - shown.length;
  return [
    ...indented(answer, 0),
    ...changes.flatMap(({ at, what }) => indented(`${at}  ${what}, in Okta's System Log`, 2)),
    ...(hidden > 0 ? [`  ${plural(hidden, "earlier sign-in")}: --json lists all.`] : []),
    ...shown.flatMap(describeSignIn),
  ];
}

function describeSignIn({ at, eventType, result, rules, steps }: ExplainedSignIn): readonly string[] {
  return [
    ...indented(`${at}  ${eventType} ${result}`, 2),
    ...rules.flatMap((verdict) =>
      indented(verdict.matches ? `rules[${verdict.rule}] matches` : whyNoMatch(verdict), 6),
    ),
    ...steps.flatMap((step) => indented(`${step.at}  ${step.what}`, 6)),
  ];
}

function indented(line: string, by: number): string[] {
  return wrap(line, WIDTH - by - 2).map((part, index) => " ".repeat(index === 0 ? by : by + 2) + part);
}
