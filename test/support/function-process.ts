import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { buildArchive } from "../../infra/google/archive.ts";
import type { Hosting } from "../../infra/settings.ts";
import { announcedPort, loopbackPreload } from "../../sandbox/google/run/instance.ts";
import { PORT } from "../../sandbox/google/run/template.ts";
import { collectEntries, type Entries } from "./entries.ts";

/** What is loaded so that nobody hears of a server that listens, as with a Node.js that no longer announces it. */
const unannounced = join(await mkdtemp(join(tmpdir(), "preload-")), "unannounced.cjs");
await writeFile(unannounced, 'require("node:diagnostics_channel").subscribe = () => {};');

/** A function of the very archive that is deployed, in a process of its own. */
export interface FunctionProcess extends Entries {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Ends the process and waits for its end. */
  stop(): Promise<void>;
}

/** What serves a function: a server that its code takes over, or the framework's own one where that is not announced. */
export type Server = "functions-framework" | "functions-framework, unannounced" | "node";

/** The unpacked archive: one folder for all processes of a test run, which only read it. */
async function unpackedArchive(hosting: Hosting): Promise<string> {
  const folder = join(tmpdir(), `archive-for-${hosting}`);
  if (existsSync(folder)) return folder;
  const unfinished = await mkdtemp(join(tmpdir(), "archive-"));
  await (hosting === "service" ? unpackForService(unfinished) : unpackForFunctions(unfinished, folder));
  await rename(unfinished, folder).catch(async (error: unknown) => {
    // Another test file was faster.
    if (!existsSync(folder)) throw error;
    await rm(unfinished, { recursive: true });
  });
  return folder;
}

/** Unpacks the archive for Cloud Run. */
async function unpackForService(folder: string): Promise<void> {
  const { path } = await buildArchive("service");
  await promisify(execFile)("tar", ["-xzf", path, "-C", folder]);
}

/**
 * Unpacks the archive for Cloud Functions, with the link to its functions-framework that `npm ci` makes.
 *
 * @param destination where the folder will be
 */
async function unpackForFunctions(folder: string, destination: string): Promise<void> {
  const { path } = await buildArchive("functions");
  for (const [name, bytes] of Object.entries(unzipSync(await readFile(path)))) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  await mkdir(join(folder, "node_modules/@google-cloud"), { recursive: true });
  await symlink(
    join(destination, "framework"),
    join(folder, "node_modules/@google-cloud/functions-framework"),
    "junction",
  );
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
  const folder = await unpackedArchive(server === "node" ? "service" : "functions");
  const child = spawn(
    process.execPath,
    [
      "--require",
      loopbackPreload(),
      ...(server === "functions-framework, unannounced" ? ["--require", unannounced] : []),
      ...(server === "node"
        ? ["index.js", target]
        : [join(folder, "node_modules/@google-cloud/functions-framework/main.cjs")]),
    ],
    {
      cwd: folder,
      env: {
        PORT: String(PORT),
        NODE_ENV: "production",
        // Cloud Run sets it, and libraries decide by it (Cloud Run, "Container runtime contract").
        K_SERVICE: target,
        ...(server === "node" ? {} : { FUNCTION_TARGET: target }),
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    },
  );
  const { take, ...logged } = collectEntries();
  for (const output of [child.stdout, child.stderr]) {
    if (output !== null) createInterface({ input: output }).on("line", take);
  }

  const port = await Promise.race([
    announcedPort(child),
    // All that it wrote has been read by then.
    once(child, "close").then(([code]) => {
      throw new Error(`The function ended with ${code}: ${JSON.stringify(logged.entries)}`);
    }),
  ]);
  return {
    ...logged,
    url: `http://127.0.0.1:${port}`,
    port,
    process: child,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
    },
  };
}
