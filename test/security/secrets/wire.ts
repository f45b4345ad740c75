import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import type { Canaries } from "./canaries.ts";
import type { Place } from "./walk.ts";

/** A request that a server of this process got, and what it answered. */
interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly request: string;
  readonly response: string;
}

/** What goes between the clouds, the functions, and who deploys. */
export interface Wire {
  /** What a reader of the clouds' APIs sees of what was made: the answers to every GET that does not ask for a secret. */
  places(): Place[];
  close(): void;
}

/** Answers that are credentials, or persons, by what they are for. */
const ASKED_FOR = /:access$|^\/computeMetadata\/|^\/api\/v1\/(users|logs)|\/users$/;

/** Listens to all HTTP servers of this process, and learns every credential that goes over the wire. */
export function tapWire(canaries: Canaries): Wire {
  const places: Place[] = [];
  const emit = Server.prototype.emit;
  function tapped(this: Server, event: string, ...values: unknown[]): boolean {
    const [request, response] = values;
    if (event === "request") {
      // These are what Node.js gives with this event.
      follow(request as IncomingMessage, response as ServerResponse, (exchange) => {
        learn(exchange, canaries);
        const { method, path, response: content } = exchange;
        if (method === "GET" && path.startsWith("/") && !ASKED_FOR.test(path.replace(/\?.*/, "")))
          places.push({ name: "answers to who reads the APIs", content });
      });
    }
    return Reflect.apply(emit, this, [event, ...values]);
  }
  Reflect.set(Server.prototype, "emit", tapped);
  return {
    places: () => [...places],
    close() {
      Reflect.set(Server.prototype, "emit", emit);
    },
  };
}

function follow(
  request: IncomingMessage,
  response: ServerResponse,
  done: (exchange: Exchange) => void,
): void {
  const [asked, answered] = [collect(), collect()];
  intercept(request, "push", asked.take);
  intercept(response, "write", answered.take);
  intercept(response, "end", answered.take);
  response.once("close", () =>
    done({
      method: request.method ?? "",
      path: request.url ?? "",
      authorization: request.headers.authorization,
      request: asked.text(),
      response: answered.text(),
    }),
  );
}

function collect() {
  const chunks: Uint8Array[] = [];
  return {
    take(chunk: unknown) {
      if (typeof chunk === "string") chunks.push(Buffer.from(chunk));
      else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
    },
    text: () => Buffer.concat(chunks).toString(),
  };
}

/** Sees the first argument of each call of a method, which goes on as before. */
function intercept(target: object, name: string, see: (value: unknown) => void): void {
  const original: unknown = Reflect.get(target, name);
  if (typeof original !== "function") throw new Error(`There is no method ${name}.`);
  Reflect.set(target, name, (...values: readonly unknown[]): unknown => {
    see(values[0]);
    return Reflect.apply(original as (...values: readonly unknown[]) => unknown, target, values);
  });
}

function learn({ path, authorization, request, response }: Exchange, canaries: Canaries): void {
  const secret = path.endsWith(":addVersion") ? /"data":\s*"([^"]+)"/.exec(request)?.[1] : undefined;
  if (secret !== undefined) canaries.add("hook secret", Buffer.from(secret, "base64").toString());
  const assertion = new URLSearchParams(request).get("client_assertion");
  if (assertion !== null) canaries.add("client assertion", assertion);
  const token = /"access_token":\s*"([^"]+)"/.exec(response)?.[1];
  if (token !== undefined) canaries.add("access token", token);
  if (path.startsWith("/computeMetadata/") && response.startsWith("eyJ"))
    canaries.add("identity token", response);
  const [, credential] = /^\w+ (\S{24,})$/.exec(authorization ?? "") ?? [];
  if (credential !== undefined)
    canaries.add(credential.startsWith("eyJ") ? "identity token" : "access token", credential);
}
