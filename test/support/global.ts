import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { TestProject } from "vitest/node";

/** The variable in which this system keeps the folder for temporary files. */
const FOLDER_VARIABLE = process.platform === "win32" ? "TEMP" : "TMPDIR";

/** How long a process that was ended may take to be gone, in milliseconds; on a busy machine that takes seconds. */
const GONE_WITHIN_MS = 60_000;

/**
 * Gives the test run a folder of its own for everything temporary, and removes it when the run has ended.
 *
 * @returns fails the run if a process that a test started is left
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const before = process.env[FOLDER_VARIABLE];
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-tests-"));
  process.env[FOLDER_VARIABLE] = folder;
  // Workers, and the processes that inherit the variable, compile packages once.
  process.env["NODE_COMPILE_CACHE"] ??= join(folder, "compile-cache");
  // In watch mode, what was made of the source before it changed.
  project.onTestsRerun(async () => {
    for (const name of ["archive-for-functions", "archive-for-service"])
      await rm(join(folder, name), { recursive: true, force: true });
  });
  return async () => {
    if (before === undefined) delete process.env[FOLDER_VARIABLE];
    else process.env[FOLDER_VARIABLE] = before;
    const deadline = Date.now() + GONE_WITHIN_MS;
    let left = processesOf(folder);
    while (left.length > 0 && Date.now() < deadline) {
      await delay(20);
      left = processesOf(folder);
    }
    // A worker that ends may still write to the compile cache in it.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    if (left.length > 0) {
      throw new Error(
        `Tests left processes running. End each one in the test that starts it:\n${left.join("\n")}`,
      );
    }
  };
}

/**
 * The processes that a test run started: the folder is in their environment, or they work in it, so one whose parent is gone is
 * found as well.
 *
 * @returns a line for each, with its id and command; nothing where there is no /proc
 */
function processesOf(folder: string): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const [command, environment] = [read(pid, "cmdline"), read(pid, "environ")];
      const isOfRun = environment.includes(folder) || workingFolder(pid).startsWith(folder);
      // Vitest ends its own processes.
      const isVitest = /^node \(vitest|^vitest-watchdog|vitest[/\\]dist[/\\]workers/.test(command);
      return isOfRun && !isVitest ? [`${pid} ${command.replaceAll("\0", " ").slice(0, 200)}`] : [];
    });
}

/** Empty for a process that has ended meanwhile, or is somebody else's. */
function read(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

function workingFolder(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}
