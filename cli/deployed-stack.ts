import { isObject, type JsonObject, parseJson } from "../function/shared/json.ts";
import { COMPONENT } from "../infra/configuration.ts";
import { AccessError } from "./command.ts";
import { examine, readStackConfiguration, readStackState } from "./configuration.ts";
import type { ConfigurationSource } from "./configuration-source.ts";
import { createGoogleApi, type GoogleApi } from "./google-api.ts";
import type { LookUps } from "./look-ups.ts";
import { runPulumi } from "./pulumi.ts";
import { type DeclaredFunction, functionsIn } from "./smoke/deployed.ts";

/** A stack that is deployed, and the Google Cloud that it is in. */
export interface DeployedStack {
  readonly orgUrl: string;
  readonly project: string;
  readonly functions: readonly DeclaredFunction[];
  readonly outputs: JsonObject;
  /** Ids of the rules' groups by name. */
  readonly groupIds: Readonly<Record<string, string>>;
  readonly api: GoogleApi;
}

/** Reads a stack that may not be deployed. @throws AccessError when it cannot be read, or its configuration has mistakes */
export async function readStack(source: ConfigurationSource, lookUps: LookUps) {
  const { stack } = source;
  const [configuration, resources, printed] = await Promise.all([
    lookUps.run("the stack's configuration", (signal) => readStackConfiguration(source, signal)),
    lookUps.run("the stack's state", (signal) => readStackState(stack, signal)),
    lookUps.run("the stack's outputs", (signal) =>
      runPulumi(["stack", "output", "--json", "--stack", stack], signal),
    ),
  ]);
  const { orgUrl, project } = await examine(configuration);
  if (orgUrl === undefined || project === undefined) {
    throw new AccessError(
      `The configuration of stack "${stack}" has mistakes: npm run doctor -- --stack ${stack} lists them.`,
    );
  }
  const parsed = parseJson(printed);
  return { configuration, resources, orgUrl, project, outputs: isObject(parsed) ? parsed : {} };
}

/** @throws AccessError when the stack cannot be read, or is not deployed */
export async function readDeployedStack(
  source: ConfigurationSource,
  lookUps: LookUps,
): Promise<DeployedStack> {
  const { stack } = source;
  const { configuration, resources, orgUrl, project, outputs } = await readStack(source, lookUps);
  const functions = functionsIn(resources, COMPONENT);
  const { groupIds } = outputs;
  if (functions.length === 0 || !isObject(groupIds)) {
    throw new AccessError(`Stack "${stack}" is not deployed: its state has no functions. Run pulumi up.`);
  }
  const named = Object.entries(groupIds).map(([name, id]) => [name, String(id)] as const);
  return {
    orgUrl,
    project,
    functions,
    outputs,
    groupIds: Object.fromEntries(named),
    api: createGoogleApi(process.env, configuration.values, project),
  };
}

/** Name of a function's Cloud Run service. */
export function serviceOf({ functions }: DeployedStack, name: string): string {
  return (
    functions
      .find((one) => one.name === name)
      ?.id.split("/")
      .at(-1) ?? ""
  );
}
