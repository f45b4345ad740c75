import type {
  handleUnaryCall,
  Metadata,
  ServiceDefinition,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import {
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  status,
} from "@grpc/grpc-js";
import { isOwn } from "../own-machine.ts";

/** One service of a server, and what answers its methods. What is not among them is answered with UNIMPLEMENTED. */
export interface ServedService {
  readonly service: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** A running server of Pulumi's protocol. */
export interface ProtocolServer {
  /** Host and port, for all its services. */
  readonly address: string;
  close(): void;
}

/** What an error is on the wire, in addition to its message. */
export interface ErrorStatus {
  readonly code: status;
  readonly metadata?: Metadata;
}

/** Status details travel in an HTTP/2 header, whose size clients limit; beyond it they report nothing at all. */
const maximumDetailsLength = 2_000;

/** The Pulumi SDK's own limit, in bytes, in place of gRPC's 4 MiB: archives may travel inline. */
const maximumMessageLength = 400 * 1024 * 1024;

/** Serves on a free loopback port. */
export async function serveProtocol(services: readonly ServedService[]): Promise<ProtocolServer> {
  const server = new Server({
    "grpc.max_receive_message_length": maximumMessageLength,
    interceptors: [ownMachineOnly],
  });
  for (const { service, implementation } of services) {
    /**
     * @own What the engine never calls here is refused by name.
     */
    const unsupported = Object.entries(service)
      .filter(([method]) => !(method in implementation))
      .map(([method, { path }]) => [method, refuse(`${path.slice(1)} is not supported by this deployment`)]);
    server.addService(service, { ...Object.fromEntries(unsupported), ...implementation });
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}

/**
 * A method that answers one request with one response. What it throws reaches the caller as its message.
 * @param statusOf the status for what it throws, UNKNOWN unless given
 */
export function unary<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
  statusOf: (error: unknown, request: Request) => ErrorStatus = () => ({ code: status.UNKNOWN }),
): handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    try {
      callback(null, await handle(call.request));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const details = message.slice(0, maximumDetailsLength);
      callback({ ...statusOf(error, call.request), details });
    }
  };
}

/** Refuses calls by a name that others can have lead here. */
const ownMachineOnly: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start(next) {
      if (isOwn(call.getHost())) return next();
      const details = "This server is called by its loopback address only.";
      call.sendStatus({ code: status.PERMISSION_DENIED, details });
    },
  });

function refuse(details: string): handleUnaryCall<unknown, unknown> {
  return (_call, callback) => callback({ code: status.UNIMPLEMENTED, details });
}
