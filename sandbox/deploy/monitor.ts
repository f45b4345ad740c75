import { stripVTControlCharacters } from "node:util";
import type { handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type { LogRequest, SetRootResourceRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import type {
  RegisterErrorHookRequest,
  RegisterResourceHookRequest,
  RegisterResourceOutputsRequest,
  RegisterResourceRequest,
  ResourceInvokeRequest,
  SupportsFeatureRequest,
} from "@pulumi/pulumi/proto/resource_pb.js";
import messages from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { type ProtocolServer, serveProtocol, unary as unaryCall } from "./grpc.ts";
import type { Properties } from "./handler.ts";
import type { Hooks } from "./hooks.ts";
import { createHookRegistry } from "./hooks.ts";
import { fromStruct, toStruct } from "./properties.ts";
import type { Registration } from "./registration.ts";
import { readRegistration, resourceUrn } from "./registration.ts";

/** What a registration comes to; without an id, the id is known only after an update. */
export interface Registered {
  readonly id?: string | undefined;
  /** Secrets are marked as `secret()` marks them. */
  readonly outputs: Properties;
}

/**
 * The engine's own function for what is in a stack's state (Pulumi, pkg/resource/deploy/builtins.go). The drivers here have
 * no state from before, so they answer that there is nothing.
 */
export const emptyStack: Readonly<Record<string, () => Properties>> = {
  "pulumi:pulumi:readStackResourceOutputs": () => ({ outputs: {} }),
};

/** How grave a message of the program is. */
export type Severity = "debug" | "info" | "warning" | "error";

/** What a program talks to while it runs, without the wire. */
export interface Monitor {
  /** Makes a resource or a component. A rejection fails the program with its message. */
  register(registration: Registration, hooks: Hooks): Promise<Registered>;
  /** Takes the outputs of a component, or of the stack when the URN is the stack's. */
  registerOutputs(urn: string, outputs: Properties): void;
  /** Answers a provider function. A rejection fails the program with its message. */
  invoke(token: string, inputs: Properties): Promise<Properties>;
  log(severity: Severity, message: string, urn: string | undefined): void;
}

/** The monitor takes no more registrations; the program then ends without a complaint of its own. */
export class MonitorStopped extends Error {
  override readonly name = "MonitorStopped";
}

/** What the program learns about the deployment that it runs in. */
export interface DeploymentContext {
  readonly project: string;
  readonly stack: string;
  readonly organization: string;
  readonly dryRun: boolean;
}

/** What a feature is called in SupportsFeature, and its number in DeploymentInfo. */
const features: ReadonlyMap<string, number> = new Map([
  ["secrets", messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_SECRETS],
  ["resourceReferences", messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES],
  ["outputValues", messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES],
  ["aliasSpecs", messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS],
  ["replacementTrigger", messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER],
  ["deletedWith", messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_DELETED_WITH],
  ["replaceWith", messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_REPLACE_WITH],
  ["resourceHooks", messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS],
  ["errorHooks", messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS],
]);

const severities: readonly Severity[] = ["debug", "info", "warning", "error"];

/**
 * Serves the engine's side of Pulumi's protocol (resource.proto, engine.proto) on a free loopback port. What it does
 * not serve it answers with UNIMPLEMENTED.
 */
export async function serveMonitor(context: DeploymentContext, monitor: Monitor): Promise<ProtocolServer> {
  const hooks = createHookRegistry();
  const server = await serveProtocol([
    { service: ResourceMonitorService, implementation: resourceMonitor(context, monitor, hooks) },
    { service: EngineService, implementation: engineLog(monitor) },
  ]);
  return {
    address: server.address,
    close() {
      server.close();
      hooks.close();
    },
  };
}

function resourceMonitor(
  { project, stack, organization, dryRun }: DeploymentContext,
  monitor: Monitor,
  hooks: ReturnType<typeof createHookRegistry>,
): UntypedServiceImplementation {
  const urns = new Set<string>();
  return {
    getDeploymentInfo: unary(() => {
      const response = new messages.DeploymentInfo();
      response.setProject(project);
      response.setStack(stack);
      response.setOrganization(organization);
      response.setDryrun(dryRun);
      response.setSupportedfeaturesList([...features.values()]);
      return response;
    }),
    supportsFeature: unary((request: SupportsFeatureRequest) => {
      const response = new messages.SupportsFeatureResponse();
      response.setHassupport(features.has(request.getId()));
      return response;
    }),
    registerResource: unary(async (request: RegisterResourceRequest) => {
      const [type, name] = [request.getType(), request.getName()];
      const urn = resourceUrn(stack, project, request.getParent() || undefined, type, name);
      if (request.getRemote())
        throw new Error(`${type} "${name}" is a component of a plugin: not supported here`);
      if (urns.has(urn)) throw new Error(`Duplicate resource URN ${urn}: give one of the two another name`);
      urns.add(urn);
      const { id, outputs } = await monitor.register(readRegistration(request, urn), hooks);
      const response = new messages.RegisterResourceResponse();
      response.setUrn(urn);
      response.setId(id ?? "");
      response.setObject(toStruct(outputs));
      return response;
    }),
    registerResourceOutputs: unary((request: RegisterResourceOutputsRequest) => {
      monitor.registerOutputs(request.getUrn(), fromStruct(request.getOutputs()));
      return new empty.Empty();
    }),
    registerResourceHook: unary((request: RegisterResourceHookRequest) => {
      hooks.register(request);
      return new empty.Empty();
    }),
    registerErrorHook: unary((request: RegisterErrorHookRequest) => {
      hooks.registerError(request);
      return new empty.Empty();
    }),
    invoke: unary(async (request: ResourceInvokeRequest) => {
      const response = new messages.ResourceInvokeResponse();
      response.setReturn(toStruct(await monitor.invoke(request.getTok(), fromStruct(request.getArgs()))));
      return response;
    }),
    signalAndWaitForShutdown: unary(() => new empty.Empty()),
  };
}

function engineLog(monitor: Monitor): UntypedServiceImplementation {
  let rootResource = "";
  return {
    log: unary((request: LogRequest) => {
      const severity = severities[request.getSeverity()] ?? "info";
      // The SDK colours stack traces whether or not there is a terminal at the other end.
      const message = stripVTControlCharacters(request.getMessage());
      monitor.log(severity, message, request.getUrn() || undefined);
      return new empty.Empty();
    }),
    getRootResource: unary(() => {
      const response = new engine.GetRootResourceResponse();
      response.setUrn(rootResource);
      return response;
    }),
    setRootResource: unary((request: SetRootResourceRequest) => {
      rootResource = request.getUrn();
      return new engine.SetRootResourceResponse();
    }),
    // A program asks for a CLI of some version; there is no CLI here whose version could be too old.
    requirePulumiVersion: unary(() => new engine.RequirePulumiVersionResponse()),
  };
}

function unary<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return unaryCall(handle, (error) => ({
    code: error instanceof MonitorStopped ? status.CANCELLED : status.UNKNOWN,
  }));
}
