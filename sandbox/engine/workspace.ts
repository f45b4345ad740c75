import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import type { Configuration } from "../deploy/project.ts";
import { CliError } from "./cli.ts";

/** All that a run of the CLI needs to know of a stack; written down, it lets another process run it. */
export interface Workspace {
  readonly cli: string;
  /** The folder of Pulumi.yaml. */
  readonly root: string;
  readonly stack: string;
  /** The stack's configuration, which is not kept next to Pulumi.yaml. */
  readonly configFile: string;
  /** Home, state and plugins of this stack only, and the passphrase of its secrets. */
  readonly variables: Readonly<Record<string, string>>;
}

/** A workspace that this process has made. */
export interface OwnWorkspace extends Workspace {
  /** Sets values; JSON is written as what it stands for. A key that is undefined is taken out. */
  configure(values: Readonly<Record<string, string | undefined>>): Promise<void>;
  /** Removes its folder, with the state of whatever was not destroyed. */
  remove(): Promise<void>;
}

/** What to make a workspace for. */
export interface WorkspaceOptions {
  readonly cli: string;
  readonly root: string;
  readonly stack: string;
  readonly configuration: Configuration;
  /** The keys of the configuration whose values are secret. */
  readonly secretKeys: readonly string[];
  /** Variables for the program and the providers. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Host and port of each provider, by package. */
  readonly plugins: Readonly<Record<string, string>>;
}

/**
 * Nothing listens there. The engine needs no internet here, so whatever would go out goes nowhere; loopback addresses
 * are not proxied.
 */
const closedProxy = "http://127.0.0.1:1";

/** Where the CLI keeps things, and where what it talks to is. */
export interface Surroundings {
  /** A folder of the CLI's own, which exists. */
  readonly home: string;
  /** A folder for the stacks' state, which exists. */
  readonly state: string;
  readonly passphrase: string;
  /** Host and port of each provider, by package. */
  readonly plugins: Readonly<Record<string, string>>;
  /** Addresses of the clouds, for the program and the providers. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * All variables by which a stack is deployed onto the sandbox in place of the real clouds. docs/architecture.md has the reason
 * for each.
 */
export function sandboxVariables(surroundings: Surroundings): Readonly<Record<string, string>> {
  return {
    PULUMI_HOME: surroundings.home,
    PULUMI_BACKEND_URL: `file://${surroundings.state}`,
    PULUMI_CONFIG_PASSPHRASE: surroundings.passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_DEBUG_PROVIDERS: Object.entries(surroundings.plugins)
      .map(([name, address]) => `${name}:${portOf(address)}`)
      .join(","),
    HTTPS_PROXY: closedProxy,
    NO_PROXY: "127.0.0.1,localhost",
    ...surroundings.environment,
  };
}

/** Makes a stack of its own: home, state and configuration in a temporary folder. */
export async function createWorkspace(options: WorkspaceOptions): Promise<OwnWorkspace> {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-stack-"));
  const home = join(folder, "home");
  const state = join(folder, "state");
  const project = join(folder, "project");
  try {
    await Promise.all([home, state, project].map((path) => mkdir(path)));
    // The CLI writes a new stack's configuration next to Pulumi.yaml, where only a person's own stacks belong.
    await copyFile(join(options.root, "Pulumi.yaml"), join(project, "Pulumi.yaml"));
    const workspace = {
      cli: options.cli,
      root: resolve(options.root),
      stack: options.stack,
      configFile: join(project, `Pulumi.${options.stack}.yaml`),
      variables: {
        ...sandboxVariables({
          home,
          state,
          passphrase: randomBytes(24).toString("base64url"),
          plugins: options.plugins,
          environment: options.environment ?? {},
        }),
        // A person selects the stack in the folder of Pulumi.yaml, which is not touched here.
        PULUMI_STACK: options.stack,
        // The event log is one of the CLI's options for debugging.
        PULUMI_DEBUG_COMMANDS: "true",
      },
    };
    await administer(workspace, project, ["stack", "init", options.stack]);
    for (const key of options.secretKeys) {
      const value = options.configuration[key];
      if (value !== undefined)
        await administer(workspace, project, ["config", "set", "--secret", key], value);
    }
    const open = Object.entries(options.configuration).filter(([key]) => !options.secretKeys.includes(key));
    await configure(workspace.configFile, Object.fromEntries(open));
    return {
      ...workspace,
      configure: (values) => configure(workspace.configFile, values),
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The environment in which the CLI sees these variables, and nothing of a person's own stacks and accounts. */
export function workspaceEnvironment({ variables }: Pick<Workspace, "variables">): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) =>
      !/^(PULUMI|OKTA_|GOOGLE_|GCLOUD_|CLOUDSDK_)/.test(name) && !/^(https?|no|all)_proxy$/i.test(name),
  );
  return { ...Object.fromEntries(own), ...variables };
}

/** The port of a host and port. */
export function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}

