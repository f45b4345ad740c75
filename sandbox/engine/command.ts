/** `npm run sandbox`: the Pulumi CLI on a sandbox that is up. */
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { AccessError, exitCodes, parseOptions, runCommand, text } from "../../cli/command.ts";
import { withLanguageHost } from "./run.ts";
import { type RunningSandbox, runningSandboxes, type Workspace, workspaceEnvironment } from "./workspace.ts";

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

The project's own commands work on it as well, with the owner's credentials for both clouds:

  npm run sandbox -- doctor
  npm run sandbox -- smoke
  npm run sandbox -- acceptance --dry-run
  npm run sandbox -- replay --since 1h

  --pid PID  which sandbox, where more than one is up
  --help     print this
`;

/** The commands that read or write the stack's configuration, which is not where they would look for it. */
const configured = new Set(["preview", "up", "update", "refresh", "destroy", "config"]);

/** The project's own commands, and whether they read the stack's configuration. */
const ownCommands: ReadonlyMap<string, { readonly isConfigured: boolean }> = new Map([
  ["doctor", { isConfigured: true }],
  ["smoke", { isConfigured: true }],
  ["acceptance", { isConfigured: true }],
  ["replay", { isConfigured: false }],
]);

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
  const sandbox = choose(await runningSandboxes(), pid);
  const [verb = ""] = command;
  return ownCommands.has(verb)
    ? await runOwn(sandbox, command)
    : await runInTerminal(sandbox.workspace, command);
}

/** @throws AccessError when no sandbox is up, or more than one; the message says what to do */
function choose(running: readonly RunningSandbox[], pid: string | undefined): RunningSandbox {
  const wanted = pid === undefined ? running : running.filter((sandbox) => String(sandbox.pid) === pid);
  const [first, second] = wanted;
  if (first !== undefined && second === undefined) return first;
  const pids = running.map((sandbox) => sandbox.pid).join(", ");
  if (first !== undefined)
    throw new AccessError(`More than one sandbox is up: choose one by --pid (${pids}).`);
  if (running.length > 0) throw new AccessError(`No sandbox is up with --pid ${pid}: there is ${pids}.`);
  throw new AccessError(
    "No sandbox is up: start one in another terminal, npm start -- --stay --engine pulumi",
  );
}

/** Runs a command of the project on the sandbox's stack and clouds. */
async function runOwn(
  { workspace, commandVariables }: RunningSandbox,
  [name = "", ...rest]: readonly string[],
): Promise<number> {
  const entry = join(import.meta.dirname, "../../cli/index.ts");
  const configuration = ownCommands.get(name)?.isConfigured ? ["--config-file", workspace.configFile] : [];
  const { PATH = "", ...environment } = workspaceEnvironment(workspace);
  process.on("SIGINT", () => {});
  return await runToEnd(
    process.execPath,
    [entry, name, "--stack", workspace.stack, ...configuration, ...rest],
    {
      cwd: workspace.root,
      env: {
        ...environment,
        ...commandVariables, // The sandbox runs the program with this Node.js.
        PATH: [dirname(workspace.cli), dirname(process.execPath), PATH].join(delimiter),
      },
    },
  );
}

async function runInTerminal(workspace: Workspace, [verb = "", ...rest]: readonly string[]): Promise<number> {
  const configuration = configured.has(verb) ? ["--config-file", workspace.configFile] : [];
  // A Ctrl-C reaches the CLI as well, which ends in an orderly way; this process waits for that.
  process.on("SIGINT", () => {});
  return await withLanguageHost(workspace, async (env) => {
    return await runToEnd(workspace.cli, [verb, ...configuration, ...rest], { cwd: workspace.root, env });
  });
}

/** Runs a program in this terminal. @returns its exit code */
function runToEnd(
  program: string,
  words: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<number> {
  const child = spawn(program, words, { ...options, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

await runCommand(usage, run, own);
