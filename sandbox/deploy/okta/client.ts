import { isObject, type JsonObject, parseJson } from "../../../function/shared/json.ts";
import { PartialCreateError, ProviderError, type ResourceState } from "../handler.ts";
import { isRefused, RefusedCall } from "./answers.ts";

/** Calls Okta's management API with an API token. All of it throws ProviderError when Okta refuses or is not there. */
export interface OktaClient {
  /**
   * @param path beginning with a slash
   * @param body sent as JSON
   * @returns the object that Okta answered with, an empty one when it answered without
   */
  call(method: string, path: string, body?: unknown): Promise<JsonObject>;
  /** Gets a list of objects. */
  list(path: string): Promise<readonly JsonObject[]>;
  /** As `list`, but nothing when Okta says that what has the list is not there. */
  listIfPresent(path: string): Promise<readonly JsonObject[]>;
  /** Gets an object, or undefined when Okta says that it is not there. */
  find(path: string): Promise<JsonObject | undefined>;
  /** Deletes; a missing object is not an error. */
  deleteIfPresent(path: string): Promise<void>;
  /** Calls with another API token from now on, and checks it as Okta's provider does. */
  configure(token: string): Promise<void>;
  /** Asks, once, on what the org runs. */
  askOrganization(): Promise<void>;
  readonly patience: Patience;
}

/** How often a call is sent when Okta's rate limit is in its way. */
const ATTEMPTS = 6;

/**
 * Before its first call the client asks twice who it is, as Okta's provider does to check its configuration. A call
 * beyond the rate limit is sent again when Okta says that the limit is reset (Okta, "Rate limits": response headers);
 * nothing else is repeated.
 *
 * @param url of the org, without a slash at the end
 */
export function createOktaClient(url: string, apiToken: string, patience: Patience): OktaClient {
  let token = apiToken;
  let configured: Promise<void> | undefined;
  let organization: Promise<unknown> | undefined;

  /**
   * @decision A call that gets no answer stops the resource.
   * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/api/api.go.
   * @matters deployment fails: the next update goes on from there.
   */
  const sendOnce = async (method: string, path: string, body: unknown): Promise<Response> => {
    try {
      return await fetch(url + path, {
        method,
        headers: {
          accept: "application/json",
          authorization: `SSWS ${token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
    } catch (cause) {
      throw new ProviderError(`${method} ${path}: no answer from Okta at ${url}`, { cause });
    }
  };

  /**
   * @decision After a 429 the provider waits until the reset and repeats the call, six times in all.
   * @evidence vendor-code: the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a
   *   recording server; okta/terraform-provider-okta v6.12.0, okta/api/api.go.
   * @matters deployment fails: an update waits for minutes in an org whose bucket is used up.
   */
  const send = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    for (let attempt = 1; ; attempt += 1) {
      const response = await sendOnce(method, path, body);
      const answer = parseJson(await response.text());
      if (response.ok) return answer;
      if (response.status !== 429) throw new RefusedCall(`${method} ${path}`, response.status, answer);
      if (attempt === ATTEMPTS) {
        throw new ProviderError(`${method} ${path}: too many requests, ${ATTEMPTS} times over`);
      }
      await patience.sleep(untilReset(response, patience));
    }
  };

  const checkToken = async (): Promise<void> => {
    for (let call = 0; call < 2; call += 1) await send("GET", "/api/v1/users/me");
  };

  const request = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    configured ??= checkToken();
    await configured;
    return send(method, path, body);
  };

  const call = async (method: string, path: string, body?: unknown): Promise<JsonObject> => {
    const answer = await request(method, path, body);
    return isObject(answer) ? answer : {};
  };

  const list = async (path: string): Promise<readonly JsonObject[]> => {
    const answer = await request("GET", path);
    return Array.isArray(answer) ? answer.filter(isObject) : [];
  };

  return {
    call,
    list,
    listIfPresent: async (path) => (await unlessMissing(list(path))) ?? [],
    find: (path) => unlessMissing(call("GET", path)),
    async deleteIfPresent(path) {
      await unlessMissing(call("DELETE", path));
    },
    async configure(given) {
      token = given;
      configured = checkToken();
      await configured;
    },
    async askOrganization() {
      organization ??= request("GET", "/.well-known/okta-organization");
      await organization;
    },
    patience,
  };
}

async function unlessMissing<Found>(answer: Promise<Found>): Promise<Found | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isRefused(error, 404)) return undefined;
    throw error;
  }
}

/** Milliseconds until the limit is reset; without a word about it, a pause. */
function untilReset({ headers }: Response, { now, pause }: Patience): number {
  const reset = Number(headers.get("x-rate-limit-reset") ?? Number.NaN) * 1000;
  return Number.isNaN(reset) ? pause : Math.max(0, reset - now());
}

/**
 * The error of a creation of which a later call failed: what the first call made stays in the state.
 *
 * @decision A resource of which a later call failed stays in the state as it was asked for.
 * @evidence vendor-code: the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a
 *   recording server (an app whose ID token call was refused).
 * @matters deployment fails: the next update goes on from there.
 */
export function partialCreate(cause: unknown, state: ResourceState): PartialCreateError {
  return new PartialCreateError(cause instanceof Error ? cause.message : String(cause), state, { cause });
}

/** How long the provider waits, and by which clock. */
export interface Patience {
  /** The first pause before something that should become right by itself is tried again, in milliseconds. */
  readonly pause: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** How often the provider tries before it gives up. */
const TRIES = 8;

/** Each pause is longer than the one before by this factor. */
const GROWTH = 1.5;

/** Much shorter pauses than the provider's, which give an org in the cloud ten seconds and more. */
export const shortPatience: Patience = {
  pause: 20,
  now: Date.now,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/**
 * Tries until it works, with growing pauses.
 *
 * @param passing whether the error may go away by itself; any other is thrown at once
 * @throws what the last try threw
 */
export async function tryAgain<Result>(
  { pause, sleep }: Patience,
  attempt: () => Promise<Result>,
  passing: (error: unknown) => boolean,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === TRIES || !passing(error)) throw error;
    }
    await sleep(pause * GROWTH ** (tries - 1));
  }
}
