import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import fc from "fast-check";
import { runWorld } from "./run-world.ts";
import { type World, worlds } from "./world.ts";

/** What to explore. */
export interface Exploration {
  readonly worlds: number;
  readonly seed: number;
  /** Of a failure, to see the same world again. */
  readonly path?: string;
  /** The guarantee that is broken on purpose. */
  readonly broken?: string;
}

/** A promise was broken. */
export interface Failure {
  /** The smallest world in which it was, what was broken, and how to see it again. */
  readonly text: string;
}

/** How often a process reports how far it is, in worlds. */
const REPORT_EVERY = 500;

/**
 * Lets random worlds happen, in several processes at once, each with a part of them.
 *
 * @param report takes the number of worlds so far
 */
export async function explore(
  wanted: Exploration & { readonly processes: number; readonly report: (worlds: number) => void },
): Promise<Failure | undefined> {
  const { processes, report, ...exploration } = wanted;
  const counts = new Map<number, number>();
  const parts = Array.from({ length: Math.min(processes, wanted.worlds) }, (_, index) => ({
    ...exploration,
    seed: exploration.seed + index,
    worlds: Math.ceil((wanted.worlds - index) / processes),
  }));
  const outcomes = parts.map(async (part, index) => {
    const child = fork(join(import.meta.dirname, "explorer.ts"), [JSON.stringify(part)], {
      execArgv: part.broken === undefined ? [] : ["--import", import.meta.resolve("./break-on-load.ts")],
      env: { ...process.env, CHAOS_BREAK: part.broken },
    });
    let failure: Failure | undefined;
    child.on("message", (message: { readonly worlds: number } | Failure) => {
      if ("text" in message) {
        failure = message;
        return;
      }
      counts.set(index, message.worlds);
      report([...counts.values()].reduce((sum, count) => sum + count, 0));
    });
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`A process of the exploration ended with ${String(code)}.`);
    return failure;
  });
  return (await Promise.all(outcomes)).find((failure) => failure !== undefined);
}

/** Lets random worlds happen, one after the other. */
export async function exploreHere(
  { worlds: count, seed, path, broken }: Exploration,
  report: (worlds: number) => void,
): Promise<Failure | undefined> {
  let done = 0;
  const property = fc.asyncProperty(worlds, async (world) => {
    const wrong = await runWorld(world);
    done += 1;
    if (done % REPORT_EVERY === 0) report(done);
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
  });
  const details = await fc.check(property, {
    numRuns: count,
    seed,
    ...(path === undefined ? {} : { path }),
    // How small the world is does not matter to who only asks whether there is one.
    endOnFailure: broken !== undefined,
  });
  if (!details.failed) return undefined;
  const [world] = details.counterexample ?? [];
  return { text: describe(world, details.errorInstance, seed, details.counterexamplePath ?? "") };
}

function describe(world: World | undefined, error: unknown, seed: number, path: string): string {
  return [
    "A promise was broken:",
    error instanceof Error ? error.message : String(error),
    "",
    "The smallest world in which it is:",
    JSON.stringify(world, undefined, 2),
    "",
    "See it again:",
    `  npm run test:chaos -- --seed ${seed} --path ${path}`,
  ].join("\n");
}
