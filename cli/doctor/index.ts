/** `npm run doctor`: looks whether an update of a stack would succeed, and changes nothing. */
import { systemClock } from "../../function/shared/clock.ts";
import { type Command, flag, parseOptions } from "../command.ts";
import { configurationOptions, readConfigurationSource } from "../configuration-source.ts";
import { printFindings } from "../findings.ts";
import { createLookUps } from "../look-ups.ts";
import { createScreen } from "../screen.ts";

const usage = `Usage: npm run doctor -- --stack NAME [OPTIONS]

Looks in Okta, in Google Cloud and on this machine for what would make "pulumi up" of the stack fail, and says what fixes it. It
changes nothing, and prints no secret.

  --stack NAME        the Pulumi stack; the Pulumi CLI is asked for its configuration and its state
  --config-file FILE  as for the Pulumi CLI: the file with the configuration, in place of Pulumi.NAME.yaml
  --config FILE       where there is no Pulumi CLI: what "pulumi config --json" printed elsewhere, without the secrets: credentials
                      are then taken from the environment. The stack counts as one that has no resources yet
  --json              print one JSON object {stack, exitCode, sections: [{title, findings: [{check, state, meaning, fix, command,
                      optional}]}]} and nothing else on standard output. npm prints a heading of its own unless it is silent:
                      npm run --silent doctor -- --json …
  --help              print this

It acts with the credentials that "pulumi up" would use: those for Okta in the stack's configuration or in the environment; for
Google Cloud gcp:accessToken or GOOGLE_OAUTH_ACCESS_TOKEN, gcp:credentials or GOOGLE_CREDENTIALS, else application default
credentials (gcloud auth application-default login).

Exit code: 0 all is well, 1 up would fail, 2 a mistake on the command line, 3 something on which up depends could not be looked
at; 130 interrupted.
`;

export const doctor: Command = {
  usage,
  async run(words, signal) {
    const { json, ...options } = parseOptions(words, { ...configurationOptions, json: flag });
    const source = readConfigurationSource(options);
    const screen = createScreen(process.stderr, systemClock.now);
    const lookUps = createLookUps({ screen, clock: systemClock, signal });
    // Loads Pulumi's packages, which a mistake on the command line need not wait for.
    const { examineStack } = await import("./examine.ts");
    const sections = await examineStack(source, lookUps, signal).finally(lookUps.end);
    signal.throwIfAborted();
    return printFindings(sections, { stack: source.stack, json, failing: "up will fail" });
  },
};
