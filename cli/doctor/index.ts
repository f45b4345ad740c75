/** `npm run doctor`: looks whether an update of a stack would succeed, and changes nothing. */
import { systemClock } from "../../function/shared/clock.ts";
import { COMPONENT } from "../../infra/configuration.ts";
import { describeFault } from "../../infra/errors.ts";
import type { StackResource } from "../../infra/preflight/stack.ts";
import { AccessError, type Command, flag, parseOptions } from "../command.ts";
import {
  type ConfigurationSource,
  configurationOptions,
  examine,
  readConfigurationSource,
  readStackConfiguration,
  readStackState,
} from "../configuration.ts";
import { type Finding, finding, printFindings, type Section } from "../findings.ts";
import { createGoogleApi } from "../google-api.ts";
import { createLookUps, type LookUps } from "../look-ups.ts";
import { createScreen } from "../screen.ts";
import { lookAtGoogle } from "./google.ts";
import { lookAtMachine } from "./machine.ts";
import { lookAtOkta } from "./okta.ts";

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
    const sections = await examineStack(source, lookUps, signal).finally(lookUps.end);
    signal.throwIfAborted();
    return printFindings(sections, { stack: source.stack, json, failing: "up will fail" });
  },
};

/** What the command finds, before it prints that. */
export async function examineStack(
  source: ConfigurationSource,
  lookUps: LookUps,
  signal: AbortSignal,
): Promise<readonly Section[]> {
  const configuration = await lookUps
    .run("the stack's configuration", (within) => readStackConfiguration(source, within))
    .catch((error: unknown) => {
      if (!(error instanceof AccessError)) throw error;
      return error;
    });
  if (configuration instanceof AccessError) {
    const stack = finding("stack").unknown(configuration.message);
    const machine = await lookAtMachine(undefined, process.env, lookUps);
    return [
      { title: `Stack ${source.stack}`, findings: [stack] },
      { title: "This machine", findings: machine },
    ];
  }
  const examined = await examine(configuration);
  const state = await readState(source, lookUps);
  const resources = Array.isArray(state) ? state : undefined;
  const { orgUrl, project, region, settings, faults } = examined;
  const [okta, google, machine] = await Promise.all([
    orgUrl === undefined
      ? [finding("okta").unknown("Okta: its address is not known.")]
      : lookAtOkta({ name: COMPONENT, stack: source.stack, orgUrl, settings, resources }, lookUps),
    project === undefined
      ? [finding("google").unknown("Google Cloud: the project is not known.")]
      : lookAtGoogle(
          { name: COMPONENT, project, region, settings, resources },
          createGoogleApi(process.env, configuration.values, project),
          lookUps,
        ),
    lookAtMachine(orgUrl, process.env, lookUps),
  ]);
  signal.throwIfAborted();
  const configured = finding("configuration");
  const mistakes: readonly Finding[] = faults.map((fault) => configured.failure(describeFault(fault)));
  return [
    {
      title: `Stack ${source.stack}`,
      findings: [
        ...(mistakes.length > 0 ? mistakes : [configured.ok("The configuration has no mistake.")]),
        ...(state instanceof AccessError ? [finding("state").unknown(state.message)] : []),
      ],
    },
    { title: "Okta", findings: okta },
    { title: "Google Cloud", findings: google },
    { title: "This machine", findings: machine },
  ];
}

/** What the stack has, or why that is not known. Without the CLI it counts as new. */
async function readState(
  { stack, printed }: ConfigurationSource,
  lookUps: LookUps,
): Promise<readonly StackResource[] | AccessError> {
  if (printed !== undefined) return [];
  try {
    return await lookUps.run("the stack's state", (signal) => readStackState(stack, signal));
  } catch (error) {
    if (error instanceof AccessError) return error;
    throw error;
  }
}
