import type { ServiceError } from "@grpc/grpc-js";
import { credentials, status } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type { GetRootResourceResponse } from "@pulumi/pulumi/proto/engine_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import type {
  DeploymentInfo,
  RegisterResourceRequest,
  RegisterResourceResponse,
  SupportsFeatureResponse,
} from "@pulumi/pulumi/proto/resource_pb.js";
import messages from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ProtocolServer } from "../../../sandbox/deploy/grpc.ts";
import type { Monitor } from "../../../sandbox/deploy/monitor.ts";
import { MonitorStopped, serveMonitor } from "../../../sandbox/deploy/monitor.ts";
import { toStruct } from "../../../sandbox/deploy/properties.ts";

let server: ProtocolServer;
let monitorClient: ResourceMonitorClient;
let engineClient: EngineClient;
let register: Monitor["register"];
let logged: unknown[];

beforeEach(async () => {
  register = async ({ inputs }) => ({ id: "1", outputs: inputs });
  logged = [];
  server = await serveMonitor(
    { project: "shop", stack: "dev", organization: "acme", dryRun: true },
    {
      register: (registration, hooks) => register(registration, hooks),
      registerOutputs: () => {},
      invoke: async () => ({}),
      log: (...entry) => logged.push(entry),
    },
  );
  monitorClient = new ResourceMonitorClient(server.address, credentials.createInsecure());
  engineClient = new EngineClient(server.address, credentials.createInsecure());
});

afterEach(() => {
  monitorClient.close();
  engineClient.close();
  server.close();
});

function registerThing(change: (request: RegisterResourceRequest) => void = () => {}) {
  const request = new messages.RegisterResourceRequest();
  request.setType("test:index:Thing");
  request.setName("thing");
  request.setCustom(true);
  request.setObject(toStruct({ value: "a" }));
  change(request);
  return answer<RegisterResourceResponse>((callback) => monitorClient.registerResource(request, callback));
}

it("informs the program about its deployment and what the monitor supports", async () => {
  const info = await answer<DeploymentInfo>((callback) =>
    monitorClient.getDeploymentInfo(new empty.Empty(), callback),
  );

  expect(info.toObject()).toMatchObject({
    project: "shop",
    stack: "dev",
    organization: "acme",
    dryrun: true,
    supportedfeaturesList: [0, 1, 2, 3, 4, 5, 6, 10, 11],
  });
});

it.each([
  ["secrets", true],
  ["resourceReferences", true],
  ["outputValues", true],
  ["aliasSpecs", true],
  ["deletedWith", true],
  ["replaceWith", true],
  ["resourceHooks", true],
  ["errorHooks", true],
  ["transforms", false],
  ["parameterization", false],
  ["anything else", false],
])("answers older SDKs whether it supports %s: %s", async (feature, expected) => {
  const request = new messages.SupportsFeatureRequest();
  request.setId(feature);
  const response = await answer<SupportsFeatureResponse>((callback) =>
    monitorClient.supportsFeature(request, callback),
  );

  expect(response.getHassupport()).toBe(expected);
});

it("answers a registration with URN, id and outputs", async () => {
  const response = await registerThing();

  expect(response.getUrn()).toBe("urn:pulumi:dev::shop::test:index:Thing::thing");
  expect(response.getId()).toBe("1");
  expect(response.getObject()?.toJavaScript()).toEqual({ value: "a" });
});

it("refuses a second resource of the same URN", async () => {
  await registerThing();

  await expect(registerThing()).rejects.toMatchObject({
    code: status.UNKNOWN,
    details: expect.stringMatching(/^Duplicate resource URN urn:pulumi:dev::shop::test:index:Thing::thing:/),
  });
});

it("refuses components of plugins", async () => {
  await expect(registerThing((request) => request.setRemote(true))).rejects.toMatchObject({
    details: 'test:index:Thing "thing" is a component of a plugin: not supported here',
  });
});

it("fails a registration with the monitor's message, shortened to what a client accepts", async () => {
  register = () => Promise.reject(new Error("x".repeat(100_000)));

  await expect(registerThing()).rejects.toMatchObject({ code: status.UNKNOWN, details: "x".repeat(2_000) });
});

it("cancels a registration when the monitor has stopped", async () => {
  register = () => Promise.reject(new MonitorStopped("no more"));

  await expect(registerThing()).rejects.toMatchObject({ code: status.CANCELLED, details: "no more" });
});

it("takes messages above gRPC's own limit", async () => {
  const response = await registerThing((request) => {
    request.setObject(toStruct({ value: "x".repeat(5 * 1024 * 1024) }));
    register = async () => ({ outputs: {} });
  });

  expect(response.getId()).toBe("");
});

it("says what it does not support", async () => {
  const request = new messages.ReadResourceRequest();

  await expect(answer((callback) => monitorClient.readResource(request, callback))).rejects.toMatchObject({
    code: status.UNIMPLEMENTED,
    details: "pulumirpc.ResourceMonitor/ReadResource is not supported by this deployment",
  });
});

it("passes log messages on without colours", async () => {
  const request = new engine.LogRequest();
  request.setSeverity(engine.LogSeverity.WARNING);
  request.setMessage("\u001b[36mcareful\u001b[39m");
  request.setUrn("urn:a");
  await answer((callback) => engineClient.log(request, callback));

  expect(logged).toEqual([["warning", "careful", "urn:a"]]);
});

it("keeps the root resource for older SDKs, and has no version to be too old", async () => {
  const request = new engine.SetRootResourceRequest();
  request.setUrn("urn:root");
  await answer((callback) => engineClient.setRootResource(request, callback));
  const root = await answer<GetRootResourceResponse>((callback) =>
    engineClient.getRootResource(new engine.GetRootResourceRequest(), callback),
  );
  await answer((callback) =>
    engineClient.requirePulumiVersion(new engine.RequirePulumiVersionRequest(), callback),
  );

  expect(root.getUrn()).toBe("urn:root");
});

function answer<Response>(
  call: (callback: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error ? reject(error) : resolve(response)));
  });
}
