import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { AccessError } from "../command.ts";
import { type EventLog, readEventLog } from "../engine-log.ts";
import { NoPulumiError } from "../pulumi.ts";
import type { Screen } from "../screen.ts";

/** How many lines of an error are kept: the engine's may be long. */
const LINES = 12;

/** How a run of Pulumi's engine ended. */
export interface EngineRun extends EventLog {
  readonly ok: boolean;
  /** The errors that the engine reported. */
  readonly problems: readonly string[];
}

/**
 * Runs Pulumi's engine on a stack without asking anybody, and shows what it does.
 *
 * @param verb with its options, such as `up --refresh`
 * @throws NoPulumiError; AccessError when the engine did not start; the signal's reason when it was interrupted
 */
export async function runEngine(
  verb: readonly [verb: "preview" | "up" | "refresh" | "destroy", ...words: string[]],
  {
    stack,
    root,
    configFile,
    screen,
    signal,
  }: {
    readonly stack: string;
    /** The folder of Pulumi.yaml. */
    readonly root: string;
    readonly configFile: string;
    readonly screen: Screen;
    readonly signal: AbortSignal;
  },
): Promise<EngineRun> {
  signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-acceptance-"));
  const log = join(folder, "events.json");
  try {
    const { code, printed } = await run(
      [
        ...verb,
        ...(verb[0] === "preview" ? [] : ["--yes", "--skip-preview"]),
        ...["--non-interactive", "--color=never", "--stack", stack],
        ...["--config-file", configFile, "--event-log", log],
      ],
      { root, screen, signal },
    );
    signal.throwIfAborted();
    const events = readEventLog(await readFile(log, "utf8").catch(() => ""));
    const problems = events.diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => message.split("\n").slice(0, LINES).join("\n"));
    if (code !== 0 && problems.length === 0) {
      throw new AccessError(`pulumi ${verb[0]} failed. It says:\n${printed.slice(-20).join("\n")}`);
    }
    return { ...events, ok: code === 0, problems };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ctrl-C reaches Pulumi once, which ends what is under way and keeps its state. */
function run(
  words: readonly string[],
  { root, screen, signal }: { readonly root: string; readonly screen: Screen; readonly signal: AbortSignal },
): Promise<{ readonly code: number | null; readonly printed: readonly string[] }> {
  return new Promise((resolve, reject) => {
    const printed: string[] = [];
    const child = spawn("pulumi", words, {
      cwd: root,
      // As Pulumi's own Automation API asks for the event log.
      env: { ...process.env, PULUMI_DEBUG_COMMANDS: "true" },
      stdio: ["ignore", "pipe", "pipe"],
      // A terminal sends its Ctrl-C to the whole group: at the second one Pulumi forgets what is under way.
      detached: true,
    });
    const interrupt = () => void child.kill("SIGINT");
    signal.addEventListener("abort", interrupt, { once: true });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on("line", (line) => {
        printed.push(line);
        if (line.trim() !== "") screen.progress(`    ${line.trim()}`);
      });
    }
    child.once("error", (error) => {
      const isMissing = "code" in error && error.code === "ENOENT";
      reject(isMissing ? new NoPulumiError() : error);
    });
    child.once("close", (code) => {
      signal.removeEventListener("abort", interrupt);
      screen.clear();
      resolve({ code, printed });
    });
  });
}
