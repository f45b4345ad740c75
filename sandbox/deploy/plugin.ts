import { Metadata, status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import plugins from "@pulumi/pulumi/proto/plugin_pb.js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type {
  CheckRequest,
  ConfigureRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  InvokeRequest,
  ReadRequest,
  UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { own } from "../../function/shared/json.ts";
import { checkInputs } from "./check.ts";
import { type Difference, diffInputs, type InputsDiff } from "./diff.ts";
import { type ErrorStatus, serveProtocol, unary } from "./grpc.ts";
import {
  type InputFailure,
  type InputSchema,
  PartialCreateError,
  type Properties,
  type PropertyValue,
  type Provider,
  type ResourceHandler,
  type ResourceSchema,
} from "./handler.ts";
import {
  fromStruct,
  isAsset,
  isList,
  isObject,
  markSecrets,
  revealAll,
  secret,
  toStruct,
  unknown,
} from "./properties.ts";

/** Running providers, each a server of its own, as the engine expects its plugins. */
export interface PluginServers {
  /** Host and port, by package. */
  readonly addresses: Readonly<Record<string, string>>;
  close(): void;
}

/**
 * Serves providers to the Pulumi engine (Pulumi, provider.proto), which attaches to what PULUMI_DEBUG_PROVIDERS names.
 * @param providers by package, such as `okta`
 * @param versions the version of each package's SDK: the engine expects its provider to be of the same
 */
export async function servePlugins(
  providers: Readonly<Record<string, Provider>>,
  versions: Readonly<Record<string, string>>,
): Promise<PluginServers> {
  const servers = await Promise.all(
    Object.entries(providers).map(async ([name, provider]) => {
      const implementation = resourceProvider(provider, versions[name] ?? "0.0.0");
      return [name, await serveProtocol([{ service: ResourceProviderService, implementation }])] as const;
    }),
  );
  return {
    addresses: Object.fromEntries(servers.map(([name, { address }]) => [name, address])),
    close() {
      for (const [, server] of servers) server.close();
    },
  };
}

/**
 * @decision A resource's id is among its outputs, too.
 * @evidence vendor-code: pulumi/pulumi-terraform-bridge, pkg/tfbridge/schema.go, MakeTerraformResult ("Populate the "id" property
 * if it is not set"), which all providers of the program are made by.
 * @matters deployment fails: the program knows by it that a group that has its new name already is its own.
 */
function withId<State extends { readonly id: string; readonly outputs: Properties }>(state: State): State {
  return { ...state, outputs: { ...state.outputs, id: state.id } };
}

/**
 * @decision A resource that is imported has as its inputs what was read, as far as it can be declared; one that is refreshed
 *   keeps its own.
 * @evidence vendor-code: pulumi/pulumi-terraform-bridge, pkg/tfbridge/provider.go (Read) and pkg/tfbridge/schema.go
 *   (extractInputsFromOutputs), which all providers of the program are made by.
 * @matters deployment fails: without inputs the engine refuses the import.
 */
function inputsRead(request: ReadRequest, schema: ResourceSchema, outputs: Properties): Struct | undefined {
  const known = request.getInputs();
  if (known !== undefined && known.getFieldsMap().getLength() > 0) return known;
  const declared = Object.entries(outputs).filter(([name]) => Object.hasOwn(schema.inputs, name));
  return toStruct(markSensitive(schema, Object.fromEntries(declared)));
}

function resourceProvider(provider: Provider, version: string): UntypedServiceImplementation {
  /**
   * @own The plugin knows the types of the program only; a real one knows all of its provider's.
   */
  function handlerOf(type: string): ResourceHandler {
    const handler = provider.resources[type];
    if (handler === undefined) throw new Error(`${type} is not known here`);
    return handler;
  }

  const statusOf = (error: unknown, request: CreateRequest | UpdateRequest): ErrorStatus =>
    partialCreateStatus(error, provider.resources[request.getType()]?.schema);

  return {
    ...lifetime(provider, version),
    check: unary((request: CheckRequest) => {
      const handler = handlerOf(request.getType());
      const olds = request.getOlds();
      const { inputs, failures } = checkInputs(
        handler,
        request.getName(),
        olds && open(olds),
        open(request.getNews()),
      );
      const response = new messages.CheckResponse();
      response.setInputs(toStruct(markSensitive(handler.schema, inputs)));
      response.setFailuresList(failures.map(checkFailure));
      return response;
    }),
    diff: unary((request: DiffRequest) => {
      const old = { inputs: open(request.getOldInputs()), outputs: open(request.getOlds()) };
      const diff = diffInputs(updatable(handlerOf(request.getType())), old, open(request.getNews()));
      return diffResponse(diff, request.getIgnorechangesList());
    }),
    create: unary(async (request: CreateRequest) => {
      const handler = handlerOf(request.getType());
      const inputs = open(request.getProperties());
      // The engine takes what is missing among the outputs of a preview for not known yet.
      const state = request.getPreview() ? { id: "", outputs: inputs } : withId(await handler.create(inputs));
      const response = new messages.CreateResponse();
      response.setId(state.id);
      response.setProperties(toStruct(markSensitive(handler.schema, state.outputs)));
      return response;
    }, statusOf),
    read: unary(async (request: ReadRequest) => {
      const handler = handlerOf(request.getType());
      const found = await handler.read({ id: request.getId(), outputs: open(request.getProperties()) });
      const response = new messages.ReadResponse();
      // Without an id the resource is gone.
      if (found === undefined) return response;
      const state = withId(found);
      response.setId(state.id);
      response.setProperties(toStruct(markSensitive(handler.schema, state.outputs)));
      response.setInputs(inputsRead(request, handler.schema, state.outputs));
      return response;
    }),
    update: unary(async (request: UpdateRequest) => {
      const handler = handlerOf(request.getType());
      if (handler.update === undefined) throw new Error(`${request.getType()} cannot be updated`);
      const state = { id: request.getId(), outputs: open(request.getOlds()) };
      const inputs = open(request.getNews());
      const outputs = request.getPreview()
        ? planUpdate(state.outputs, open(request.getOldInputs()), inputs)
        : withId(await handler.update(state, inputs)).outputs;
      const response = new messages.UpdateResponse();
      response.setProperties(toStruct(markSensitive(handler.schema, outputs)));
      return response;
    }, statusOf),
    delete: unary(async (request: DeleteRequest) => {
      const state = { id: request.getId(), outputs: open(request.getProperties()) };
      await handlerOf(request.getType()).delete(state);
      return new empty.Empty();
    }),
    invoke: unary(async (request: InvokeRequest) => {
      const answer = provider.functions[request.getTok()];
      if (answer === undefined) throw new Error(`The function ${request.getTok()} is not known here`);
      const response = new messages.InvokeResponse();
      response.setReturn(toStruct(await answer(open(request.getArgs()))));
      return response;
    }),
  };
}

/** The methods about the plugin itself. */
function lifetime(provider: Provider, version: string): UntypedServiceImplementation {
  return {
    getPluginInfo: unary(() => {
      const response = new plugins.PluginInfo();
      response.setVersion(version);
      return response;
    }),
    attach: unary(() => new empty.Empty()),
    checkConfig: unary((request: CheckRequest) => {
      const response = new messages.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    // An unknown difference has the engine compare the configuration itself.
    diffConfig: unary(() => new messages.DiffResponse()),
    configure: unary(async (request: ConfigureRequest) => {
      // The engine hands over every value as text, structured ones as JSON.
      const settings = Object.entries(open(request.getArgs())).filter(
        ([, value]) => typeof value === "string",
      );
      await provider.configure?.(Object.fromEntries(settings.map(([key, value]) => [key, String(value)])));
      const response = new messages.ConfigureResponse();
      response.setSupportspreview(true);
      // Without secrets in, the engine marks those outputs that were secret as inputs.
      response.setAcceptsecrets(false);
      return response;
    }),
    cancel: unary(() => new empty.Empty()),
  };
}

function checkFailure({ property, reason }: InputFailure): messages.CheckFailure {
  const failure = new messages.CheckFailure();
  // With a property by name, the engine would print its value as well, be it secret or not.
  failure.setReason(`${property} ${reason}`);
  return failure;
}

/** What a handler cannot update can only be made anew. */
function updatable({ schema, update }: ResourceHandler): ResourceSchema {
  if (update !== undefined) return schema;
  const inputs = Object.entries(schema.inputs).map(([key, input]) => [key, { ...input, replaces: true }]);
  return { ...schema, inputs: Object.fromEntries(inputs) };
}

function diffResponse(diff: InputsDiff, ignored: readonly string[]): messages.DiffResponse {
  const differences = diff.differences.filter(
    ({ path }) => !ignored.some((ignore) => path === ignore || path.startsWith(`${ignore}.`)),
  );
  const { DiffChanges } = messages.DiffResponse;
  const response = new messages.DiffResponse();
  response.setChanges(differences.length > 0 ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE);
  response.setDiffsList(namesOf(differences));
  response.setReplacesList(namesOf(differences.filter(({ replaces }) => replaces)));
  response.setDeletebeforereplace(diff.deleteBeforeReplace);
  response.setHasdetaileddiff(true);
  for (const { path, kind, replaces } of differences) {
    const detail = new messages.PropertyDiff();
    detail.setKind(messages.PropertyDiff.Kind[`${kinds[kind]}${replaces ? "_REPLACE" : ""}`]);
    response.getDetaileddiffMap().set(path, detail);
  }
  return response;
}

const kinds = { add: "ADD", update: "UPDATE", delete: "DELETE" } as const;

/** The inputs in which the differences lie. */
function namesOf(differences: readonly Difference[]): string[] {
  return [...new Set(differences.map(({ path }) => path.split(".")[0] ?? path))];
}

function open(struct: Struct | undefined): Properties {
  return revealAll(fromStruct(struct));
}

/**
 * The gRPC status for an error of a creation or an update. Where something came to be all the same, it carries that,
 * so that the engine keeps it in the state (Pulumi, provider.proto, ErrorResourceInitFailed).
 */
function partialCreateStatus(error: unknown, schema: ResourceSchema | undefined): ErrorStatus {
  if (!(error instanceof PartialCreateError) || schema === undefined) return { code: status.UNKNOWN };
  const failure = new messages.ErrorResourceInitFailed();
  failure.setId(error.state.id);
  failure.setProperties(toStruct(markSensitive(schema, error.state.outputs)));
  failure.setReasonsList([error.message]);
  const detail = new any.Any();
  detail.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const details = new statuses.Status();
  details.setCode(status.UNKNOWN);
  details.setMessage(error.message);
  details.addDetails(detail);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(details.serializeBinary()));
  return { code: status.UNKNOWN, metadata };
}

/**
 * The outputs of a resource as they will be after an update, as far as a preview knows them: what the program asks for in
 * place of what it asked for before, and everything that the cloud fills in as it is now.
 */
function planUpdate(outputs: Properties, oldInputs: Properties, inputs: Properties): Properties {
  const kept = Object.entries(outputs).filter(
    ([key]) => inputs[key] !== undefined || oldInputs[key] === undefined,
  );
  const merged = Object.entries(inputs).map(([key, input]) => {
    const [output, oldInput] = [outputs[key] ?? null, oldInputs[key] ?? null];
    if (!isObject(input) || !isObject(output) || isAsset(input)) return [key, input];
    return [key, planUpdate(output, isObject(oldInput) ? oldInput : {}, input)];
  });
  return { ...Object.fromEntries(kept), ...Object.fromEntries(merged) };
}

/** The inputs or outputs of a resource, with those marked as secret that its schema says are, at whatever depth. */
export function markSensitive(
  { inputs, secretOutputs = [] }: ResourceSchema,
  values: Properties,
): Properties {
  return markSecrets(markFields(inputs, values), {}, secretOutputs);
}

function markFields(schemas: Readonly<Record<string, InputSchema>>, values: Properties): Properties {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const schema = own(schemas, key);
      return [key, schema === undefined ? value : markValue(schema, value)];
    }),
  );
}

function markValue(schema: InputSchema, value: PropertyValue): PropertyValue {
  if (value === null || value === unknown) return value;
  if (schema.secret === true) return secret(value);
  const { items, properties } = schema;
  if (isList(value)) return items === undefined ? value : value.map((item) => markValue(items, item));
  if (!isObject(value)) return value;
  if (properties !== undefined) return markFields(properties, value);
  return schema.type === "map" && items !== undefined
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, markValue(items, item)]))
    : value;
}
