import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as open,
  type ServerResponse,
} from "node:http";
import { forOwnMachine } from "../../own-machine.ts";
import { forwardedHeaders, withoutConnectionHeaders } from "./forwarded-headers.ts";
import type { Ingress } from "./ingress.ts";
import type { Refusal } from "./invoker.ts";
import { close, listen } from "./loopback-server.ts";
import type { Revision } from "./revision.ts";

/** The public end of a service: checks who calls, then passes the request through to the instance. */
export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

/** What a front stands before. */
export interface FrontOptions {
  /** Whether a service with this ingress can be reached by a request with these headers. */
  admits(ingress: Ingress, headers: IncomingHttpHeaders): boolean;
  /** Decides by the Authorization header; undefined lets the request in. */
  authorise(authorization: string | undefined): Promise<Refusal | undefined>;
  /** The revision that serves now, if any. */
  revision(): Revision | undefined;
}

/** The largest request over HTTP/1 (Cloud Run, Quotas and limits). */
const MAXIMUM_REQUEST_BYTES = 32 * 1024 * 1024;

/** Starts the front of a service on a port of its own. */
export async function startFront(options: FrontOptions): Promise<Front> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer(
    { requestTimeout: 0 },
    forOwnMachine((request, response) => {
      void serve(request, response, options, agent);
    }),
  );
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      await close(server);
      agent.destroy();
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: FrontOptions,
  agent: Agent,
) {
  // A caller who leaves while the request is looked at must not end this process.
  request.on("error", () => response.destroy());
  // A service that is not to be reached looks as if it were not there (Cloud Run, Restrict network ingress).
  if (!options.admits(options.revision()?.ingress ?? "all", request.headers)) {
    return refuse(response, 404, "The requested URL was not found on this server.");
  }
  const refusal = await options.authorise(request.headers.authorization);
  if (refusal) return refuse(response, refusal.status, refusal.reason);
  if (Number(request.headers["content-length"] ?? 0) > MAXIMUM_REQUEST_BYTES) {
    return refuse(response, 413, "Request entity too large.");
  }
  const revision = options.revision();
  if (!revision) return refuse(response, 503, "Service Unavailable");
  const leave = revision.enter();
  response.once("close", leave);
  try {
    passThrough(request, response, await revision.port(), revision.timeoutSeconds, agent);
  } catch {
    refuse(response, 503, "The instance could not be started.");
  }
}

function passThrough(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
  timeoutSeconds: number,
  agent: Agent,
): void {
  if (response.destroyed) return;
  const upstream = open({
    agent,
    host: "127.0.0.1",
    port,
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers: forwardedHeaders(request),
  });
  const timer = setTimeout(() => {
    refuse(response, 504, "upstream request timeout");
    upstream.destroy();
  }, timeoutSeconds * 1000);
  response.once("close", () => {
    clearTimeout(timer);
    upstream.destroy();
  });
  upstream.on("response", (answer) => {
    if (response.headersSent) return;
    response.writeHead(
      answer.statusCode ?? 502,
      answer.statusMessage ?? "",
      withoutConnectionHeaders(answer.rawHeaders),
    );
    response.flushHeaders();
    answer.on("error", () => response.destroy());
    answer.pipe(response);
  });
  upstream.on("error", () => refuse(response, 503, "The instance ended the connection."));
  request.pipe(upstream);
}

/** Answers in place of the function; once an answer has begun, all that is left is to break it off. */
function refuse(response: ServerResponse, status: number, reason: string): void {
  if (response.headersSent) {
    if (!response.writableEnded) response.destroy();
    return;
  }
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  response.end(`${reason}\n`);
}
