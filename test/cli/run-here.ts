import { runNamed } from "../../cli/run.ts";

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

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

/** Runs a command in this process, one at a time: it takes what this process prints. @param words the command's name and its words */
export async function runHere(words: readonly string[], variables: Environment): Promise<Ended> {
  const printed = { stdout: "", stderr: "" };
  const writes = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const stream of ["stdout", "stderr"] as const) {
    process[stream].write = (text: unknown) => {
      printed[stream] += String(text);
      return true;
    };
  }
  try {
    const { signal } = new AbortController();
    const code = await withEnvironment(variables, () => runNamed(words, signal));
    return { code, ...printed };
  } finally {
    Object.assign(process.stdout, { write: writes.stdout });
    Object.assign(process.stderr, { write: writes.stderr });
  }
}
