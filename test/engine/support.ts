import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Operations } from "../../cli/engine-log.ts";
import { findCli } from "../../sandbox/engine/cli.ts";
import { createStack, type StackOptions } from "../../sandbox/engine/deployment.ts";
import { type RunOptions, type RunOutcome, runEngine, type Verb } from "../../sandbox/engine/run.ts";
import type { OwnWorkspace } from "../../sandbox/engine/workspace.ts";
import { type Clouds, programFor, startClouds } from "../../sandbox/environment.ts";
import type { GoogleNotice } from "../../sandbox/google/notices.ts";
import type { OktaNotice } from "../../sandbox/okta/model/notices.ts";
import { runInSharedProcess } from "../support/programs.ts";
import { noteFigure } from "./figures.ts";

const cli = await findCli();

/** Like `describe`, for tests that need the Pulumi CLI; without one they are skipped. */
export const describeEngine = describe.skipIf(cli === undefined);

/** How long a test of the whole program may take, in milliseconds. */
export const wholeProgram = 300_000;

/** A stack under test. */
export interface Stack {
  readonly workspace: OwnWorkspace;
  /** Runs the engine, and answers what it did. @throws Error with its complaints when it fails */
  run(verb: Verb, ...words: readonly string[]): Promise<Operations>;
  /** Runs the engine, and answers how that ended, however it did. */
  attempt(
    verb: Verb,
    words?: readonly string[],
    options?: RunOptions,
  ): Promise<RunOutcome & { text: string }>;
  close(): Promise<void>;
}

/** How the programs of a stack run, and what the CLI leaves. */
interface Running {
  /**
   * Whether each program has a process of its own, as with Pulumi's host; otherwise they share one, which ends when a test edits a
   * file of theirs. Unless given, only the project's own program in its place shares one.
   */
  readonly ownProcesses?: boolean;
  /**
   * Whether the CLI leaves what nobody here looks at: a log of its own, and a copy of each state before the next. They take a
   * fifth of its time.
   */
  readonly leavesAll?: boolean;
}

/** The program of this project, which no test changes in its place. */
const home = join(import.meta.dirname, "../..");

/** An empty stack of a program, with providers to attach to. */
export async function startStack({
  ownProcesses,
  leavesAll = false,
  ...options
}: Omit<StackOptions, "cli"> & Running): Promise<Stack> {
  if (cli === undefined) throw new Error("There is no Pulumi CLI");
  const environment = {
    ...options.environment,
    ...(leavesAll ? {} : { PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true" }),
  };
  const { workspace, close } = await createStack({ ...options, environment, cli });
  if (!leavesAll) await forbidLogs(String(workspace.variables["PULUMI_HOME"]));
  const startProgram = (ownProcesses ?? options.root !== home) ? undefined : runInSharedProcess;
  const attempt: Stack["attempt"] = async (verb, words = [], runOptions = {}) => {
    const lines: string[] = [];
    const began = Date.now();
    const outcome = await runEngine(workspace, verb, words, {
      startProgram,
      ...runOptions,
      onLine(line) {
        lines.push(line);
        runOptions.onLine?.(line);
      },
    });
    await noteFigure({
      test: expect.getState().currentTestName ?? "preparation",
      step: [verb, ...words.filter((word) => word.startsWith("--"))].join(" "),
      operations: outcome.operations,
      seconds: (Date.now() - began) / 1000,
      code: outcome.code,
    });
    return { ...outcome, text: lines.join("\n") };
  };
  return {
    workspace,
    close,
    attempt,
    async run(verb, ...words) {
      const { code, operations, text } = await attempt(verb, words);
      if (code !== 0) throw new Error(`pulumi ${verb} ended with exit code ${code}:\n${text}`);
      return operations;
    },
  };
}

/** Puts a file where the CLI would make the folder of its logs, without which it goes on (Pulumi, pkg/cmd/pulumi/pulumi.go). */
async function forbidLogs(home: string): Promise<void> {
  await rm(join(home, "logs"), { recursive: true, force: true });
  await writeFile(join(home, "logs"), "");
}

/** The program of this project on two clouds of its own. */
export interface Sandbox extends Stack {
  readonly clouds: Clouds;
  /** The calls by which a deployment changed something, or tried to, since the last time; such as `POST /api/v1/groups`. */
  takeWrites(): string[];
}

/** Starts both clouds, and an empty stack for them. @param watch hears what both clouds report; @param variables for the engine; @param running how programs run, and what the CLI leaves */
export async function startSandbox(
  configuration: Readonly<Record<string, string>> = {},
  place: Parameters<typeof programFor>[1] = {},
  watch: (notice: OktaNotice | GoogleNotice) => void = () => {},
  variables: Readonly<Record<string, string>> = {},
  running: Running = {},
): Promise<Sandbox> {
  const writes: string[] = [];
  const observe = (notice: OktaNotice | GoogleNotice) => {
    watch(notice);
    if (notice.kind !== "request") return;
    const { method, path, principal } = notice;
    // The functions write, too, whenever the schedule wants it.
    if (principal !== "owner" && principal !== "api token") return;
    // Google reads policies by POST.
    if (method !== "GET" && !path.endsWith(":getIamPolicy")) writes.push(`${method} ${path}`);
  };
  const clouds = await startClouds({ onOkta: observe, onGoogle: observe });
  try {
    const program = programFor(clouds, place);
    const stack = await startStack({
      ...program,
      ...running,
      configuration: { ...program.configuration, ...configuration },
      environment: { ...program.environment, ...variables },
    });
    return {
      ...stack,
      clouds,
      takeWrites: () => writes.splice(0),
      async close() {
        await stack.close();
        await clouds.close();
      },
    };
  } catch (error) {
    await clouds.close();
    throw error;
  }
}
