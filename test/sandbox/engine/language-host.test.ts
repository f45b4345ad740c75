import { dirname } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { LanguageRuntimeClient } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/language_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ProtocolServer } from "../../../sandbox/deploy/grpc.ts";
import { type Severity, serveMonitor } from "../../../sandbox/deploy/monitor.ts";
import { type LanguageHost, serveLanguageHost } from "../../../sandbox/engine/language-host.ts";
import { program } from "../deploy/cloud.ts";

let engine: ProtocolServer;
let host: LanguageHost;
let client: LanguageRuntimeClient;
let logs: { severity: Severity; message: string }[];
let registered: string[];
let onRegistered: () => void;

beforeEach(async () => {
  logs = [];
  registered = [];
  onRegistered = () => {};
  engine = await serveMonitor(
    { project: "failure", stack: "dev", organization: "acme", dryRun: false },
    {
      async register({ name, inputs }) {
        registered.push(name);
        onRegistered();
        return { id: `id-${name}`, outputs: inputs };
      },
      registerOutputs: () => {},
      invoke: async () => ({}),
      log: (severity, message) => logs.push({ severity, message }),
    },
  );
  host = await serveLanguageHost(process.env);
  client = new LanguageRuntimeClient(host.address, credentials.createInsecure());
  const handshake = new messages.LanguageHandshakeRequest();
  handshake.setEngineAddress(engine.address);
  await new Promise((resolve, reject) => {
    client.handshake(handshake, (error, response) => (error ? reject(error) : resolve(response)));
  });
});
afterEach(() => {
  client.close();
  host.close();
  engine.close();
});

function cancel(): Promise<void> {
  return new Promise((resolve, reject) => {
    client.cancel(new empty.Empty(), (error) => (error ? reject(error) : resolve()));
  });
}

/** Runs the program `failure` in one of its modes. */
function run(mode: string): Promise<messages.RunResponse> {
  const root = program("failure");
  const info = new messages.ProgramInfo();
  info.setRootDirectory(root);
  info.setProgramDirectory(`${root}/infra`);
  info.setEntryPoint("index.ts");
  info.setOptions(structs.Struct.fromJavaScript({ typescript: false }));
  const request = new messages.RunRequest();
  request.setInfo(info);
  request.setPwd(dirname(root));
  request.setProject("failure");
  request.setStack("dev");
  request.setOrganization("acme");
  request.setMonitorAddress(engine.address);
  request.getConfigMap().set("failure:mode", mode);
  request.setParallel(4);
  return new Promise((resolve, reject) => {
    client.run(request, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

it("runs a program against the engine", async () => {
  const response = await run("create");
  expect([response.getError(), response.getBail()]).toEqual(["", false]);
  expect(registered).toEqual(
    expect.arrayContaining(["failure-dev", "first", "second", "slow", "after slow"]),
  );
});

it.each([
  ["a failure that the program has logged itself", "run error", "", true],
  ["any other end", "exit", "Program exited with non-zero exit code: 7", false],
])("reports %s to the engine", async (_case, mode, error, bail) => {
  const response = await run(mode);
  expect([response.getError(), response.getBail()]).toEqual([error, bail]);
});

it("hands what a program prints to the engine", async () => {
  await run("print");
  expect(logs).toContainEqual({ severity: "info", message: "printed\n" });
});

it("ends the programs that run when the engine cancels, and runs others after that", async () => {
  await cancel();
  const started = new Promise<void>((resolve) => {
    onRegistered = resolve;
  });
  const running = run("endless");
  await started;
  await cancel();
  expect((await running).getError()).toBe("Program exited with non-zero exit code: -1");
  expect((await run("create")).getError()).toBe("");
});
