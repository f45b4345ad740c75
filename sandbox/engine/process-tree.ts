import { execFileSync } from "node:child_process";

/**
 * Kills a process and all that descend from it, at once. Pulumi's own language host has a process group of its own, and would
 * outlive a CLI that is killed by minutes.
 */
export function killTree(pid: number): void {
  if (process.platform === "win32") {
    run("taskkill", ["/pid", String(pid), "/T", "/F"]);
    return;
  }
  const parents = run("ps", ["-A", "-o", "pid=,ppid="])
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
function run(command: string, words: readonly string[]): string {
  try {
    return execFileSync(command, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}
