import Module, { createRequire, flushCompileCache, registerHooks } from "node:module";
import { basename, sep } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ProgramExit, ProgramStart } from "../../sandbox/deploy/program.ts";
import { failureWasLogged } from "../../sandbox/deploy/program.ts";
import { takePrinted } from "./script-here.ts";

/**
 * The process in which tests run Pulumi programs one after the other: the SDK with Google's and Okta's packages takes a second to
 * load, and a run takes a fraction of that. Each run has its own environment and its own state of the SDK, and evaluates the
 * program's first modules anew. Packages stay, and so do the program's other modules, which declare and keep no state.
 */

const require = createRequire(import.meta.url);

/** The SDK's own start of a program (Pulumi SDK, cmd/run/run.ts). */
interface Runner {
  run(
    argv: Readonly<Record<string, unknown>>,
    programStarted: () => void,
    reportLoggedError: (error: unknown) => void,
    isErrorReported: (error: unknown) => boolean,
  ): Promise<unknown>;
}

/** The parts of the SDK's state that packages fill when they are loaded (Pulumi SDK, runtime/state.ts). */
interface Store {
  resourcePackages: unknown;
  resourceModules: unknown;
}

/** What takes a program's messages (Pulumi, proto/pulumi/engine.proto). */
interface Engine {
  log(request: unknown, done: () => void): void;
}

// The command itself, which the runner loads as well, would run a program at once, by this process's arguments.
const command = new Module(require.resolve("@pulumi/pulumi/cmd/run/index.js"));
command.exports = { nodeJSProcessExitedAfterLoggingUserActionableMessage: failureWasLogged };
command.loaded = true;
require.cache[command.id] = command;
// What finds the packages of serialized functions, which these programs have none of, takes half a second to load.
const ofSdk = createRequire(command.id);
const packages = new Module(ofSdk.resolve("@npmcli/arborist"));
packages.loaded = true;
require.cache[packages.id] = packages;
require("@pulumi/pulumi/cmd/run/instrumentation.js");
const runner: Runner = require("@pulumi/pulumi/cmd/run/run.js");
const state: { getGlobalStore(): Store } = require("@pulumi/pulumi/runtime/state.js");
const settings: {
  disconnect(signalShutdown: boolean): Promise<void>;
  disconnectSync(): void;
  resetOptions(...options: readonly [string, string, number, string, string, boolean, string]): void;
} = require("@pulumi/pulumi/runtime/settings.js");

const log: { debug(message: string): Promise<void> } = require("@pulumi/pulumi/log/index.js");
const { EngineClient }: { EngineClient: { prototype: Engine } } =
  require("@pulumi/pulumi/proto/engine_grpc_pb.js");

// Messages go out one after the other. One that finds its engine gone would take with it those of all later runs.
const deliver = EngineClient.prototype.log;
EngineClient.prototype.log = function (request, done) {
  try {
    deliver.call(this, request, done);
  } catch {
    done();
  }
};

// The SDK notes for each promise where it was made, for messages about a program that hangs; that is a fifth of a run.
const debuggable: {
  debuggablePromise(promise: Promise<unknown>, context: unknown): Promise<unknown>;
} = require("@pulumi/pulumi/runtime/debuggable.js");
const { debuggablePromise } = debuggable;
debuggable.debuggablePromise = (promise, context) => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return debuggablePromise(promise, context);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
};

/** How long the calls of a program that failed may take to end, in milliseconds. */
const FAILED_CALLS_MS = 5_000;

/** Where the modules are that this run evaluates anew, and its number. */
const current = { folder: "", run: 0 };

/** The modules that make a program's resources as they are evaluated. */
const FIRST = new Set(["start.js", "index.ts"]);

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const isOwn =
      resolved.url.startsWith("file:") &&
      !context.conditions.includes("require") &&
      !resolved.url.endsWith(".cjs") &&
      isFirst(fileURLToPath(resolved.url));
    return isOwn ? { ...resolved, url: `${resolved.url}?run=${current.run}` } : resolved;
  },
});

