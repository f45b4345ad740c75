import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";

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
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = (): void => {
    child.kill("SIGKILL");
  };
  start.signal?.addEventListener("abort", stop, { once: true });
  try {
    const [code, standardOutput, standardError] = await Promise.all([
      new Promise<number | null>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", resolve);
      }),
      text(child.stdout),
      text(child.stderr),
    ]);
    return { code, standardOutput, standardError };
  } finally {
    start.signal?.removeEventListener("abort", stop);
  }
}

function programArguments(start: ProgramStart): string[] {
  const nodeArguments = start.runtimeOptions["nodeargs"];
  return [
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
