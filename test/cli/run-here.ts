import { runNamed } from "../../cli/run.ts";
import { type Ended, type Environment, takePrinted, withEnvironment } from "../support/script-here.ts";

export type { Ended };

/** Runs a command in this process, one at a time: it takes what this process prints. @param words the command's name and its words */
export function runHere(words: readonly string[], variables: Environment): Promise<Ended> {
  const { signal } = new AbortController();
  return takePrinted(() => withEnvironment(variables, () => runNamed(words, signal)));
}