function isFirst(path: string): boolean {
  return (
    path.startsWith(current.folder + sep) &&
    !path.includes(`${sep}node_modules${sep}`) &&
    FIRST.has(basename(path))
  );
}

/** Whether an error is of a call that the end of a run cancelled; it may come when the next run has begun. */
function isOfEndedRun(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, "details") === "Call cancelled";
}

/** Between runs there is nothing that an error could fail. */
function ignoreErrors(): void {
  process.on("uncaughtException", () => undefined).on("unhandledRejection", () => undefined);
}

/** Runs a program as `@pulumi/pulumi/cmd/run/index.ts` does, except that the process lives on. */
async function run(start: ProgramStart): Promise<ProgramExit> {
  current.folder = start.rootDirectory;
  current.run += 1;
  for (const path of Object.keys(require.cache)) if (isFirst(path)) delete require.cache[path];
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, start.environment, {
    PULUMI_NODEJS_TYPESCRIPT: "false",
    PULUMI_CONFIG: JSON.stringify(start.configuration),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(start.secretKeys),
    PULUMI_NODEJS_ORGANIZATION: start.organization,
    PULUMI_NODEJS_PROJECT: start.project,
    PULUMI_NODEJS_ROOT_DIRECTORY: start.rootDirectory,
    PULUMI_NODEJS_STACK: start.stack,
    ...(start.dryRun ? { PULUMI_NODEJS_DRY_RUN: "true" } : {}),
    PULUMI_NODEJS_PARALLEL: String(start.parallel),
    PULUMI_NODEJS_MONITOR: start.monitorAddress,
    PULUMI_NODEJS_ENGINE: start.engineAddress,
  });
  // A call that came late may have connected to the last run's engine once more.
  settings.resetOptions("", "", -1, "", "", false, "");
  const { resourcePackages, resourceModules } = state.getGlobalStore();
  Reflect.deleteProperty(globalThis, "globalStore");
  Object.assign(state.getGlobalStore(), { resourcePackages, resourceModules });

  const { code, stdout, stderr } = await takePrinted(() => evaluate(start));
  return { code, standardOutput: stdout, standardError: stderr };
}

/** @returns the exit code */
async function evaluate(start: ProgramStart): Promise<number> {
  const uncaught = new Set<unknown>();
  const logged = new Set<unknown>();
  const failed = new Promise<void>((resolve) => {
    const note = (error: unknown) => {
      if (isOfEndedRun(error)) return;
      uncaught.add(error);
      resolve();
    };
    process.on("uncaughtException", note).on("unhandledRejection", note);
  });
  try {
    const argv = { _: [start.entryPoint], pwd: start.programDirectory };
    const ended = runner.run(
      argv,
      () => undefined,
      (error) => void logged.add(error),
      (error) => logged.has(error),
    );
    await new Promise<void>((resolve) => {
      // A rejection stays unhandled: the SDK's handler of these logs it.
      void ended.then(() => resolve());
      void failed.then(resolve);
    });
    await log.debug("The program has ended.");
    if (uncaught.size === 0) await settings.disconnect(true);
    else {
      // What says why is still on its way. A call that waits for what has failed may never end, and a process of its own would.
      await Promise.race([settings.disconnect(false), delay(FAILED_CALLS_MS)]);
      settings.disconnectSync();
    }
    // What follows from the last answer has happened when the event loop has turned.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    for (const event of ["uncaughtException", "unhandledRejection", "exit", "beforeExit"]) {
      process.removeAllListeners(event);
    }
    ignoreErrors();
  }
  if (uncaught.size === 0) return 0;
  return [...uncaught].every((error) => logged.has(error)) ? failureWasLogged : 1;
}

process.on("message", (start: ProgramStart) => {
  void run(start).then((exit) => {
    process.send?.(exit);
    // This process will be killed, and what it compiled would be lost for the next one.
    if (current.run === 1) flushCompileCache();
  });
});
// The process that started this one is gone.
process.on("disconnect", () => process.exit());
