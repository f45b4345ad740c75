import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { type Workspace, workspaceEnvironment } from "../../../sandbox/engine/workspace.ts";
import { type Sandbox, startSandbox } from "../../engine/support.ts";
import { readPlaces } from "./files.ts";
import { signPeopleIn } from "./people.ts";
import { type Seen, startWatch, type Watch } from "./watch.ts";

const execute = promisify(execFile);
const home = join(import.meta.dirname, "../../..");

/** A run of Pulumi's own engine under watch. */
export interface EngineRun {
  readonly sandbox: Sandbox;
  readonly watch: Watch;
  /** Runs the engine to a good end. */
  run(verb: "preview" | "up" | "refresh" | "destroy", ...words: readonly string[]): Promise<void>;
}

/** Deploys the program with Pulumi's own engine under watch. @param root where the program is */
export async function watchEngine(
  use: (run: EngineRun) => Promise<void>,
  root: string = home,
): Promise<Seen> {
  const began = Date.now();
  const watch = await startWatch();
  let seen: Seen | undefined;
  try {
    // What is looked at are the variables and the files of each process.
    const running = { ownProcesses: true, leavesAll: true };
    const sandbox = await startSandbox({}, { root }, watch.observe, undefined, running);
    try {
      const { clouds, workspace } = sandbox;
      watch.canaries.add("Okta API token", clouds.okta.apiToken);
      watch.canaries.add("Google token of who deploys", clouds.google.deployerToken);
      watch.canaries.add("passphrase", String(workspace.variables["PULUMI_CONFIG_PASSPHRASE"]));
      await use({
        sandbox,
        watch,
        async run(verb, ...words) {
          const { code, text } = await sandbox.attempt(verb, words);
          watch.note([verb, ...words].join(" "), text);
          expect(code, text).toBe(0);
          await watch.files.look();
        },
      });
    } finally {
      await sandbox.close();
    }
    for (const { name, content } of await readPlaces("dist", join(root, "dist"), began))
      watch.note(name, content);
  } finally {
    seen = await watch.end();
  }
  return seen;
}

/** What the CLI prints to anybody who may read the stack, by command. */
const readings = [
  ["stack"],
  ["stack", "output"],
  ["stack", "output", "--json"],
  ["stack", "export"],
  ["stack", "history"],
  ["stack", "history", "--json"],
  ["config"],
  ["config", "--json"],
];

/** Reads the stack in every way that does not ask for secrets. */
export async function readStack({ sandbox: { workspace }, watch }: EngineRun): Promise<void> {
  for (const words of readings) watch.note(words.join(" "), await runPulumi(workspace, words));
}

/** The whole life of a stack: previews, updates, sign-ins, a rotation of everything, a refresh, the end. */
export async function liveWholly(engine: EngineRun): Promise<void> {
  const { run, sandbox, watch } = engine;
  await run("preview");
  await run("preview", "--diff");
  await run("up", "--diff");
  await signPeopleIn(sandbox.clouds, watch.canaries);
  await sandbox.workspace.configure({
    "signin-groups:hookSecretRotation": "2",
    "signin-groups:signingKeyRotation": "2",
  });
  await run("preview", "--json");
  await run("preview", "--diff");
  await run("up");
  await signPeopleIn(sandbox.clouds, watch.canaries);
  await run("refresh", "--diff");
  await readStack(engine);
  await run("destroy", "--diff");
}

/** Runs any command of the CLI. @param input what it reads @returns what it prints */
export async function runPulumi(workspace: Workspace, words: readonly string[], input = ""): Promise<string> {
  const file = words[0] === "config" ? ["--config-file", workspace.configFile] : [];
  const running = execute(workspace.cli, [...words, ...file, "--non-interactive"], {
    cwd: workspace.root,
    env: workspaceEnvironment(workspace),
    maxBuffer: 2 ** 26,
  });
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running;
  return stdout + stderr;
}
