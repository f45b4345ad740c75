import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Monitor, type Severity, serveMonitor } from "./monitor.ts";
import { applyDefaults, type Configuration, readProject } from "./project.ts";

/** How a program is started: what a RunRequest has for the language host (Pulumi, language.proto). */
export interface ProgramStart {
  readonly project: string;
  readonly stack: string;
  readonly organization: string;
  readonly rootDirectory: string;
  readonly programDirectory: string;
  readonly entryPoint: string;
  /** `runtime.options` of Pulumi.yaml: `typescript` (true unless said otherwise) and `nodeargs` are heeded. */
  readonly runtimeOptions: Readonly<Record<string, unknown>>;
  /** Host and port of the ResourceMonitor service. */
  readonly monitorAddress: string;
  /** Host and port of the Engine service. */
  readonly engineAddress: string;
  readonly configuration: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
  readonly dryRun: boolean;
  readonly parallel: number;
  /** The variables that the program sees besides those of its configuration. */
  readonly environment: NodeJS.ProcessEnv;
  /** Ends the program's process when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** How a program ended. */
export interface ProgramExit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly standardOutput: string;
  readonly standardError: string;
}

/** With this code the program says that it has already logged why it failed (Pulumi SDK, cmd/run/index.ts). */
export const failureWasLogged = 32;

/** The variables by which a program finds executables, folders of its own, trust, and what Node.js has compiled before. */
const necessaryVariables = [
  "PATH",
  "HOME",
  "USERPROFILE",
  "SYSTEMROOT",
  "TMPDIR",
  "TMP",
  "TEMP",
  "LANG",
  "TZ",
  "NODE_EXTRA_CA_CERTS",
  "NODE_COMPILE_CACHE",
];

/**
 * Runs a Pulumi program in a process of its own, as Pulumi's language host for Node.js starts it, and waits for
 * its end.
 * Source: Pulumi, sdk/nodejs/cmd/pulumi-language-nodejs/main.go, Run.
 * @throws Error when `@pulumi/pulumi` is not installed for the program, or no process can be started
 */
export async function runProgram(start: ProgramStart): Promise<ProgramExit> {
  start.signal?.throwIfAborted();
  const child = spawn(process.execPath, programArguments(start), {
    cwd: start.programDirectory,
    env: programEnvironment(start),
    // The fourth shows the program, by its end, that this process is gone.
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const stop = (): void => {
    child.kill("SIGKILL");
  };
  start.signal?.addEventListener("abort", stop, { once: true });
  try {
    return await exitOf(child);
  } finally {
    start.signal?.removeEventListener("abort", stop);
  }
}

/** Waits for the end of a program's process, whose standard output and error are pipes. @throws Error when it could not be started */
export async function exitOf(child: ChildProcess): Promise<ProgramExit> {
  const textOf = async (stream: Readable | null) => (stream === null ? "" : text(stream));
  const [code, standardOutput, standardError] = await Promise.all([
    new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    }),
    textOf(child.stdout),
    textOf(child.stderr),
  ]);
  return { code, standardOutput, standardError };
}

function programArguments(start: ProgramStart): string[] {
  const nodeArguments = start.runtimeOptions["nodeargs"];
  return [
    // Without its monitor a program of Pulumi's SDK tries on for ever, and takes more memory all the time.
    "--require",
    fileURLToPath(import.meta.resolve("../end-with-parent.cjs")),
    ...(typeof nodeArguments === "string" ? nodeArguments.split(/\s+/).filter((word) => word !== "") : []),
    createRequire(join(start.programDirectory, "index.js")).resolve("@pulumi/pulumi/cmd/run/index.js"),
    `--monitor=${start.monitorAddress}`,
    `--engine=${start.engineAddress}`,
    `--organization=${start.organization}`,
    `--project=${start.project}`,
    `--stack=${start.stack}`,
    `--pwd=${start.programDirectory}`,
    `--root-directory=${start.rootDirectory}`,
    ...(start.dryRun ? ["--dry-run"] : []),
    `--parallel=${start.parallel}`,
    start.entryPoint,
  ];
}

/** What a program needs of this process's environment to run at all. */
export function necessaryEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(necessaryVariables.map((name) => [name, process.env[name]]));
}

function programEnvironment(start: ProgramStart): NodeJS.ProcessEnv {
  return {
    ...start.environment,
    PULUMI_NODEJS_TYPESCRIPT: String(start.runtimeOptions["typescript"] ?? true),
    PULUMI_CONFIG: JSON.stringify(start.configuration),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(start.secretKeys),
  };
}

/** Which program to run, and with what. */
export interface RunOptions {
  /** The folder of Pulumi.yaml. */
  readonly root: string;
  readonly stack: string;
  readonly organization?: string | undefined;
  readonly configuration: Configuration;
  /** The keys of the configuration whose values are secret. */
  readonly secretKeys?: readonly string[] | undefined;
  /** The variables that the program sees besides what every program needs to run. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Ends the program's process when it fires. */
  readonly signal?: AbortSignal | undefined;
  /** Runs the program; {@link runProgram}, in a process of its own, unless given. */
  readonly start?: ((start: ProgramStart) => Promise<ProgramExit>) | undefined;
}

/** How a run ended. */
export interface RunResult {
  /** Why the program failed, if it did. */
  readonly error: string | undefined;
  /** The lines that the program printed. */
  readonly printed: readonly string[];
}

/** The organization of a stack without one, as Pulumi's own state back ends have it. */
const defaultOrganization = "organization";

/** As many operations at once as the Pulumi CLI allows by default. */
const parallel = 16;

/** How much of the end of a failed program's standard error goes into the message, in characters. */
const standardErrorLength = 4_000;

/**
 * Runs the program of a project in a process of its own against a monitor, and waits for its end.
 * @throws ProjectError when Pulumi.yaml or the configuration cannot be used
 * @throws the signal's reason when it had fired before the program started
 */
export async function runWithMonitor(
  options: RunOptions & { readonly dryRun: boolean },
  monitor: Monitor,
): Promise<RunResult> {
  const { root, stack, dryRun, secretKeys = [], organization = defaultOrganization, signal } = options;
  const { start = runProgram } = options;
  const project = await readProject(root);
  const configuration = applyDefaults(project, stack, options.configuration, secretKeys);
  const errors: string[] = [];
  const log = (severity: Severity, message: string, urn: string | undefined): void => {
    if (severity === "error") errors.push(message);
    monitor.log(severity, message, urn);
  };
  const server = await serveMonitor(
    { project: project.name, stack, organization, dryRun },
    { ...monitor, log },
  );
  try {
    const exit = await start({
      ...project,
      project: project.name,
      stack,
      organization,
      monitorAddress: server.address,
      engineAddress: server.address,
      configuration,
      secretKeys,
      dryRun,
      parallel,
      environment: { ...necessaryEnvironment(), ...options.environment },
      signal,
    });
    return {
      error: exit.code === 0 ? undefined : failureMessage(exit, errors),
      printed: `${exit.standardOutput}\n${exit.standardError}`.split("\n").filter((line) => line !== ""),
    };
  } finally {
    server.close();
  }
}

function failureMessage(exit: ProgramExit, errors: readonly string[]): string {
  if (errors.length > 0) return errors.join("\n");
  const printed = exit.standardError.trim().slice(-standardErrorLength);
  if (exit.code === failureWasLogged && printed !== "") return printed;
  const end = exit.code === null ? "was killed" : `ended with exit code ${exit.code}`;
  return `The program ${end}${printed === "" ? "" : `:\n${printed}`}`;
}
