import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

let runs = 0;

/** Works with other variables in place of this process's. */
export async function withEnvironment<Result>(
  variables: Environment,
  work: () => Promise<Result>,
): Promise<Result> {
  const before = { ...process.env };
  process.env = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined));
  try {
    return await work();
  } finally {
    process.env = before;
  }
}

/** Takes what this process prints while it works, one work at a time. @param work answers its exit code */
export async function takePrinted(work: () => Promise<number>): Promise<Ended> {
  const printed = { stdout: "", stderr: "" };
  const writes = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const stream of ["stdout", "stderr"] as const) {
    process[stream].write = (text: unknown) => {
      printed[stream] += String(text);
      return true;
    };
  }
  try {
    const code = await work();
    return { code, ...printed };
  } finally {
    Object.assign(process.stdout, { write: writes.stdout });
    Object.assign(process.stderr, { write: writes.stderr });
  }
}

/**
 * Runs a file in this process as `node FILE WORDS…` does in one of its own, which costs more than all that most files do. One at a
 * time: it takes this process's words, variables, folder and output. The file is evaluated anew; what it imports is not.
 *
 * @param path of the file
 */
export function runScriptHere(
  path: string,
  words: readonly string[],
  { folder = process.cwd(), environment = process.env }: { folder?: string; environment?: Environment } = {},
): Promise<Ended> {
  runs += 1;
  const url = `${pathToFileURL(path).href}?run=${runs}`;
  const before = { argv: process.argv, folder: process.cwd(), exitCode: process.exitCode };
  return takePrinted(async () => {
    process.argv = [process.execPath, path, ...words];
    process.exitCode = undefined;
    process.chdir(folder);
    try {
      return await withEnvironment(environment, async () => {
        await import(url);
        return Number(process.exitCode ?? 0);
      });
    } catch (error) {
      // As Node.js ends after an error that nothing takes.
      process.stderr.write(`${inspect(error)}\n`);
      return 1;
    } finally {
      process.chdir(before.folder);
      process.argv = before.argv;
      process.exitCode = before.exitCode;
    }
  });
}
