import { COMPONENT } from "../../infra/configuration.ts";
import { describeFault } from "../../infra/errors.ts";
import type { StackResource } from "../../infra/preflight/stack.ts";
import { AccessError } from "../command.ts";
import { examine, readStackConfiguration, readStackState } from "../configuration.ts";
import type { ConfigurationSource } from "../configuration-source.ts";
import { type Finding, finding, type Section } from "../findings.ts";
import { createGoogleApi } from "../google-api.ts";
import type { LookUps } from "../look-ups.ts";
import { lookAtGoogle } from "./google.ts";
import { lookAtMachine } from "./machine.ts";
import { lookAtOkta } from "./okta.ts";

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