/** @param input what the CLI reads; everybody on the machine may see its arguments, so no secret is one of them */
async function administer(
  workspace: Workspace,
  folder: string,
  words: readonly string[],
  input = "",
): Promise<void> {
  const child = spawn(workspace.cli, ["--non-interactive", "--color=never", ...words], {
    cwd: folder,
    env: workspaceEnvironment(workspace),
    stdio: ["pipe", "ignore", "pipe"],
  });
  // A CLI that fails before it has read everything says so itself.
  child.stdin.on("error", () => {}).end(input);
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  if (code !== 0) throw new CliError(`pulumi ${words.slice(0, 2).join(" ")} failed:\n${printed.trim()}`);
}

async function configure(file: string, values: Readonly<Record<string, string | undefined>>): Promise<void> {
  // The file is the CLI's own: a mapping, with the configuration under `config`.
  const content = (parse(await readFile(file, "utf8")) ?? {}) as { config?: Record<string, unknown> };
  const config = { ...content.config };
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) delete config[key];
    else config[key] = structured(value);
  }
  await writeFile(file, stringify({ ...content, config }));
}

/** Lists and objects are written as such, since Pulumi.yaml may ask for them; everything else stays text. */
function structured(value: string): unknown {
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** A sandbox that is up. */
export interface RunningSandbox {
  readonly pid: number;
  readonly workspace: Workspace;
  /** By which the project's commands find its clouds. */
  readonly commandVariables: Readonly<Record<string, string>>;
}

const folder = join(import.meta.dirname, "../../.cache/sandbox");

/**
 * Says that this process has a sandbox up, for `npm run sandbox` in another terminal.
 * @returns what takes that back
 */
export async function announce(
  workspace: Workspace,
  commandVariables: Readonly<Record<string, string>>,
): Promise<() => Promise<void>> {
  const { cli, root, stack, configFile, variables } = workspace;
  const file = fileOf(process.pid);
  await mkdir(folder, { recursive: true });
  // It holds the passphrase of the stack's secrets, so nobody else may read it.
  const announced = { workspace: { cli, root, stack, configFile, variables }, commandVariables };
  await writeFile(file, JSON.stringify(announced), { mode: 0o600 });
  return () => rm(file, { force: true });
}

/** The sandboxes that are up. What a dead process left is removed. */
export async function runningSandboxes(): Promise<readonly RunningSandbox[]> {
  const names = await readdir(folder).catch(() => []);
  const found: RunningSandbox[] = [];
  for (const name of names) {
    const pid = Number(/^(\d+)\.json$/.exec(name)?.[1]);
    if (!Number.isInteger(pid)) continue;
    if (isAlive(pid)) {
      // Written by announce, of this same version.
      const announced = JSON.parse(await readFile(fileOf(pid), "utf8")) as Omit<RunningSandbox, "pid">;
      found.push({ pid, ...announced });
    } else {
      await rm(fileOf(pid), { force: true });
    }
  }
  return found;
}

function fileOf(pid: number): string {
  return join(folder, `${pid}.json`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive, too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
