import { setTimeout as delay } from "node:timers/promises";
import { ProviderError } from "../handler.ts";
import { isRecord, type JsonObject } from "./json.ts";

/** A refusal by Google Cloud, with its HTTP status. */
export class GoogleRefusal extends ProviderError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Calls the APIs of Google Cloud. */
export interface Client {
  /**
   * @param path path and query
   * @param body JSON; undefined sends no body
   * @throws GoogleRefusal when the answer is not 2xx
   */
  call(method: string, path: string, body?: object): Promise<JsonObject>;
  /** Sends bytes of a given type. @throws GoogleRefusal when the answer is not 2xx */
  upload(path: string, contentType: string, body: Uint8Array): Promise<JsonObject>;
  /** Deletes; what is not there counts as deleted. @throws GoogleRefusal when the answer is another error */
  remove(path: string): Promise<JsonObject>;
  /**
   * Waits for a long-running operation.
   * @param base the path before the operation's name, such as `/v2/`
   * @throws ProviderError when the operation failed
   */
  finish(base: string, operation: JsonObject): Promise<void>;
}

const POLL_MILLISECONDS = 25;

/** Makes a client that calls one address with one token. */
export function createClient(url: string, accessToken: string): Client {
  async function send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string | Uint8Array,
  ) {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${accessToken}`, ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : Uint8Array.from(body) }),
    });
    const text = await response.text();
    const parsed: unknown = text === "" ? {} : JSON.parse(text);
    const answer = isRecord(parsed) ? parsed : {};
    if (response.ok) return answer;
    const error = isRecord(answer["error"]) ? answer["error"] : {};
    const reason = typeof error["message"] === "string" ? error["message"] : text;
    throw new GoogleRefusal(response.status, `${method} ${path}: ${response.status}: ${reason}`);
  }

  const call: Client["call"] = (method, path, body) =>
    body === undefined
      ? send(method, path, {})
      : send(method, path, { "content-type": "application/json" }, JSON.stringify(body));

  return {
    call,
    upload: (path, contentType, body) => send("POST", path, { "content-type": contentType }, body),
    remove: (path) =>
      call("DELETE", path).catch((error: unknown) => {
        if (error instanceof GoogleRefusal && error.status === 404) return {};
        throw error;
      }),
    async finish(base, operation) {
      let current = operation;
      while (current["done"] !== true) {
        await delay(POLL_MILLISECONDS);
        current = await call("GET", `${base}${String(operation["name"])}`);
      }
      const error = current["error"];
      if (isRecord(error)) throw new ProviderError(`The operation failed: ${String(error["message"])}`);
    },
  };
}
