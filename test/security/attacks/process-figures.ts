import { readFile } from "node:fs/promises";
import { describe } from "vitest";

/** Like `describe`, for tests that measure a process; elsewhere than on Linux they are skipped. */
export const describeMeasured = describe.skipIf(process.platform !== "linux");

/** Why they are skipped where they are. */
export const whyNotMeasured =
  "only Linux shows what another process has read and what memory it took (proc(5))";

/** The most memory that a process has had so far, in bytes (proc(5): VmHWM). */
export async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  if (kibibytes === undefined) throw new Error(`The system does not show the memory of process ${pid}.`);
  return Number(kibibytes) * 1024;
}

/** How much a process has read so far, from files and sockets, in bytes (proc(5): rchar). */
export async function bytesRead(pid: number): Promise<number> {
  const figures = await readFile(`/proc/${pid}/io`, "utf8");
  const [, bytes] = /^rchar: (\d+)$/m.exec(figures) ?? [];
  if (bytes === undefined) throw new Error(`The system does not show what process ${pid} has read.`);
  return Number(bytes);
}
