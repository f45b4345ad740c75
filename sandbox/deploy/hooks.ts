import { credentials } from "@grpc/grpc-js";
import { CallbacksClient } from "@pulumi/pulumi/proto/callback_grpc_pb.js";
import type { Callback } from "@pulumi/pulumi/proto/callback_pb.js";
import callbacks from "@pulumi/pulumi/proto/callback_pb.js";
import type {
  RegisterErrorHookRequest,
  RegisterResourceHookRequest,
} from "@pulumi/pulumi/proto/resource_pb.js";
import messages from "@pulumi/pulumi/proto/resource_pb.js";
import type { Properties } from "./handler.ts";
import { toStruct } from "./properties.ts";
import type { Registration } from "./registration.ts";

/** What came of a hook. */
export interface HookOutcome {
  /** What the hook threw, if it did. */
  readonly error: string | undefined;
  /** Whether the program wants this hook's errors to be no more than warnings. */
  readonly ignoreErrors: boolean;
}

/** Calls the hooks that a program has registered; they run in the program's own process. */
export interface Hooks {
  /** Runs a resource hook, with the resource's id and outputs once it has been made (secrets marked). */
  run(name: string, resource: Registration, made?: { id: string; outputs: Properties }): Promise<HookOutcome>;
  /** Asks an error hook, after a failed creation, whether to try once more; `errors` has the latest first. */
  wantsRetry(name: string, resource: Registration, errors: readonly string[]): Promise<boolean>;
}

/** The hooks of one program, and the connections to it. */
export interface HookRegistry extends Hooks {
  register(request: RegisterResourceHookRequest): void;
  registerError(request: RegisterErrorHookRequest): void;
  close(): void;
}

/** Keeps the callbacks that a program registers, and calls them at the address that each of them names. */
export function createHookRegistry(): HookRegistry {
  const resourceHooks = new Map<string, RegisterResourceHookRequest>();
  const errorHooks = new Map<string, RegisterErrorHookRequest>();
  const clients = new Map<string, CallbacksClient>();

  function clientFor(target: string): CallbacksClient {
    const client = clients.get(target) ?? new CallbacksClient(target, credentials.createInsecure());
    clients.set(target, client);
    return client;
  }

  function call(callback: Callback | undefined, request: Uint8Array): Promise<Uint8Array> {
    const message = new callbacks.CallbackInvokeRequest();
    message.setToken(callback?.getToken() ?? "");
    message.setRequest(request);
    return new Promise((resolve, reject) => {
      clientFor(callback?.getTarget() ?? "").invoke(message, (error, response) => {
        if (error) reject(new Error(error.details, { cause: error }));
        else resolve(response.getResponse_asU8());
      });
    });
  }

  return {
    register(request) {
      resourceHooks.set(request.getName(), request);
    },
    registerError(request) {
      errorHooks.set(request.getName(), request);
    },
    async run(name, resource, made) {
      const hook = resourceHooks.get(name);
      if (hook === undefined) throw new Error(`hook ${name} was not registered`);
      const message = new messages.ResourceHookRequest();
      message.setUrn(resource.urn);
      message.setName(resource.name);
      message.setType(resource.type);
      message.setNewInputs(toStruct(resource.inputs));
      if (made !== undefined) {
        message.setId(made.id);
        message.setNewOutputs(toStruct(made.outputs));
      }
      const answer = await call(hook.getCallback(), message.serializeBinary());
      const error = messages.ResourceHookResponse.deserializeBinary(answer).getError();
      return { error: error === "" ? undefined : error, ignoreErrors: hook.getIgnoreErrors() };
    },
    async wantsRetry(name, resource, errors) {
      const hook = errorHooks.get(name);
      if (hook === undefined) throw new Error(`error hook ${name} was not registered`);
      const message = new messages.ErrorHookRequest();
      message.setUrn(resource.urn);
      message.setName(resource.name);
      message.setType(resource.type);
      message.setNewInputs(toStruct(resource.inputs));
      message.setFailedOperation("create");
      message.setErrorsList([...errors]);
      const answer = messages.ErrorHookResponse.deserializeBinary(
        await call(hook.getCallback(), message.serializeBinary()),
      );
      if (answer.getError() !== "") throw new Error(answer.getError());
      return answer.getRetry();
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}
