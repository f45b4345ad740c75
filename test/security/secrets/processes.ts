import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Canaries } from "./canaries.ts";
import type { SpawnRecord } from "./record-spawns.ts";
import { type Finding, type Place, walk } from "./walk.ts";

/** Reads what was noted of processes. */
export function readRecords(file: string): SpawnRecord[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** What a process is, worded as in the list of who may hold what. */
export function roleOf({ file, words, environment }: SpawnRecord): string {
  const program = basename(file);
  if (words.some((word) => word.includes("functions-framework"))) {
    const target = environment.find((pair) => pair.startsWith("FUNCTION_TARGET="));
    return `function ${target?.slice("FUNCTION_TARGET=".length)}`;
  }
  // A service's last argument is its entry point.
  if (words.includes("index.js")) return `function ${words.at(-1)}`;
  if (words.some((word) => word.endsWith("/cmd/run/index.js"))) return "program";
  if (words.includes("--check")) return "build";
  const entry = words.findIndex((word) => word.endsWith("/cli/index.ts"));
  if (entry !== -1) return words[entry + 1] ?? program;
  return program === "pulumi" && words.length > 0 ? "Pulumi CLI" : program;
}

/** The arguments of processes, as places to walk. */
export function argumentPlaces(records: readonly SpawnRecord[]): Place[] {
  return records.map((record) => ({
    name: `arguments of ${roleOf(record)}`,
    content: [record.file, ...record.words].join("\n"),
  }));
}

/** Which variable of which process holds what: `function receive: HOOK_SECRET holds the hook secret`. */
export function holders(records: readonly SpawnRecord[], canaries: Canaries): string[] {
  const places = records.flatMap((record) =>
    record.environment.map((pair) => ({
      name: `${roleOf(record)}: ${pair.slice(0, pair.indexOf("="))}`,
      content: pair,
    })),
  );
  const word = ({ place, kind }: Finding) => `${place} holds the ${kind}`;
  return [...new Set(walk(places, canaries.list()).map(word))].sort();
}

/**
 * Looks again and again at the processes that descend from this one, which finds those that others than Node.js start.
 * @returns what ends it, and answers what was seen; nothing where there is no /proc
 */
export function watchProcesses(): () => readonly SpawnRecord[] {
  const seen = new Map<string, SpawnRecord>();
  const parents = new Map<number, number>();
  const look = () => {
    for (const pid of descendants(process.pid, parents)) {
      const [words, environment] = [readList(pid, "cmdline"), readList(pid, "environ")];
      const [file, ...others] = words;
      if (file !== undefined) seen.set(`${pid} ${words.join(" ")}`, { file, words: others, environment });
    }
  };
  if (process.platform !== "linux") return () => [];
  const timer = setInterval(look, 20);
  return () => {
    look();
    clearInterval(timer);
    return [...seen.values()];
  };
}

/** @param parents what was read before, so that only new processes are read; brought up to date */
function descendants(ancestor: number, parents: Map<number, number>): number[] {
  const running = new Set(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number),
  );
  for (const pid of parents.keys()) if (!running.has(pid)) parents.delete(pid);
  for (const pid of running) {
    if (parents.has(pid)) continue;
    // The parent is the second field after the command, which stands in brackets and may hold anything.
    const parent = /^.*\) \S (\d+)/s.exec(read(`/proc/${pid}/stat`))?.[1];
    if (parent !== undefined) parents.set(pid, Number(parent));
  }
  const descends = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent === ancestor || (parent !== undefined && descends(parent));
  };
  return [...parents.keys()].filter(descends);
}

function readList(pid: number, name: string): string[] {
  return read(`/proc/${pid}/${name}`)
    .split("\0")
    .filter((part) => part !== "");
}

/** Empty for a process that has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
