import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { isObject, parseJson } from "../../function/shared/json.ts";

/** What Pulumi.yaml says of a project. */
export interface Project {
  readonly name: string;
  /** The folder of Pulumi.yaml, absolute. */
  readonly rootDirectory: string;
  /** The program's working directory, absolute. */
  readonly programDirectory: string;
  /** The program's entry point, relative to its working directory; `.` leaves it to the package. */
  readonly entryPoint: string;
  /** `runtime.options`, such as `typescript` and `nodeargs`. */
  readonly runtimeOptions: Readonly<Record<string, unknown>>;
  readonly configuration: readonly ConfigurationDeclaration[];
}

/** One key that Pulumi.yaml declares under `config`. */
export interface ConfigurationDeclaration {
  /** With its namespace, such as `signin-groups:rules`. */
  readonly key: string;
  readonly type: string | undefined;
  readonly secret: boolean;
  /** The default or fixed value in the form that PULUMI_CONFIG has it in, if there is one. */
  readonly value: string | undefined;
}

/** The configuration of a stack: namespaced keys to strings, with JSON for anything that is not a scalar. */
export type Configuration = Readonly<Record<string, string>>;

/** Pulumi.yaml, or the configuration that was given for it, cannot be used. */
export class ProjectError extends Error {
  override readonly name = "ProjectError";
}

/**
 * Reads Pulumi.yaml in the given folder.
 * @throws ProjectError when it is not there or is not that of a Node.js program
 */
export async function readProject(root: string): Promise<Project> {
  const rootDirectory = resolve(root);
  const file = join(rootDirectory, "Pulumi.yaml");
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new ProjectError(`${file} cannot be read: a Pulumi project has one in its root folder`, { cause });
  });
  const content = record(parse(text), `${file}: expected a mapping`);
  const name = content["name"];
  if (typeof name !== "string") throw new ProjectError(`${file}: "name" is missing`);
  const runtime = content["runtime"];
  const runtimeName = isObject(runtime) ? runtime["name"] : runtime;
  if (runtimeName !== "nodejs") throw new ProjectError(`${file}: "runtime" must be nodejs`);
  const options = isObject(runtime) ? runtime["options"] : undefined;
  return {
    name,
    rootDirectory,
    ...(await locateProgram(file, rootDirectory, content["main"])),
    runtimeOptions: isObject(options) ? options : {},
    configuration: Object.entries(isObject(content["config"]) ? content["config"] : {}).map(
      ([key, declaration]) => readDeclaration(key.includes(":") ? key : `${name}:${key}`, declaration),
    ),
  };
}

/**
 * The stack's configuration with the project's defaults put in.
 * Source: Pulumi, sdk/go/common/workspace/config.go, ValidateStackConfigAndApplyProjectConfig.
 * @throws ProjectError when a declared key has neither value nor default, is of another type, or should be secret
 */
export function applyDefaults(
  project: Project,
  stack: string,
  configuration: Configuration,
  secretKeys: readonly string[],
): Configuration {
  const result: Record<string, string> = { ...configuration };
  const missing: string[] = [];
  for (const { key, type, secret, value } of project.configuration) {
    const given = configuration[key];
    if (given === undefined) {
      if (value !== undefined) result[key] = value;
      else if (key.startsWith(`${project.name}:`)) missing.push(key);
    } else if (secret && !secretKeys.includes(key)) {
      throw new ProjectError(`Stack ${stack}: configuration key ${key} must be given as a secret`);
    } else if (type !== undefined && !isOfType(type, given)) {
      throw new ProjectError(`Stack ${stack}: configuration key ${key} must be of type ${type}`);
    }
  }
  if (missing.length > 0) {
    throw new ProjectError(`Stack ${stack} is missing configuration for ${missing.join(", ")}`);
  }
  return result;
}

/** A program runs in the folder of its entry point: Pulumi, pkg/engine/plugins.go, GetPwdMain. */
async function locateProgram(
  file: string,
  root: string,
  main: unknown,
): Promise<{ programDirectory: string; entryPoint: string }> {
  if (main === undefined) return { programDirectory: root, entryPoint: "." };
  if (typeof main !== "string") throw new ProjectError(`${file}: "main" must be a path`);
  const path = resolve(root, main);
  const status = await stat(path).catch((cause: unknown) => {
    throw new ProjectError(`${file}: "main" names ${main}, which is not there`, { cause });
  });
  if (status.isDirectory()) return { programDirectory: path, entryPoint: "." };
  return { programDirectory: dirname(path), entryPoint: basename(path) };
}

function readDeclaration(key: string, declaration: unknown): ConfigurationDeclaration {
  if (!isObject(declaration)) {
    return { key, type: undefined, secret: false, value: configurationText(declaration) };
  }
  return {
    key,
    type: typeof declaration["type"] === "string" ? declaration["type"] : undefined,
    secret: declaration["secret"] === true,
    value: configurationText(declaration["default"] ?? declaration["value"]),
  };
}

function configurationText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isOfType(type: string, text: string): boolean {
  switch (type) {
    case "boolean":
      return text === "true" || text === "false";
    case "integer":
      return /^[+-]?\d+$/.test(text);
    case "array":
      return Array.isArray(parseJson(text));
    case "object":
      return isObject(parseJson(text));
    default:
      return true;
  }
}

function record(value: unknown, message: string): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new ProjectError(message);
  return value;
}
