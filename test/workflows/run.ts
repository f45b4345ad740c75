import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { runScriptHere } from "../support/script-here.ts";

const root = join(import.meta.dirname, "../..");

/** A runner of GitHub's, as far as the scripts see it: an empty folder, and a `pulumi` that does as it is set to. */
export interface Runner extends AsyncDisposable {
  readonly folder: string;
  /** Runs a script of .github/scripts there: one of Node.js's in this process, another one in a process of its own. */
  run(
    script: string,
    scriptArguments: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }>;
  /** Writes a file there. */
  write(name: string, text: string): Promise<void>;
}

/** @param pulumi what `pulumi` does, in bash */
export async function startRunner(pulumi = "exit 0"): Promise<Runner> {
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-workflows-"));
  const commands = join(folder, "commands");
  await mkdir(commands);
  await writeFile(join(commands, "pulumi"), `#!/usr/bin/env bash\n${pulumi}\n`, { mode: 0o755 });
  return {
    folder,
    async run(script, scriptArguments, more = {}) {
      const path = join(root, ".github/scripts", script);
      const environment = {
        PATH: [commands, dirname(process.execPath), process.env["PATH"]].join(delimiter),
        RUNNER_TEMP: folder,
        // Where Node.js finds what an earlier test compiled.
        NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
        GITHUB_OUTPUT: join(folder, "step-output.txt"),
        GITHUB_SERVER_URL: "https://github.example",
        GITHUB_REPOSITORY: "acme/identity",
        GITHUB_RUN_ID: "77",
        GITHUB_SHA: "0c0ffee",
        ...more,
      };
      if (script.endsWith(".ts")) {
        const { code, ...printed } = await runScriptHere(path, scriptArguments, { folder, environment });
        return { exitCode: code, ...printed };
      }
      return await new Promise((resolve) => {
        execFile(path, scriptArguments, { cwd: folder, env: environment }, (error, stdout, stderr) =>
          resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr }),
        );
      });
    },
    write: (name, text) => writeFile(join(folder, name), text),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
