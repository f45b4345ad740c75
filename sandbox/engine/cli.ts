import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

/** Where `npm run engine:build` puts what it makes. */
export const engineFolder = join(import.meta.dirname, "../../.cache/engine");

const extension = process.platform === "win32" ? ".exe" : "";

/** The Pulumi CLI that was built here. */
export const builtCli = join(engineFolder, `pulumi${extension}`);

/** The host for programs in YAML that was built here; the CLI finds it next to itself. */
export const builtYamlHost = join(engineFolder, `pulumi-language-yaml${extension}`);

/** What was built here of Pulumi's generators of packages for other languages. */
export const builtSdkGenerator = join(engineFolder, `generate-sdk${extension}`);

/** There is no Pulumi CLI to be had. */
export class CliError extends Error {
  override readonly name = "CliError";
}

/** How to come by a CLI, for a person who lacks one. */
export const howToGetCli =
  "Install it (https://www.pulumi.com/docs/install/), or build it here with Go: npm run engine:build";

/**
 * The Pulumi CLI: the one that the variable PULUMI names, else the one on PATH, else the one that was built here.
 * Undefined when there is none.
 * @throws CliError when PULUMI names something that cannot be run
 */
export async function findCli(environment: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const named = environment["PULUMI"];
  if (named !== undefined && named !== "") {
    if (await isExecutable(named)) return named;
    throw new CliError(`PULUMI is set to ${named}, which cannot be run: name the Pulumi CLI, or unset it`);
  }
  const onPath = await findOnPath("pulumi", environment["PATH"]);
  if (onPath !== undefined) return onPath;
  return (await isExecutable(builtCli)) ? builtCli : undefined;
}

/**
 * Whether the CLI finds Pulumi's own language host for Node.js, which the official distribution brings: on PATH, or
 * next to the CLI itself.
 */
export async function hasLanguageHost(cli: string, path = process.env["PATH"]): Promise<boolean> {
  const host = "pulumi-language-nodejs";
  return (await findOnPath(host, [dirname(cli), path ?? ""].join(delimiter))) !== undefined;
}

async function findOnPath(name: string, path = ""): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (folder === "") continue;
    const candidate = join(folder, `${name}${extension}`);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
