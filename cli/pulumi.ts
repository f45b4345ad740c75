import { execFile } from "node:child_process";
import { AccessError } from "./command.ts";

/** There is no Pulumi CLI on the PATH. */
export class NoPulumiError extends AccessError {
  constructor() {
    super("There is no Pulumi CLI on the PATH. Install it: https://www.pulumi.com/docs/install/");
  }
}

/** The Pulumi CLI refused. */
export class PulumiError extends AccessError {
  /** What it wrote, without what surrounds it. */
  readonly reason: string;

  constructor(words: readonly string[], reason: string) {
    super(`pulumi ${words.slice(0, 2).join(" ")} failed. It says:\n${reason}`);
    this.reason = reason;
  }
}

function isLate({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

/**
 * Runs the Pulumi CLI, which must fail instead of asking.
 *
 * @param root the folder of Pulumi.yaml, unless it is the one in which the command runs
 * @returns what it writes on standard output
 * @throws NoPulumiError; PulumiError; what an aborted signal throws
 */
export function runPulumi(words: readonly string[], signal: AbortSignal, root?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { signal, maxBuffer: 2 ** 28, ...(root === undefined ? {} : { cwd: root }) };
    const child = execFile("pulumi", words, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (signal.aborted) reject(isLate(signal) ? new PulumiError(words, "It does not end.") : error);
      else if (error.code === "ENOENT") reject(new NoPulumiError());
      else reject(new PulumiError(words, stderr.trim() || error.message));
    });
    child.stdin?.end();
  });
}
