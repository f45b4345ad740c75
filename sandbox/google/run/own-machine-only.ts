import { Server, ServerResponse } from "node:http";
import { forOwnMachine } from "../../own-machine.ts";

/**
 * Loaded into an instance before its own code: it answers only requests of this machine's own, as its front does. Nobody who
 * finds its port gets at a function that only its front keeps private.
 */
const { emit } = Server.prototype;

function emitForOwnMachine(this: Server, event: string, ...values: unknown[]): boolean {
  const [, response] = values;
  if (event !== "request" || !(response instanceof ServerResponse)) {
    return Reflect.apply(emit, this, [event, ...values]);
  }
  forOwnMachine(() => Reflect.apply(emit, this, [event, ...values]))(response.req, response);
  return true;
}

Reflect.set(Server.prototype, "emit", emitForOwnMachine);
