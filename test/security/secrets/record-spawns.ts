/**
 * Notes every process that a process starts, with its arguments and its environment. Loaded into Node.js processes by
 * NODE_OPTIONS, which this itself hands on to whatever is started, so that no process is too short-lived to be seen.
 */
import childProcess, { ChildProcess } from "node:child_process";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** A process that was started. */
export interface SpawnRecord {
  readonly file: string;
  readonly words: readonly string[];
  /** `NAME=value` each. */
  readonly environment: readonly string[];
}

/** Names the file in which processes are noted. */
const FILE_VARIABLE = "SPAWN_RECORD";
const load = `--import=${import.meta.url}`;

/** What Node.js itself hands to the start of a process (lib/internal/child_process.js). */
interface SpawnOptions {
  readonly file: string;
  readonly args?: readonly string[];
  envPairs?: readonly string[];
}

/** Notes every process that is started from now on, by this process and by those that it starts. @returns what ends it */
export function recordSpawns(file: string): () => void {
  const start: unknown = Reflect.get(ChildProcess.prototype, "spawn");
  if (typeof start !== "function") throw new Error("Node.js starts processes in another way now.");
  const write = (record: SpawnRecord) => appendFileSync(file, `${JSON.stringify(record)}\n`);

  function recorded(this: ChildProcess, options: SpawnOptions): unknown {
    const environment = options.envPairs ?? [];
    write({ file: options.file, words: options.args ?? [], environment });
    const ofNode = environment
      .find((pair) => pair.startsWith("NODE_OPTIONS="))
      ?.slice("NODE_OPTIONS=".length);
    options.envPairs = [
      ...environment.filter((pair) => !/^(NODE_OPTIONS|SPAWN_RECORD)=/.test(pair)),
      `NODE_OPTIONS=${ofNode?.includes(load) ? ofNode : [ofNode, load].join(" ").trim()}`,
      `${FILE_VARIABLE}=${file}`,
    ];
    return Reflect.apply(start as (options: SpawnOptions) => unknown, this, [options]);
  }

  const originals = (["spawnSync", "execSync", "execFileSync"] as const).map((name) => {
    const original = childProcess[name];
    const noting = (...values: readonly unknown[]): unknown => {
      const given = values.find(
        (value) => typeof value === "object" && !Array.isArray(value) && value !== null,
      );
      const variables: NodeJS.ProcessEnv = Reflect.get(Object(given), "env") ?? process.env;
      write({
        file: String(values[0]),
        words: Array.isArray(values[1]) ? values[1].map(String) : [],
        environment: Object.entries(variables).map(([key, value]) => `${key}=${value}`),
      });
      return Reflect.apply(original, childProcess, values);
    };
    Reflect.set(childProcess, name, noting);
    return [name, original] as const;
  });
  Reflect.set(ChildProcess.prototype, "spawn", recorded);
  syncBuiltinESMExports();
  return () => {
    Reflect.set(ChildProcess.prototype, "spawn", start);
    for (const [name, original] of originals) Reflect.set(childProcess, name, original);
    syncBuiltinESMExports();
  };
}

const file = process.env[FILE_VARIABLE];
if (file !== undefined) recordSpawns(file);
