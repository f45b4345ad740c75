import { setTimeout as delay } from "node:timers/promises";
import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import { ProviderError } from "../handler.ts";

/** A refusal by Google Cloud, with its HTTP status. */
export class GoogleRefusal extends ProviderError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Calls the APIs of Google Cloud. A 429, 500, 502 or 503 is tried again a few times before it is reported. */
export interface Client {
  /**
   * @param path path and query
   * @param body JSON; undefined sends no body
   * @throws GoogleRefusal when the answer is not 2xx
   */
  call(method: string, path: string, body?: object): Promise<JsonObject>;
  /** Gets; undefined when there is nothing. @throws GoogleRefusal when the answer is another error */
  find(path: string): Promise<JsonObject | undefined>;
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

/** Where the APIs are, and how patient a client is. */
export interface ClientOptions {
  readonly url: string;
  readonly accessToken: string;
  /** How long to wait before each further try, in milliseconds; as many tries as there are pauses. */
  readonly retryPauses: readonly number[];
  /** Resolves when this operation is done, where the cloud is in the same process; otherwise it is asked for again and again. */
  readonly ended?: (operation: string) => Promise<void>;
}

const POLL_MILLISECONDS = 25;
/** The refusals that the real provider tries again without a word. */
const TRANSIENT = new Set([429, 500, 502, 503]);

/**
 * Makes a client that calls one address with one token.
 *
 * @decision A 429, 500, 502 or 503 is tried again without a message, and reported when it stays.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/transport/error_retry_predicates.go, isCommonRetryableErrorCode.
 * @matters deployment fails: a short outage of an API stops no `pulumi up`.
 */
export function createClient({ url, accessToken, retryPauses, ended }: ClientOptions): Client {
  async function send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string | Uint8Array,
  ): Promise<JsonObject> {
    const request = {
      method,
      headers: { authorization: `Bearer ${accessToken}`, ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : Uint8Array.from(body) }),
    };
    for (let tries = 0; ; tries++) {
      const response = await fetch(new URL(path, url), request);
      const text = await response.text();
      const answer = parse(text);
      if (response.ok) return answer;
      const pause = retryPauses[tries];
      if (pause === undefined || !TRANSIENT.has(response.status)) {
        const error = isObject(answer["error"]) ? answer["error"] : {};
        const reason = typeof error["message"] === "string" ? error["message"] : text;
        throw new GoogleRefusal(response.status, `${method} ${path}: ${response.status}: ${reason}`);
      }
      await delay(pause);
    }
  }

  const call: Client["call"] = (method, path, body) =>
    body === undefined
      ? send(method, path, {})
      : send(method, path, { "content-type": "application/json" }, JSON.stringify(body));

  /**
   * @decision A 404 to a read is taken for gone, and to a deletion for deleted; another refusal is reported.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2, google-beta/transport/transport.go,
   * HandleNotFoundError.
   * @matters deployment fails: what somebody deleted by hand stops no refresh and no destroy.
   */
  const unlessMissing = (error: unknown): undefined => {
    if (!(error instanceof GoogleRefusal && error.status === 404)) throw error;
  };

  return {
    call,
    find: (path) => call("GET", path).catch(unlessMissing),
    upload: (path, contentType, body) => send("POST", path, { "content-type": contentType }, body),
    remove: async (path) => (await call("DELETE", path).catch(unlessMissing)) ?? { done: true },
    /**
     * @decision An operation is asked for until it is done; its error ends the deployment of that resource.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/tpgresource/common_operation.go, OperationWait, CommonOpError: "Error code %v, message: %s".
     * @matters deployment fails: the reason of a failed build is what the person sees.
     */
    async finish(base, operation) {
      let current = operation;
      while (current["done"] !== true) {
        const name = String(current["name"]);
        await (ended === undefined ? delay(POLL_MILLISECONDS) : ended(name));
        current = await call("GET", `${base}${name}`);
      }
      const error = current["error"];
      if (isObject(error)) throw new ProviderError(`The operation failed: ${String(error["message"])}`);
    },
  };
}

/** A proxy in between may answer something that is not JSON. */
function parse(text: string): JsonObject {
  try {
    const parsed: unknown = text === "" ? {} : JSON.parse(text);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}
