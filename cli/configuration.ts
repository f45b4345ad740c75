import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { isObject, type JsonObject, parseJson } from "../function/shared/json.ts";
import { COMPONENT, type ExaminedConfiguration, examineConfiguration } from "../infra/configuration.ts";
import { readStackUrn, type StackResource } from "../infra/preflight/stack.ts";
import { AccessError } from "./command.ts";
import type { ConfigurationSource } from "./configuration-source.ts";
import { runPulumi } from "./pulumi.ts";

const root = join(import.meta.dirname, "..");

/** What a stack is configured with. */
export interface StackConfiguration {
  /** By key with its namespace; lists and objects as JSON. */
  readonly values: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
}

/** @throws AccessError; what an aborted signal throws */
export async function readStackConfiguration(
  { stack, printed, configFile }: ConfigurationSource,
  signal: AbortSignal,
): Promise<StackConfiguration> {
  const words = ["config", "--json", "--show-secrets", "--stack", stack];
  const json =
    printed === undefined
      ? await runPulumi(
          [...words, ...(configFile === undefined ? [] : ["--config-file", configFile])],
          signal,
        )
      : await readPrinted(printed);
  const parsed = parseJson(json);
  // Nothing of the text may stand in the message: it holds secrets.
  if (!isObject(parsed)) throw new AccessError(`The configuration of stack "${stack}" is not a JSON object.`);
  const entries = Object.entries(parsed).flatMap(([key, entry]) =>
    isObject(entry) && typeof entry["value"] === "string"
      ? [{ key, value: entry["value"], isSecret: entry["secret"] === true }]
      : [],
  );
  return {
    values: Object.fromEntries(entries.map(({ key, value }) => [key, value])),
    secretKeys: entries.filter(({ isSecret }) => isSecret).map(({ key }) => key),
  };
}

async function readPrinted(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new AccessError(
      `--config cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** A resource as it stands in a stack's state. */
export interface StateResource extends StackResource {
  /** The cloud's id of it. */
  readonly id: string;
  readonly inputs: JsonObject;
}

/** The resources of a stack as the last update left them, from its state. Secrets stay encrypted. @throws AccessError */
export async function readStackState(stack: string, signal: AbortSignal): Promise<readonly StateResource[]> {
  return parseState(await runPulumi(["stack", "export", "--stack", stack], signal));
}

/** Reads what `pulumi stack export` prints; the resources in the order of their names. */
export function parseState(json: string): readonly StateResource[] {
  const state = parseJson(json);
  const deployment = isObject(state) ? state["deployment"] : undefined;
  const resources = isObject(deployment) ? deployment["resources"] : undefined;
  const found = (Array.isArray(resources) ? resources : [])
    .filter(isObject)
    .flatMap((resource: JsonObject) => {
      const { urn, id, inputs, outputs } = resource;
      if (typeof urn !== "string") return [];
      return [
        {
          ...readStackUrn(urn),
          id: typeof id === "string" ? id : "",
          inputs: isObject(inputs) ? inputs : {},
          outputs: isObject(outputs) ? outputs : {},
        },
      ];
    });
  // The state has them in the order in which they were created, which differs from time to time.
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Reads the configuration as the program does, which Pulumi gives it. */
export async function examine({ values, secretKeys }: StackConfiguration): Promise<ExaminedConfiguration> {
  const project = await readFile(join(root, "Pulumi.yaml"), "utf8");
  const [, namespace = COMPONENT] = /^name:\s*(\S+)/m.exec(project) ?? [];
  // As in a preview, but without an engine.
  pulumi.runtime.resetOptions(namespace, "", 1, "", "", true, "");
  pulumi.runtime.setAllConfig({ ...values }, [...secretKeys]);
  return examineConfiguration(namespace);
}
