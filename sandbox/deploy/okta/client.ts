import { ProviderError } from "../handler.ts";

/** A JSON object that Okta answered with. */
export type Answer = Readonly<Record<string, unknown>>;

/** Calls Okta's management API with an API token. */
export interface OktaClient {
  /**
   * @param path beginning with a slash
   * @param body sent as JSON
   * @returns the object that Okta answered with, an empty one when it answered without
   * @throws ProviderError telling method, path, status and Okta's own words
   */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** As `call`, for answers that are lists of objects. */
  list(path: string): Promise<readonly Answer[]>;
  /** As `call` with DELETE, but what is gone already is no error. */
  deleteIfPresent(path: string): Promise<void>;
}

/**
 * Before its first call the client asks twice who it is, as Okta's provider does to check its configuration.
 *
 * @param url of the org, without a slash at the end
 */
export function createOktaClient(url: string, apiToken: string): OktaClient {
  let configured: Promise<void> | undefined;

  const send = async (method: string, path: string, body?: unknown): Promise<Response> => {
    try {
      return await fetch(url + path, {
        method,
        headers: {
          accept: "application/json",
          authorization: `SSWS ${apiToken}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
    } catch (cause) {
      throw new ProviderError(`${method} ${path}: no answer from Okta at ${url}`, { cause });
    }
  };

  const configure = async (): Promise<void> => {
    for (let call = 0; call < 2; call += 1) {
      await read("GET", "/api/v1/users/me", await send("GET", "/api/v1/users/me"));
    }
  };

  const request = async (method: string, path: string, body?: unknown): Promise<Response> => {
    configured ??= configure();
    await configured;
    return send(method, path, body);
  };

  return {
    async call(method, path, body) {
      const value = await read(method, path, await request(method, path, body));
      return isAnswer(value) ? value : {};
    },
    async list(path) {
      const value = await read("GET", path, await request("GET", path));
      return Array.isArray(value) ? value.filter(isAnswer) : [];
    },
    async deleteIfPresent(path) {
      const response = await request("DELETE", path);
      if (response.status !== 404) await read("DELETE", path, response);
    },
  };
}

/**
 * A text of Okta's answer.
 *
 * @throws ProviderError when it is not there: without it the resource would be half made
 */
export function answeredText(answer: Answer, field: string): string {
  const value = answer[field];
  if (typeof value !== "string" || value === "") throw new ProviderError(`Okta answered without "${field}".`);
  return value;
}

/** An object of Okta's answer, an empty one when it is not there. */
export function answeredObject(answer: Answer, field: string): Answer {
  const value = answer[field];
  return isAnswer(value) ? value : {};
}

async function read(method: string, path: string, response: Response): Promise<unknown> {
  const text = await response.text();
  const value = parse(text);
  if (response.ok) return value;
  throw new ProviderError(`${method} ${path}: ${response.status} ${explain(value)}`.trim());
}

/** Okta's summary of an error, and its causes. */
function explain(value: unknown): string {
  if (!isAnswer(value)) return "";
  const summary = typeof value["errorSummary"] === "string" ? value["errorSummary"] : "";
  const list: readonly unknown[] = Array.isArray(value["errorCauses"]) ? value["errorCauses"] : [];
  const causes = list.filter(isAnswer).map((cause) => String(cause["errorSummary"]));
  return causes.length === 0 ? summary : `${summary} (${causes.join("; ")})`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
