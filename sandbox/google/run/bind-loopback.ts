import { writeSync } from "node:fs";
import { Server } from "node:net";

/**
 * Loaded into an instance before its own code, which listens on every interface: a port is bound on the loopback address, so that
 * nobody gets at a function past its front. In place of the port that the instance was told (Cloud Run, "Container runtime
 * contract": PORT), which many on one machine have in common, it gets a free one. That is announced on the pipe to the process that
 * started this one.
 */
const PIPE = 3;
const listen = Server.prototype.listen;

/** Takes what Node's own takes: a port, a host and more, or an object with both (Node.js, "server.listen()"). */
function listenOnLoopback(this: Server, ...values: unknown[]): unknown {
  const [first, ...rest] = values;
  const options = typeof first === "object" && first !== null ? { ...first } : { port: first };
  const port = "port" in options ? String(options.port) : "";
  if (!/^\d+$/.test(port)) return Reflect.apply(listen, this, values);
  const isTold = port === process.env["PORT"];
  if (isTold) this.once("listening", () => announce(this));
  const bound = { ...options, port: isTold ? 0 : Number(port), host: "127.0.0.1" };
  return Reflect.apply(listen, this, [bound, ...rest.filter((value) => typeof value === "function")]);
}

function announce(server: Server): void {
  const address = server.address();
  if (typeof address === "object" && address !== null) writeSync(PIPE, `${address.port}\n`);
}

Reflect.set(Server.prototype, "listen", listenOnLoopback);
