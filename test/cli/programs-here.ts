import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

/** What a program would print, or why there is no output: `missing` where there is no such program. */
export type Answer = { readonly stdout: string } | { readonly stderr: string } | "missing";

/** A program in this process. @param words with which it is called, with a space between them */
export type Program = (words: string) => Answer;

/**
 * Works with programs that answer in this process in place of processes, which cost more than all that a command does.
 * Other programs are started as ever.
 */
export async function withPrograms<Result>(
  programs: ReadonlyMap<string, Program>,
  work: () => Promise<Result>,
): Promise<Result> {
  const { execFile } = childProcess;
  const answering = (file: string, ...values: readonly unknown[]): unknown => {
    const program = programs.get(file);
    if (program === undefined) return Reflect.apply(execFile, childProcess, [file, ...values]);
    // As cli/ calls it: the words, the options, and what takes the end.
    const [words, , done] = values;
    if (!Array.isArray(words) || typeof done !== "function") throw new Error(`${file} is called otherwise.`);
    const answer = program(words.join(" "));
    setImmediate(() => {
      if (answer === "missing")
        done(Object.assign(new Error(`spawn ${file} ENOENT`), { code: "ENOENT" }), "", "");
      else if ("stdout" in answer) done(null, answer.stdout, "");
      else done(Object.assign(new Error("Command failed"), { code: 255 }), "", answer.stderr);
    });
    return { stdin: { end: () => undefined } };
  };
  Reflect.set(childProcess, "execFile", answering);
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    Reflect.set(childProcess, "execFile", execFile);
    syncBuiltinESMExports();
  }
}
