import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { unzipSync } from "fflate";
import { buildArchive } from "../../infra/google/archive.ts";
import { freePort } from "./ports.ts";

/**
 * Binds what a process listens on to the loopback address, as the sandbox does. As plain JavaScript: a process that has to strip
 * types takes some 50 MB for it, which the figures of the function would hold.
 */
const { code } = await transform(
  await readFile(join(import.meta.dirname, "../../sandbox/google/run/bind-loopback.ts"), "utf8"),
  { loader: "ts", format: "esm" },
);
const loopbackOnly = `data:text/javascript,${encodeURIComponent(code)}`;

/** Nobody hears of a server that listens, as with a Node.js that no longer announces it. */
const unannounced = `data:text/javascript,${encodeURIComponent(
  'import channels from "node:diagnostics_channel"; channels.subscribe = () => {};',
)}`;

/** One line of a function's log. */
export type LogEntry = Readonly<Record<string, unknown>>;

/** A function of the very archive that is deployed, in a process of its own. */
export interface FunctionProcess {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** What it has logged so far; a line that is no JSON becomes {text}. */
  readonly entries: readonly LogEntry[];
  /** Waits for an entry, past or to come. */
  entry(matches: (entry: LogEntry) => boolean): Promise<LogEntry>;
  /** Ends the process and waits for its end. */
  stop(): Promise<void>;
}

/** What serves a function: a server that its code takes over, or the framework's own one where that is not announced. */
type Server = "functions-framework" | "functions-framework, unannounced" | "node";

/** Unpacks the archive for Cloud Run into a new folder. */
async function unpackServiceArchive(): Promise<string> {
  const { path } = await buildArchive("service");
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-test-"));
  await promisify(execFile)("tar", ["-xzf", path, "-C", folder]);
  return folder;
}

/** Unpacks the archive for Cloud Functions into a new folder, with the link to its functions-framework that `npm ci` makes. */
async function unpackArchive(): Promise<string> {
  const { path } = await buildArchive("functions");
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-test-"));
  for (const [name, bytes] of Object.entries(unzipSync(await readFile(path)))) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  await mkdir(join(folder, "node_modules/@google-cloud"), { recursive: true });
  await symlink(
    join(folder, "framework"),
    join(folder, "node_modules/@google-cloud/functions-framework"),
    "junction",
  );
  return folder;
}

/**
 * Starts a function as it is deployed, and waits until it listens.
 *
 * @param server what serves it: functions-framework on Cloud Functions, `node` on Cloud Run
 */
export async function startFunction(
  target: string,
  environment: Readonly<Record<string, string>>,
  server: Server = "functions-framework",
): Promise<FunctionProcess> {
  const folder = await (server === "node" ? unpackServiceArchive() : unpackArchive());
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [
      "--import",
      loopbackOnly,
      ...(server === "functions-framework, unannounced" ? ["--import", unannounced] : []),
      ...(server === "node"
        ? ["index.js", target]
        : [join(folder, "node_modules/@google-cloud/functions-framework/main.cjs")]),
    ],
    {
      cwd: folder,
      env: {
        PORT: String(port),
        NODE_ENV: "production",
        // Cloud Run sets it, and libraries decide by it (Cloud Run, "Container runtime contract").
        K_SERVICE: target,
        ...(server === "node" ? {} : { FUNCTION_TARGET: target }),
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const entries: LogEntry[] = [];
  const waiting = new Set<() => void>();
  const take = (line: string) => {
    entries.push(parseLine(line));
    for (const check of waiting) check();
  };
  createInterface({ input: child.stdout }).on("line", take);
  createInterface({ input: child.stderr }).on("line", take);

  const started: FunctionProcess = {
    url: `http://127.0.0.1:${port}`,
    port,
    process: child,
    entries,
    entry: (matches) =>
      new Promise((resolve) => {
        const check = () => {
          const found = entries.find(matches);
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
  await Promise.race([
    listening(started.url),
    once(child, "exit").then(([code]) => {
      throw new Error(`The function ended with ${code}: ${JSON.stringify(entries)}`);
    }),
  ]);
  return started;
}

/** Tries until something answers; each refused connection is a turn of the event loop, no pause is needed. */
async function listening(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(url, { method: "HEAD" });
      return;
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function parseLine(line: string): LogEntry {
  try {
    const value: unknown = JSON.parse(line);
    // A log line is an object by the test before it.
    if (typeof value === "object" && value !== null) return value as LogEntry;
  } catch {}
  return { text: line };
}
