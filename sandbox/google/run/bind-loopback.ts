import { writeSync } from "node:fs";
import { Server } from "node:net";

/**
 * Loaded into an instance before its own code, which listens on every interface, and functions-framework cannot be configured
 * otherwise: a port is bound on the loopback address, so that nobody gets at a function past its front. In place of the port that the
 * instance was told (Cloud Run, "Container runtime contract": PORT), which many on one machine have in common, it gets a free one.
 * That is announced on the pipe to the process that started this one.
 */
const PIPE = 3;
const listen = Server.prototype.listen;

function listenOnLoopback(this: Server, ...values: unknown[]): unknown {
  const [port, ...rest] = values;
  const isPort = typeof port === "number" || (typeof port === "string" && /^\d+$/.test(port));
  if (!isPort || typeof rest[0] === "string") return Reflect.apply(listen, this, values);
  const isTold = String(port) === process.env["PORT"];
  if (isTold) this.once("listening", () => announce(this));
  return Reflect.apply(listen, this, [isTold ? 0 : Number(port), "127.0.0.1", ...rest]);
}

function announce(server: Server): void {
  const address = server.address();
  if (typeof address === "object" && address !== null) writeSync(PIPE, `${address.port}\n`);
}

Reflect.set(Server.prototype, "listen", listenOnLoopback);
