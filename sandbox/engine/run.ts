import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type EventLog, readEventLog } from "../../cli/engine-log.ts";
import type { runProgram } from "../deploy/program.ts";
import { hasLanguageHost } from "./cli.ts";
import { serveLanguageHost } from "./language-host.ts";
import { portOf, type Workspace, workspaceEnvironment } from "./workspace.ts";

/** The CLI's commands that run the engine. */
export type Verb = "preview" | "up" | "refresh" | "destroy";

/** How a run is watched and ended. */
export interface RunOptions {
  /** Interrupts the run when it fires; the engine ends what is under way and keeps the state. */
  readonly signal?: AbortSignal | undefined;
  /** Takes the process id of the CLI when it has started. */
  readonly onStart?: (pid: number) => void;
  /** Takes each line that the CLI prints. */
  readonly onLine?: (line: string) => void;
  /** Whether the lines are for a terminal. */
  readonly colour?: boolean;
  /** Runs the program where the CLI has no language host of its own: {@link runProgram}, in a process of its own, unless given. */
  readonly startProgram?: typeof runProgram | undefined;
}

/** How a run ended, and what it did. */
export interface RunOutcome extends EventLog {
  /** The CLI's exit code; null when a signal ended it. */
  readonly code: number | null;
}

/** Runs the engine without asking anybody: an `up`, a `refresh` and a `destroy` begin at once. */
export async function runEngine(
  workspace: Workspace,
  verb: Verb,
  words: readonly string[] = [],
  options: RunOptions = {},
): Promise<RunOutcome> {
  options.signal?.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), "pulumi-run-"));
  const log = join(folder, "events.json");
  try {
    const code = await runCli(
      workspace,
      [
        verb,
        ...(verb === "preview" ? [] : ["--yes", "--skip-preview"]),
        ...words,
        ...["--non-interactive", `--color=${options.colour ? "always" : "never"}`],
        ...["--config-file", workspace.configFile, "--event-log", log],
      ],
      options,
    );
    // The CLI that fails before it starts the engine leaves no log.
    return { code, ...readEventLog(await readFile(log, "utf8").catch(() => "")) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The stack's outputs, with something else in the place of secrets. */
export async function readOutputs(workspace: Workspace): Promise<Readonly<Record<string, unknown>>> {
  const lines: string[] = [];
  await runCli(workspace, ["stack", "output", "--json"], { onLine: (line) => lines.push(line) });
  // The CLI prints one JSON object.
  return JSON.parse(lines.join("\n")) as Readonly<Record<string, unknown>>;
}

/** Takes away the lock that an engine leaves on its stack when it is killed. */
export async function cancelUpdate(workspace: Workspace): Promise<void> {
  await runCli(workspace, ["cancel", "--yes", workspace.stack], {});
}

/** Takes a resource out of the state, which touches nothing in the cloud. @returns whether the CLI did so */
export async function deleteFromState(workspace: Workspace, urn: string): Promise<boolean> {
  const words = ["state", "delete", urn, "--yes", "--stack", workspace.stack];
  return (await runCli(workspace, words, {})) === 0;
}

/** Lets a destroy delete what the program protects. */
export async function unprotectAll(workspace: Workspace): Promise<void> {
  await runCli(workspace, ["state", "unprotect", "--all", "--yes", "--stack", workspace.stack], {});
}

/** Runs the CLI with a language host at its side where it has none, and answers its exit code. */
async function runCli(
  workspace: Workspace,
  words: readonly string[],
  { signal, onStart = () => {}, onLine = () => {}, startProgram }: RunOptions,
): Promise<number | null> {
  const run = async (env: NodeJS.ProcessEnv, stopPrograms: () => void) => {
    const child = spawn(workspace.cli, words, {
      cwd: workspace.root,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      // A person's Ctrl-C is to reach it once, from here: at the second the engine forgets what is under way.
      detached: true,
    });
    if (child.pid !== undefined) onStart(child.pid);
    const interrupt = (): void => {
      child.kill("SIGINT");
      stopPrograms();
    };
    const kill = (): void => {
      if (child.pid !== undefined) killTree(child.pid);
    };
    signal?.addEventListener("abort", interrupt, { once: true });
    process.once("exit", kill);
    try {
      for (const stream of [child.stdout, child.stderr]) createInterface(stream).on("line", onLine);
      return await new Promise<number | null>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", resolve);
      });
    } finally {
      signal?.removeEventListener("abort", interrupt);
      process.off("exit", kill);
    }
  };
  return await withLanguageHost(workspace, run, startProgram);
}

/**
 * Does something with a language host where the CLI has none of its own.
 * @param use gets the environment in which the CLI sees the workspace and finds the host, and what ends the programs that
 *   the host runs
 * @param startProgram as in {@link RunOptions}
 */
export async function withLanguageHost<Result>(
  workspace: Pick<Workspace, "cli" | "variables">,
  use: (environment: NodeJS.ProcessEnv, stopPrograms: () => void) => Promise<Result>,
  startProgram?: typeof runProgram,
): Promise<Result> {
  const environment = workspaceEnvironment(workspace);
  if (await hasLanguageHost(workspace.cli)) return await use(environment, () => {});
  const host = await serveLanguageHost(environment, undefined, startProgram);
  try {
    const others = workspace.variables["PULUMI_DEBUG_LANGUAGES"] ?? [];
    const languages = [`nodejs:${portOf(host.address)}`, others].flat().join(",");
    return await use({ ...environment, PULUMI_DEBUG_LANGUAGES: languages }, host.stopPrograms);
  } finally {
    host.close();
  }
}

/**
 * Kills a process and all that descend from it, at once. Pulumi's own language host has a process group of its own, and would
 * outlive a CLI that is killed by minutes.
 */
export function killTree(pid: number): void {
  if (process.platform === "win32") {
    outputOf("taskkill", ["/pid", String(pid), "/T", "/F"]);
    return;
  }
  const parents = outputOf("ps", ["-A", "-o", "pid=,ppid="])
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const tree = [pid];
  for (const ancestor of tree) {
    tree.push(...parents.flatMap(([child = 0, parent]) => (parent === ancestor ? [child] : [])));
  }
  for (const member of tree) {
    try {
      process.kill(member, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

/** What a command prints; nothing where it fails, as on a machine without it. */
function outputOf(command: string, words: readonly string[]): string {
  try {
    return execFileSync(command, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}
