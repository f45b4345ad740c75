/** `npm run sandbox`: the Pulumi CLI on a sandbox that is up. */
import { spawn } from "node:child_process";
import { exitCodes, parseOptions, runCommand, text } from "../../cli/command.ts";
import { withLanguageHost } from "./run.ts";
import { type RunningSandbox, runningSandboxes, type Workspace } from "./workspace.ts";

const usage = `Usage: npm run sandbox -- [--pid PID] COMMAND [ARGUMENTS]

Runs the Pulumi CLI on the stack of a sandbox that is up (npm start -- --stay --engine pulumi, in another terminal), with
its state, its configuration and its providers. Every command and option of the CLI works; only --policy-pack needs a CLI
that was installed, since npm run engine:build builds none of what runs policies:

  npm run sandbox -- preview --diff
  npm run sandbox -- config set grantConcurrency 10
  npm run sandbox -- up
  npm run sandbox -- refresh
  npm run sandbox -- stack output
  npm run sandbox -- destroy

  --pid PID  which sandbox, where more than one is up
  --help     print this
`;

/** The commands that read or write the stack's configuration, which is not where they would look for it. */
const configured = new Set(["preview", "up", "update", "refresh", "destroy", "config"]);

/** No sandbox is up, or more than one; the message says what to do. */
class NoSandboxError extends Error {
  override readonly name = "NoSandboxError";
}

const words = process.argv.slice(2);
const start = words.findIndex((word, index) => !word.startsWith("-") && words[index - 1] !== "--pid");
const own = start < 0 ? words : words.slice(0, start);
const command = start < 0 ? [] : words.slice(start);

async function run(): Promise<number> {
  const { pid } = parseOptions(own, { pid: text });
  if (command.length === 0) {
    process.stderr.write(usage);
    return exitCodes.usage;
  }
  const { workspace } = choose(await runningSandboxes(), pid);
  return await runInTerminal(workspace, command);
}

function choose(running: readonly RunningSandbox[], pid: string | undefined): RunningSandbox {
  const wanted = pid === undefined ? running : running.filter((sandbox) => String(sandbox.pid) === pid);
  const [first, second] = wanted;
  if (first !== undefined && second === undefined) return first;
  const pids = running.map((sandbox) => sandbox.pid).join(", ");
  if (first !== undefined)
    throw new NoSandboxError(`More than one sandbox is up: choose one by --pid (${pids}).`);
  if (running.length > 0) throw new NoSandboxError(`No sandbox is up with --pid ${pid}: there is ${pids}.`);
  throw new NoSandboxError(
    "No sandbox is up: start one in another terminal, npm start -- --stay --engine pulumi",
  );
}

async function runInTerminal(workspace: Workspace, [verb = "", ...rest]: readonly string[]): Promise<number> {
  const configuration = configured.has(verb) ? ["--config-file", workspace.configFile] : [];
  // A Ctrl-C reaches the CLI as well, which ends in an orderly way; this process waits for that.
  process.on("SIGINT", () => {});
  return await withLanguageHost(workspace, async (env) => {
    const child = spawn(workspace.cli, [verb, ...configuration, ...rest], {
      cwd: workspace.root,
      env,
      stdio: "inherit",
    });
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? 1));
    });
  });
}

try {
  await runCommand(usage, run, own);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof NoSandboxError ? exitCodes.usage : exitCodes.failed;
}
