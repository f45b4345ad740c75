/** `npm run report`: what a stack did in a month, or another time. */
import { writeFile } from "node:fs/promises";
import { systemClock } from "../../function/shared/clock.ts";
import { AccessError, type Command, exitCodes, flag, parseOptions, text } from "../command.ts";
import { configurationOptions, readConfigurationSource } from "../configuration-source.ts";
import { NoEntriesError } from "../log-entries.ts";
import { createLookUps } from "../look-ups.ts";
import { readSince } from "../replay/window.ts";
import { amount, createScreen } from "../screen.ts";
import { collectReport } from "./collect.ts";
import { renderPage } from "./page.ts";
import { describeReport } from "./table.ts";

const usage = `Usage: npm run report -- --stack NAME [OPTIONS]

Reports what became of sign-ins: memberships, how they were found, failures, and how long it took. It reads the log of the functions,
and changes nothing.

  --stack NAME        the Pulumi stack; the Pulumi CLI is asked for its configuration, its outputs and its state
  --config-file FILE  as for the Pulumi CLI: the file with the configuration, in place of Pulumi.NAME.yaml
  --since TIME        from when on: a date (2026-11-01), a time with its zone (2026-11-01T08:30:00Z), or a span back (36h, 7d); 30d
                      by default. Cloud Logging keeps entries for 30 days unless its bucket _Default has another retention
  --html FILE         also write a page with charts, which needs nothing else, and no scripts
  --json              print one JSON object {stack, since, until, total, days, groups, failures, faults} and nothing else on standard
                      output
  --help              print this

It acts with the credentials for Google Cloud of npm run doctor, and needs logging.logEntries.list, which roles/logging.viewer has.
Cloud Logging gives 60,000 entries a minute.

Exit code: 0 the report is there, 2 a mistake on the command line, 3 the log could not be read; 130 interrupted.
`;

export const report: Command = {
  usage,
  async run(words, signal) {
    const { stack: stackOption, "config-file": configFile } = configurationOptions;
    const { json, html, since, ...options } = parseOptions(words, {
      ...{ stack: stackOption, "config-file": configFile, json: flag },
      ...{ html: text, since: text },
    });
    const source = readConfigurationSource(options);
    const window = readSince(since ?? "30d", systemClock.now());
    const screen = createScreen(process.stderr, systemClock.now);
    const lookUps = createLookUps({ screen, clock: systemClock, signal });
    // Loads Pulumi's packages, which a mistake on the command line need not wait for.
    const { readDeployedStack, serviceOf } = await import("../deployed-stack.ts");
    const deployed = await readDeployedStack(source, lookUps).finally(lookUps.end);
    const { project, api, groupIds } = deployed;
    const asked = {
      ...window,
      services: ["receive", "grant", "reconcile"].map((name) => serviceOf(deployed, name)),
      groupNames: new Map(Object.entries(groupIds).map(([name, id]) => [id, name])),
    };
    try {
      const place = { project, api, clock: systemClock, signal };
      const found = await collectReport(asked, place, (entries) =>
        screen.progress(`  ${amount(entries)} entries read`),
      );
      screen.clear();
      if (html !== undefined) await writeFile(html, renderPage(found, source.stack));
      process.stdout.write(
        json ? `${JSON.stringify({ stack: source.stack, ...found })}\n` : describeReport(found, source.stack),
      );
      return exitCodes.well;
    } catch (error) {
      if (!(error instanceof NoEntriesError)) throw error;
      throw new AccessError(`The log of the functions cannot be read: ${error.message}.`);
    }
  },
};
