import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type IncomingMessage, Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex, Readable } from "node:stream";
import type { HttpFunction } from "@google-cloud/functions-framework";
import { type Handler, respondJson } from "./http.ts";
import { createLog, type Log } from "./log.ts";

/** How long a caller has to hang up after an answer that did not wait for the whole body. */
const LINGER_MS = 1_000;

/** How much of that body is still read: as much as any function accepts. */
const LINGER_BYTES = 1024 * 1024;

/** After how long Node answers 408 if the headers are not complete, and how often it checks that. */
const HEADERS_TIMEOUT_MS = 5_000;
const CONNECTION_CHECK_MS = 1_000;

/** The most open connections; another one is closed. Cloud Run sends an instance at most 1,000 requests at once. */
const MAXIMUM_CONNECTIONS = 2_000;

/** A request listener of Node's server that functions-framework accepts as a function. */
export type Listener = ((request: IncomingMessage, response: ServerResponse) => void) & HttpFunction;

/** Node announces every server that starts to listen (Node.js, "Diagnostics channel": net.server.listen). */
const LISTEN_CHANNEL = "tracing:net.server.listen:asyncStart";

/**
 * Puts a handler straight onto the HTTP server that functions-framework starts. By itself, the framework would read and parse
 * up to 1 GiB of body before our code could look at the credentials, print what it cannot parse, and drop requests that
 * are under way at SIGTERM.
 *
 * @returns the listener, for the framework to call: if the server is ever not announced, it still answers, behind the
 * framework's own parsers
 */
export function takeOverServer(handler: Handler, log: Log): Listener {
  const listener = listen(handler, log);
  const onListen = (message: unknown) => {
    const server = typeof message === "object" && message !== null && "server" in message && message.server;
    if (!(server instanceof Server)) return;
    unsubscribe(LISTEN_CHANNEL, onListen);
    server.removeAllListeners("request");
    server.on("request", listener);
    server.on("clientError", refuseUnreadable);
    server.headersTimeout = HEADERS_TIMEOUT_MS;
    // Node's types know it only as an option of createServer; a server reads its own field when it starts to listen.
    Object.assign(server, { connectionsCheckingInterval: CONNECTION_CHECK_MS });
    server.maxConnections = MAXIMUM_CONNECTIONS;
    // The framework adds its own SIGTERM listener, which exits at once, when the server listens.
    server.once("listening", () => setImmediate(() => drainAtEnd(server, log)));
  };
  subscribe(LISTEN_CHANNEL, onListen);
  return listener;
}

/** At SIGTERM: ends the requests under way, takes no new ones, and then ends the process. */
function drainAtEnd(server: Server, log: Log): void {
  process.removeAllListeners("SIGTERM");
  process.once("SIGTERM", () => {
    log.info("Draining: this instance accepts no new requests.");
    server.removeAllListeners("request");
    server.on("request", (_request, response: ServerResponse) =>
      respondJson(
        response,
        503,
        { error: "This instance is shutting down. Send the request again." },
        { connection: "close" },
      ),
    );
    // From here on, an idle connection is closed at once.
    server.keepAliveTimeout = 1;
    server.close(() => process.exit(0));
  });
}

function listen(handler: Handler, log: Log): Listener {
  const answer = answerEveryError(handler, log);
  return (request: IncomingMessage, response: ServerResponse): void => {
    // Before Node's own listener, which closes the connection or reads the rest of the body.
    response.prependOnceListener("finish", () => lingerThenClose(request));
    void answer(request, response);
  };
}

/** A handler answers the errors that it expects. Any other one is an error of ours, after which Okta and the queue shall retry. */
export function answerEveryError(handler: Handler, log: Log): Handler {
  return (request, response) =>
    handler(request, response).catch((error: unknown) => {
      log.of(request).signal("request-failed", detailsOf(error));
      if (!response.headersSent) respondJson(response, 500, { error: "internal error" });
      else response.destroy();
    });
}

function detailsOf(error: unknown): { readonly reason: string; readonly stack: string | undefined } {
  return error instanceof Error
    ? { reason: `${error.name}: ${error.message}`, stack: error.stack }
    : { reason: "unknown", stack: undefined };
}

/** What Node answers, by the code of the error; to every other error it answers 400 (Node.js, "Event: 'clientError'"). */
const STATUS_OF_ERROR: ReadonlyMap<string | undefined, number> = new Map([
  ["ERR_HTTP_REQUEST_TIMEOUT", 408],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", 413],
  ["HPE_HEADER_OVERFLOW", 431],
]);

/** Answers as Node does what cannot be read as a request, or did not come in time; but Node closes the connection at once. */
function refuseUnreadable({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  // The caller has left, or has an answer already.
  if (!socket.writable) return;
  const status = STATUS_OF_ERROR.get(code) ?? 400;
  // From here on Node's parser gets nothing more.
  socket.removeAllListeners("data");
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
  linger(socket, socket);
}

/** Lets the caller read an answer that did not wait for the whole body. */
function lingerThenClose(request: IncomingMessage): void {
  if (request.complete) return;
  const { socket } = request;
  // Node calls this after the last answer of a connection.
  socket.destroySoon = () => void socket.end();
  linger(socket, request);
  // From here on the body counts as being read, so Node does not read all of it by itself.
  request.read(0);
}

/**
 * Closing at once would reset a connection that still sends, and the caller might never see the answer. So this side only ends
 * its half, reads as much as a body may have, and leaves the rest unread until the connection is closed.
 *
 * @param rest what still arrives
 */
function linger(socket: Duplex, rest: Readable): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
  let left = LINGER_BYTES;
  rest.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) rest.pause();
  });
}

/** A function that was started. */
type StartedFunction = Listener & {
  /** Resolves when it is loaded; where it cannot be, the process ends. */
  readonly loaded: Promise<unknown>;
};

/**
 * Starts a function. It loads at start, not at the first request, so a wrong setting stops the deployment. Google Cloud takes an instance
 * for started when its port is open (Cloud Run, "Container runtime contract"), so who listens waits for `loaded`; functions-framework
 * listens some turns after it has the function.
 *
 * @param load makes the function's handler
 * @returns what functions-framework calls by the name of the entry point
 */
export function start(load: (log: Log) => Promise<Handler>): StartedFunction {
  const log = createLog(process.env["PROJECT"] ?? "", (line) => process.stdout.write(`${line}\n`));
  // Otherwise Node would print the line of the bundle, of up to 200 KB, and functions-framework text without a severity.
  const end = (error: unknown) => {
    log.signal("process-failed", detailsOf(error));
    // The framework's own listener would print a stack, also as text without a severity.
    process.removeAllListeners("exit");
    process.exit(1);
  };
  process.once("uncaughtException", end).once("unhandledRejection", end);
  const loading = load(log);
  loading.catch((error: unknown) => {
    log.signal("start-failed", {
      reason: error instanceof Error ? error.message : "unknown",
    });
    process.exit(1);
  });
  const listener = takeOverServer(async (request, response) => {
    await (await loading)(request, response);
  }, log);
  return Object.assign(listener, { loaded: loading });
}
