import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { announcedPort, loopbackPreload } from "../../sandbox/google/run/instance.ts";
import { createReader } from "./http-text.ts";
import { cpuTimeOf, type Pinning } from "./machine.ts";

/** What a server is started with. */
export interface ServerOptions {
  readonly folder: string;
  /** Relative to the folder. */
  readonly command: string;
  /** What follows the command. */
  readonly words?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Added to Node's own. */
  readonly nodeOptions?: readonly string[];
}

/** A process that serves. */
export interface Server {
  readonly pid: number;
  readonly port: number;
  /** From its start to the answer of the first request, in milliseconds. */
  readonly answeredAfter: number;
  /** CPU time that it had needed by then, in milliseconds. */
  readonly cpu: number;
  /** @param signal SIGKILL by default */
  stop(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/** Starts servers the same way, each on the core that is kept for it. */
export interface Starter extends Disposable {
  /**
   * @param request sent as soon as somebody listens
   * @param expect the status of its answer
   * @throws Error when there is another, or none
   */
  start(options: ServerOptions, request: Uint8Array, expect: number): Promise<Server>;
}

/** How long a server may take to listen, in milliseconds. */
const START_WITHIN = 120_000;

/** What Node.js allows itself in an instance of 512 MiB; here it would see the whole machine's memory, and collect later. */
const HEAP = "--max-old-space-size=256";

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
// Without a listener a signal ends the process before that.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/**
 * Standard output goes into a pipe that another process reads, as on Cloud Run, so that a line that is logged costs what it
 * costs there.
 *
 * @param folder for files of its own
 */
export async function createStarter(folder: string, pinning: Pinning | undefined): Promise<Starter> {
  const pipe = join(folder, "log");
  execFileSync("mkfifo", [pipe]);
  const reader = spawn("cat", [pipe], { stdio: "ignore" });
  running.add(reader);
  const log = openSync(pipe, "w");

  const start: Starter["start"] = async (options, request, expect) => {
    const { folder: cwd, command, words = [], environment, nodeOptions = [] } = options;
    const node = [
      process.execPath,
      HEAP,
      ...nodeOptions,
      "--require",
      loopbackPreload(),
      join(cwd, command),
      ...words,
    ];
    const [program = "", ...programWords] =
      pinning === undefined ? node : ["taskset", "-c", pinning.server, ...node];
    const began = performance.now();
    const child = spawn(program, programWords, {
      cwd,
      env: environment,
      stdio: ["ignore", log, log, "pipe"],
    });
    running.add(child);
    const exited = once(child, "exit").then(() => void running.delete(child));
    const late = delay(START_WITHIN, undefined, { ref: false });
    const port = await Promise.race([announcedPort(child), exited, late]);
    const status = port === undefined ? undefined : await firstAnswer(port, request);
    const answeredAfter = performance.now() - began;
    if (port === undefined || status !== expect || child.pid === undefined || child.exitCode !== null) {
      child.kill("SIGKILL");
      await exited;
      throw new Error(
        `${cwd} answered its first request with ${status ?? "nothing"} instead of ${expect}.\n${complaint(node, cwd, environment)}`,
      );
    }
    return {
      pid: child.pid,
      port,
      answeredAfter,
      cpu: cpuTimeOf(child.pid),
      async stop(signal = "SIGKILL") {
        child.kill(signal);
        await exited;
      },
    };
  };
  return {
    start,
    [Symbol.dispose]() {
      closeSync(log);
      running.delete(reader);
      reader.kill("SIGKILL");
    },
  };
}

/** @returns the status of the answer; undefined when there was none */
function firstAnswer(port: number, request: Uint8Array): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const end = (status?: number) => {
      resolve(status);
      socket.destroy();
    };
    socket.on(
      "data",
      createReader(({ head }) => end(Number(head.slice(9, 12)))),
    );
    socket.on("close", () => end()).on("error", () => end());
    socket.write(request);
  });
}

/** What a server that does not start has to say. */
function complaint(
  node: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): string {
  const [program = "", ...words] = node;
  const { stdout, stderr } = spawnSync(program, words, {
    cwd,
    env: environment,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    timeout: 3_000,
    encoding: "utf8",
  });
  return `${stdout}${stderr}`.slice(-2_000);
}
