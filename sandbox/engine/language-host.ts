import { credentials, type ServerWritableStream, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import type { LanguageHandshakeRequest, RunRequest } from "@pulumi/pulumi/proto/language_pb.js";
import messages from "@pulumi/pulumi/proto/language_pb.js";
import plugins from "@pulumi/pulumi/proto/plugin_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { type ProtocolServer, serveProtocol, unary } from "../deploy/grpc.ts";
import { failureWasLogged, type ProgramExit, runProgram } from "../deploy/program.ts";
import { runPlugin } from "./plugin-process.ts";

/** A running language host. */
export interface LanguageHost extends ProtocolServer {
  /** Ends the programs that it runs. */
  stopPrograms(): void;
}

/**
 * Serves Pulumi's language host for Node.js (Pulumi, language.proto), as far as running a program or a plugin goes, to an engine
 * that has none of its own and attaches to the one that PULUMI_DEBUG_LANGUAGES names.
 *
 * @param environment of the engine: the official host is started in it and passes all of it on to the programs
 * @param start runs a program; another one makes it the host of another language
 * @param engineAddress of an engine that starts the host itself; one that attaches to it says its address by a handshake
 */
export async function serveLanguageHost(
  environment: NodeJS.ProcessEnv,
  engineAddress = "",
  start: typeof runProgram = runProgram,
): Promise<LanguageHost> {
  const running = new Set<AbortController>();
  const stopPrograms = (): void => {
    for (const controller of running) controller.abort();
  };
  const server = await serveProtocol([
    {
      service: LanguageRuntimeService,
      implementation: languageRuntime(running, { start, stopPrograms, environment, engineAddress }),
    },
  ]);
  return {
    address: server.address,
    stopPrograms,
    close() {
      stopPrograms();
      server.close();
    },
  };
}

function languageRuntime(
  running: Set<AbortController>,
  host: {
    readonly start: typeof runProgram;
    readonly stopPrograms: () => void;
    readonly environment: NodeJS.ProcessEnv;
    readonly engineAddress: string;
  },
): UntypedServiceImplementation {
  const { stopPrograms, environment } = host;
  let { engineAddress } = host;
  return {
    handshake: unary((request: LanguageHandshakeRequest) => {
      engineAddress = request.getEngineAddress();
      return new messages.LanguageHandshakeResponse();
    }),
    // What the program needs is attached already: there is nothing for the engine to download.
    getRequiredPlugins: unary(() => new messages.GetRequiredPluginsResponse()),
    getRequiredPackages: unary(() => new messages.GetRequiredPackagesResponse()),
    getPluginInfo: unary(() => {
      const response = new plugins.PluginInfo();
      response.setVersion("0.0.0");
      return response;
    }),
    runPlugin,
    // A plugin is a folder here, whose packages npm has installed.
    installDependencies: (call: ServerWritableStream<unknown, unknown>) => call.end(),
    runtimeOptionsPrompts: unary(() => new messages.RuntimeOptionsResponse()),
    run: unary(async (request: RunRequest) => {
      const controller = new AbortController();
      running.add(controller);
      try {
        const exit = await host.start({
          ...programStart(request),
          engineAddress,
          environment,
          signal: controller.signal,
        });
        await logPrinted(engineAddress, exit);
        return runResponse(exit);
      } finally {
        running.delete(controller);
      }
    }),
    // Asked for whenever the engine closes its connection, also before anything runs.
    cancel: unary(() => {
      stopPrograms();
      return new empty.Empty();
    }),
  };
}

/** Hands what a program printed to the engine, which shows it in its place among everything else. */
async function logPrinted(engineAddress: string, exit: ProgramExit): Promise<void> {
  const { INFO, ERROR } = engine.LogSeverity;
  const client = new EngineClient(engineAddress, credentials.createInsecure());
  const log = (severity: engine.LogSeverity, text: string) => {
    if (text.trim() === "") return Promise.resolve();
    const request = new engine.LogRequest();
    request.setSeverity(severity);
    request.setMessage(text);
    return new Promise<void>((resolve) => client.log(request, () => resolve()));
  };
  try {
    await log(INFO, exit.standardOutput);
    await log(exit.code === 0 || exit.code === failureWasLogged ? INFO : ERROR, exit.standardError);
  } finally {
    client.close();
  }
}

function programStart(request: RunRequest) {
  const info = request.getInfo();
  return {
    project: request.getProject(),
    stack: request.getStack(),
    organization: request.getOrganization(),
    rootDirectory: info?.getRootDirectory() ?? request.getPwd(),
    programDirectory: info?.getProgramDirectory() ?? request.getPwd(),
    entryPoint: info?.getEntryPoint() ?? request.getProgram(),
    runtimeOptions: { ...info?.getOptions()?.toJavaScript() },
    monitorAddress: request.getMonitorAddress(),
    configuration: Object.fromEntries(request.getConfigMap().getEntryList()),
    secretKeys: request.getConfigsecretkeysList(),
    dryRun: request.getDryrun(),
    parallel: request.getParallel(),
  };
}

/**
 * A program that has said itself why it failed "bails"; of any other the engine says so. In the words of the official host,
 * for which a program that a signal ended has the exit code -1 (Pulumi, sdk/nodejs/cmd/pulumi-language-nodejs/main.go).
 */
function runResponse({ code }: ProgramExit) {
  const response = new messages.RunResponse();
  response.setBail(code === failureWasLogged);
  if (code !== 0 && code !== failureWasLogged) {
    response.setError(`Program exited with non-zero exit code: ${code ?? -1}`);
  }
  return response;
}
