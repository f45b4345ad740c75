import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { necessaryEnvironment, type ProgramExit, type ProgramStart } from "../../sandbox/deploy/program.ts";

let host: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a program in a process that the programs of a worker's tests share, one after the other: for tests of something else than
 * how a program is run, which `sandbox/deploy/program.ts` does in a process for each, as Pulumi does.
 *
 * @throws Error when the program needs a process of its own: to be compiled, or with arguments for Node.js
 */
export function runInSharedProcess(start: ProgramStart): Promise<ProgramExit> {
  const { runtimeOptions } = start;
  if (runtimeOptions["typescript"] !== false || "nodeargs" in runtimeOptions) {
    throw new Error("This program needs a process of its own.");
  }
  const exit = last.then(() => runNow(start));
  last = exit.catch(() => undefined);
  return exit;
}

async function runNow({ signal, ...start }: ProgramStart): Promise<ProgramExit> {
  signal?.throwIfAborted();
  host ??= startHost();
  const child = host;
  const done = new AbortController();
  signal?.addEventListener("abort", () => child.kill("SIGKILL"), { signal: done.signal });
  child.send(start);
  try {
    return await Promise.race([
      once(child, "message", { signal: done.signal }).then(([exit]) => exit),
      once(child, "exit", { signal: done.signal }).then(([code]) => {
        if (signal?.aborted) return { code: null, standardOutput: "", standardError: "" };
        throw new Error(`The process of the programs ended with ${String(code)}.`);
      }),
    ]);
  } finally {
    done.abort();
  }
}

/** Ends the process, so that the next program is loaded anew: its files have changed. */
export function endSharedProcess(): void {
  host?.kill("SIGKILL");
  host = undefined;
}

function startHost(): ChildProcess {
  const child = fork(fileURLToPath(import.meta.resolve("./program-host.ts")), {
    // As in the tests' own processes.
    execArgv: ["--max-semi-space-size=64"],
    env: necessaryEnvironment(),
  });
  // It ends with this process, and does not keep it. One whose parent was killed ends by itself.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => {
    process.off("exit", kill);
    if (host === child) host = undefined;
  });
  child.unref();
  child.channel?.unref();
  return child;
}
