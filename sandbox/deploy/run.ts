import type { Monitor, Severity } from "./monitor.ts";
import { serveMonitor } from "./monitor.ts";
import type { ProgramExit, ProgramStart } from "./program.ts";
import { failureWasLogged, necessaryEnvironment, runProgram } from "./program.ts";
import type { Configuration } from "./project.ts";
import { applyDefaults, readProject } from "./project.ts";

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
