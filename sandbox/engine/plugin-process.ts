import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { handleServerStreamingCall } from "@grpc/grpc-js";
import type { RunPluginRequest, RunPluginResponse } from "@pulumi/pulumi/proto/language_pb.js";
import messages from "@pulumi/pulumi/proto/language_pb.js";

/**
 * Runs a plugin that is written for Node.js in a process of its own, and hands on what it prints, until it ends or the engine
 * leaves.
 * Source: Pulumi, sdk/nodejs/cmd/pulumi-language-nodejs/main.go, RunPlugin.
 */
export const runPlugin: handleServerStreamingCall<RunPluginRequest, RunPluginResponse> = (call) => {
  const { request } = call;
  const folder = request.getInfo()?.getProgramDirectory() ?? request.getProgram();
  const child = spawn(
    process.execPath,
    [
      createRequire(join(folder, "index.js")).resolve("@pulumi/pulumi/cmd/run-plugin/index.js"),
      folder,
      ...request.getArgsList(),
    ],
    { cwd: request.getPwd(), env: variablesOf(request.getEnvList()), stdio: ["ignore", "pipe", "pipe"] },
  );
  child.stdout.on("data", (bytes: Buffer) => call.write(new messages.RunPluginResponse().setStdout(bytes)));
  child.stderr.on("data", (bytes: Buffer) => call.write(new messages.RunPluginResponse().setStderr(bytes)));
  child.once("error", (error) => call.destroy(error));
  child.once("close", (code) => {
    call.write(new messages.RunPluginResponse().setExitcode(code ?? -1));
    call.end();
  });
  call.once("cancelled", () => child.kill("SIGKILL"));
};

/** Variables as a process's environment has them. @param list such as `PATH=/usr/bin` */
function variablesOf(list: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(
    list.map((entry) => {
      const end = entry.indexOf("=");
      return [entry.slice(0, end), entry.slice(end + 1)];
    }),
  );
}
