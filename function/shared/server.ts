import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import type { HttpFunction } from "@google-cloud/functions-framework";
import { type Handler, respondJson } from "./http.ts";
import { createLog, type Log } from "./log.ts";

/** How long a caller has to hang up after an answer that did not wait for the whole body, in milliseconds. */
const LINGER_MS = 1_000;

/** How much of that body is still read, in bytes: as much as any function takes. */
const LINGER_BYTES = 1024 * 1024;

/** Whose headers take longer is answered by 408, in milliseconds; and how often Node looks for such connections. */
const HEADERS_TIMEOUT_MS = 5_000;
const CONNECTION_CHECK_MS = 1_000;

/** Connections that are open at once; one more is closed. Cloud Run gives an instance 1,000 requests at once at most. */
const MAXIMUM_CONNECTIONS = 2_000;

/** Listens to a server's requests, and is what functions-framework takes for a function. */
export type Listener = ((request: IncomingMessage, response: ServerResponse) => void) & HttpFunction;

/** Node announces every server that starts to listen (Node.js, "Diagnostics channel": net.server.listen). */
const LISTEN_CHANNEL = "tracing:net.server.listen:asyncStart";

/**
 * Puts a handler straight onto the HTTP server that functions-framework starts. The framework alone would read and parse
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
    server.headersTimeout = HEADERS_TIMEOUT_MS;
    // Node's types know it as an option of createServer alone; a server reads it from itself when it begins to listen.
    Object.assign(server, { connectionsCheckingInterval: CONNECTION_CHECK_MS });
    server.maxConnections = MAXIMUM_CONNECTIONS;
    // The framework adds its own SIGTERM listener, which exits at once, when the server listens.
    server.once("listening", () => setImmediate(() => drainAtEnd(server, log)));
  };
  subscribe(LISTEN_CHANNEL, onListen);
  return listener;
}

/** At SIGTERM: what is under way ends, nothing new starts, and then the process does. */
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
    // A connection that becomes idle from here on is closed at once.
    server.keepAliveTimeout = 1;
    server.close(() => process.exit(0));
  });
}

/** A handler answers its own errors; what escapes it is a fault of ours, and Okta and the queue shall try again. */
function listen(handler: Handler, log: Log): Listener {
  return (request: IncomingMessage, response: ServerResponse): void => {
    // Before Node's own listener, which closes the connection or reads whatever still comes.
    response.prependOnceListener("finish", () => lingerThenClose(request));
    handler(request, response).catch((error: unknown) => {
      log.of(request).critical("A request failed unexpectedly.", {
        reason: error instanceof Error ? `${error.name}: ${error.message}` : "unknown",
        stack: error instanceof Error ? error.stack : undefined,
      });
      if (!response.headersSent) respondJson(response, 500, { error: "internal error" });
      else response.destroy();
    });
  };
}

/**
 * Closing at once would reset a connection that still sends, and the caller might never see the answer. So the caller is
 * told the end, what could have been a body is read to its end, and more is left in the connection until that is closed.
 */
function lingerThenClose(request: IncomingMessage): void {
  if (request.complete) return;
  const { socket } = request;
  // Node calls this after the last answer of a connection.
  socket.destroySoon = () => void socket.end();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
  let left = LINGER_BYTES;
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.pause();
  });
  // From here on it counts as being read, and Node does not read by itself whatever comes.
  request.read(0);
}

/**
 * Starts a function: it loads at start, not at the first request, and a wrong setting stops the deployment.
 *
 * @param load makes the function's handler
 * @returns what functions-framework calls by the name of the entry point
 */
export function start(load: (log: Log) => Promise<Handler>): Listener {
  const log = createLog(process.env["PROJECT"] ?? "", (line) => process.stdout.write(`${line}\n`));
  const loading = load(log);
  loading.catch((error: unknown) => {
    log.critical("The function cannot start.", {
      reason: error instanceof Error ? error.message : "unknown",
    });
    process.exit(1);
  });
  return takeOverServer(async (request, response) => {
    await (await loading)(request, response);
  }, log);
}
