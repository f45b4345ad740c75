import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { passes, type StartupProbe } from "./startup-probe.ts";

/** A running process that serves a function. */
export interface Instance {
  readonly pid: number;
  readonly port: number;
  hasExited(): boolean;
  /** Ends it by SIGTERM and, when that does not help within the grace, by SIGKILL. */
  stop(graceMilliseconds?: number): Promise<void>;
  /** Ends it at once, by SIGKILL. */
  kill(): Promise<void>;
}

/** What an instance is started with. */
export interface InstanceOptions {
  /** What Node.js is given: options of its own, a file, and what the file is given. */
  readonly arguments: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** How far its clock is ahead of this machine's. */
  readonly clockSkewMilliseconds: number;
  /** Undefined where it is enough that the instance listens on its PORT. */
  readonly probe?: StartupProbe | undefined;
  readonly onLine: (line: string) => void;
  readonly onExit: () => void;
}

/** Why an instance did not come up. */
type StartFailure = "ended" | "silent" | "probe";

/** The instance did not come up; the message says why, the last lines it wrote included. */
export class InstanceStartError extends Error {
  override readonly name = "InstanceStartError";
  readonly failure: StartFailure;

  constructor(failure: StartFailure, lines: readonly string[]) {
    super([REASONS[failure], ...lines].join("\n"));
    this.failure = failure;
  }
}

const BIND_LOOPBACK = import.meta.resolve("./bind-loopback.ts");
/** What is loaded into an instance before its own code. */
const PRELOADS = [
  BIND_LOOPBACK,
  import.meta.resolve("./own-machine-only.ts"),
  import.meta.resolve("../../end-with-parent.cjs"),
];
const SHIFT_CLOCK = import.meta.resolve("./shift-clock.ts");
const START_MILLISECONDS = 60_000;
/** Between SIGTERM and SIGKILL (Cloud Run, Container contract: shutdown). */
const GRACE_MILLISECONDS = 10_000;
const KEPT_LINES = 30;
const REASONS: Readonly<Record<StartFailure, string>> = {
  ended: "The process ended before it listened on its port.",
  silent: `The process did not listen on its port within ${START_MILLISECONDS / 1000} s.`,
  probe: "The process failed its startup probe.",
};

/** The files to load, by their names. */
const preloads = new Map<string, string>();
let preloadFolder: string | undefined;
/** Asked for at once: what changes the variable for a while may remove its own folder afterwards. */
const temporaryFiles = tmpdir();

/** What is loaded into an instance whose clock is so far ahead. @returns the path of a file for Node's `--require` */
function preloadFor(skew: number): string {
  return writePreload(`shifted-by-${skew}`, skew === 0 ? PRELOADS : [...PRELOADS, SHIFT_CLOCK], {
    SHIFT_MILLISECONDS: String(skew),
  });
}

/** What binds a process to the loopback address and has it announce its port, without anything else. @returns as {@link preloadFor} */
export function loopbackPreload(): string {
  return writePreload("bind-loopback", [BIND_LOOPBACK]);
}

/**
 * Writes what is loaded before a process's own code. It is one file of CommonJS, since a first module of the other kind costs
 * each start as much as Node.js itself does, and types to strip cost some 50 MB.
 */
function writePreload(
  name: string,
  files: readonly string[],
  define: Readonly<Record<string, string>> = {},
): string {
  const written = preloads.get(name);
  if (written !== undefined) return written;
  const { outputFiles } = buildSync({
    stdin: {
      contents: files.map((address) => `import ${JSON.stringify(fileURLToPath(address))};`).join("\n"),
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    define,
  });
  preloadFolder ??= temporaryFolder();
  const path = join(preloadFolder, `${name}.cjs`);
  writeFileSync(path, outputFiles.map(({ text }) => text).join(""));
  preloads.set(name, path);
  return path;
}

/** A folder that goes with this process. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(temporaryFiles, "signin-groups-preload-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a process and waits until it listens on its PORT. @throws InstanceStartError when it ends or is too slow */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const preload = preloadFor(options.clockSkewMilliseconds);
  const child = spawn(process.execPath, ["--require", preload, ...options.arguments], {
    cwd: options.folder,
    env: options.environment,
    // By the fourth the instance says where it listens, and learns by its end that this process is gone.
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const closed = once(child, "close");
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    readLines(stream, (line) => {
      if (lines.push(line) > KEPT_LINES) lines.shift();
      options.onLine(line);
    });
  }
  const hasExited = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  child.once("exit", options.onExit);
  const stop = (grace = GRACE_MILLISECONDS) => end(child, hasExited, "SIGTERM", grace);
  const kill = () => end(child, hasExited, "SIGKILL", 0);

  const slow = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => slow.resolve(undefined), START_MILLISECONDS);
  const port = await Promise.race([announcedPort(child), closed.then(() => undefined), slow.promise]);
  clearTimeout(timer);
  if (port !== undefined) {
    if (options.probe === undefined || (await passes(port, options.probe, hasExited))) {
      return { pid: child.pid ?? 0, port, hasExited, stop, kill };
    }
    await stop();
    await closed;
    /**
     * @decision An instance that listens and fails its startup probe as often as the probe says has failed.
     * @evidence recorded: terraform-google-modules/terraform-docs-samples pull request 254: "The user-provided container
     * failed the configured startup probe checks." documentation: google.golang.org/api v0.290.0, run/v2/run-api.json,
     * Probe.failureThreshold. Here the first request comes at once, whatever initialDelaySeconds says.
     * @matters deployment fails: the program's probe asks only whether the port is open.
     */
    throw new InstanceStartError("probe", lines);
  }
  const ended = hasExited();
  await stop();
  await closed;
  /**
   * @decision An instance has started when it listens on its port; one that ends, or does not listen in time, has
   * failed.
   * @evidence recorded: firebase/firebase-tools#6465 and #7369: "failed to start and listen on the port". The minute
   * that it has here is the sandbox's own.
   * @matters deployment fails: a function that can't load its settings does not serve.
   */
  throw new InstanceStartError(ended ? "ended" : "silent", lines);
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on("line", onLine);
}

/** The port on which a process listens that has loaded bind-loopback.ts. Never resolves where it does not. */
export function announcedPort({ stdio: [, , , pipe] }: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    if (pipe instanceof Socket) pipe.once("data", (text) => resolve(Number(text)));
  });
}

/** Ends a process by a signal and, when it has not ended after the grace, by SIGKILL. */
async function end(
  child: ChildProcess,
  hasExited: () => boolean,
  signal: "SIGTERM" | "SIGKILL",
  grace: number,
): Promise<void> {
  if (hasExited()) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), grace);
  await exited;
  clearTimeout(timer);
}
