import { Server } from "node:net";

/**
 * Loaded into an instance before the functions framework, which listens on every interface and cannot be configured
 * otherwise: a port without a host is bound to the loopback address, so that nobody gets at a function past its front.
 */
const listen = Server.prototype.listen;

function listenOnLoopback(this: Server, ...values: unknown[]): unknown {
  const [port, ...rest] = values;
  const isPort = typeof port === "number" || (typeof port === "string" && /^\d+$/.test(port));
  const bound = isPort && typeof rest[0] !== "string" ? [Number(port), "127.0.0.1", ...rest] : values;
  return Reflect.apply(listen, this, bound);
}

Reflect.set(Server.prototype, "listen", listenOnLoopback);
