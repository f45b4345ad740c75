import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

/** A running process that serves a function. */
export interface Instance {
  readonly pid: number;
  readonly port: number;
  hasExited(): boolean;
  /** Ends it by SIGTERM and, when that does not help within the grace, by SIGKILL. */
  stop(graceMilliseconds?: number): Promise<void>;
}

/** What an instance is started with. */
export interface InstanceOptions {
  readonly command: string;
  readonly folder: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  readonly onExit: () => void;
}

/** The instance did not come up; the message says why, the last lines it wrote included. */
export class InstanceStartError extends Error {
  override readonly name = "InstanceStartError";
}

/** What is loaded into an instance before its own code. */
const PRELOADS = [
  ...["--import", import.meta.resolve("./bind-loopback.ts")],
  ...["--import", import.meta.resolve("./end-with-parent.ts")],
];
const START_MILLISECONDS = 60_000;
/** Between SIGTERM and SIGKILL (Cloud Run, Container contract: shutdown). */
const GRACE_MILLISECONDS = 10_000;
const KEPT_LINES = 30;

/** Starts a process and waits until it answers on its port. @throws InstanceStartError when it ends or is too slow */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const child = spawn(process.execPath, [...PRELOADS, options.command], {
    cwd: options.folder,
    env: options.environment,
    // The fourth tells the instance, by its end, that this process is gone.
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
  const stop = (grace = GRACE_MILLISECONDS) => end(child, hasExited, grace);

  const deadline = Date.now() + START_MILLISECONDS;
  while (!hasExited() && Date.now() < deadline) {
    if (await answers(options.port)) {
      return { pid: child.pid ?? 0, port: options.port, hasExited, stop };
    }
    await delay(10);
  }
  const reason = hasExited()
    ? "The process ended before it listened on its port."
    : `The process did not listen on its port within ${START_MILLISECONDS / 1000} s.`;
  await stop();
  await closed;
  throw new InstanceStartError([reason, ...lines].join("\n"));
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on("line", onLine);
}

function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

async function end(child: ChildProcess, hasExited: () => boolean, grace: number): Promise<void> {
  if (hasExited()) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), grace);
  await exited;
  clearTimeout(timer);
}
