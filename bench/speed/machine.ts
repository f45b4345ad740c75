import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

/** Which cores the processes of a benchmark run on; undefined where they are left to the system. */
export interface Pinning {
  /** For the server that is measured, a list as taskset takes it. */
  readonly server: string;
  /** For the load client and for what stands in for Google and Okta. */
  readonly others: string;
}

/** What a benchmark ran on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** In GiB. */
  readonly memory: number;
  readonly system: string;
  readonly pinned: boolean;
}

/** Gives the server one core, as an instance with one vCPU has it, and the rest to everything else. */
export function pinSelf(): Pinning | undefined {
  const allowed = coresOf(readFileSync("/proc/self/status", "utf8"));
  const [server, ...others] = allowed;
  if (server === undefined || others.length === 0) return undefined;
  const pinning = { server: String(server), others: others.join(",") };
  const { status } = spawnSync("taskset", ["-a", "-c", "-p", pinning.others, String(process.pid)]);
  return status === 0 ? pinning : undefined;
}

/** The cores of `Cpus_allowed_list`, such as `0-2,5` (Linux, proc_pid_status(5)). */
function coresOf(status: string): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

export function describeMachine(pinning: Pinning | undefined): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memory: Math.round(totalmem() / 2 ** 30),
    system: `Linux ${release().split("-", 1)[0]}`,
    pinned: pinning !== undefined,
  };
}

/** Ticks of a second in which Linux counts CPU time. */
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** CPU time of a process with all its threads, in milliseconds (Linux, proc_pid_stat(5): utime, stime). */
export function cpuTimeOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name before it is in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1000;
}

/** Memory of a process in MiB: now, and the most it ever had (Linux, proc_pid_status(5): VmRSS, VmHWM). */
export function memoryOf(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
  return { now: field("VmRSS"), most: field("VmHWM") };
}
