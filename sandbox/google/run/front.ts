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
  /** Whether the service can be reached by a request with these headers. */
  admits(headers: IncomingHttpHeaders): boolean;
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
  /**
   * @decision A service that a request may not reach by its ingress answers 404, before it looks at who calls.
   * @evidence assumed: Cloud Run, "Restrict network ingress" (https://cloud.google.com/run/docs/securing/ingress)
   * says who gets through; the 404 is from memory.
   * @show Call the address of `grant` from outside: 404, with or without a token.
   * @matters misleading: a hook that Okta can't reach looks as if its address were wrong.
   */
  if (!options.admits(request.headers)) {
    return refuse(response, 404, "The requested URL was not found on this server.");
  }
  const refusal = await options.authorise(request.headers.authorization);
  /**
   * @own What `authoriseInvocation` decided.
   */
  if (refusal) return refuse(response, refusal.status, refusal.reason);
  /**
   * @decision A request of more than 32 MiB is refused with 413.
   * @evidence documentation: Cloud Run functions, "Quotas" (https://docs.cloud.google.com/functions/quotas): 32MB for
   * an HTTP request. The status is from memory.
   * @matters sandbox only: hooks have kilobytes.
   */
  if (Number(request.headers["content-length"] ?? 0) > MAXIMUM_REQUEST_BYTES) {
    return refuse(response, 413, "Request entity too large.");
  }
  const revision = options.revision();
  /**
   * @decision A service without a revision that serves answers 503.
   * @evidence assumed: a service whose first revision failed has nothing to answer; its status is not public.
   * @show No deployment shows it: nothing knows the address of a function that never served.
   * @matters misleading: Okta takes any answer but a 2xx or one with a known body for a failure.
   */
  if (!revision) return refuse(response, 503, "Service Unavailable");
  const leave = revision.enter();
  response.once("close", leave);
  try {
    passThrough(request, response, await revision.port(), revision.timeoutSeconds, agent);
  } catch {
    /**
     * @decision A request whose instance can't be started is answered with 503.
     * @evidence assumed: Cloud Run's front answers 503 for an instance that failed; its words are not public for each
     * case.
     * @show The log of a function that fails at start shows requests with 503.
     * @matters late: Cloud Tasks comes again after a 503.
     */
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
  /**
   * @decision A request that takes longer than the timeout is answered with 504, and its connection to the instance
   * is ended.
   * @evidence documentation: Cloud Run, "Request timeout"
   * (https://cloud.google.com/run/docs/configuring/request-timeout): "the network connection is closed and error 504
   * is returned"; the words are assumed.
   * @matters late: Cloud Tasks tries again; the function may still be at work.
   */
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
  /**
   * @decision A connection that the instance ends before an answer is answered with 503.
   * @evidence assumed: Cloud Run's front answers 503 for an instance that crashed; whether it is 502 in some cases is
   * not public.
   * @show Let a function exit within a request: its log shows 503 for it.
   * @matters late: Cloud Tasks takes both for a failure.
   */
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
