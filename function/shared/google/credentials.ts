import { type Clock, type Deadline, within } from "../clock.ts";
import { MetadataError } from "../errors.ts";
import { isObject, parseJson } from "../json.ts";
import { singleFlight } from "../single-flight.ts";
import type { GoogleAccessToken, Send } from "./api.ts";

/** The metadata server by its address, so that no name has to be resolved (Google Cloud, "View and query VM metadata"). */
export const METADATA_HOST = "169.254.169.254";

const TOKEN_PATH = "/computeMetadata/v1/instance/service-accounts/default/token";
const SCOPES = "https://www.googleapis.com/auth/cloud-platform";

/** Sent with every request and returned with every answer (Google Cloud, "View and query VM metadata"). */
const FLAVOR = { "metadata-flavor": "Google" };

/**
 * How long before its end a token is renewed. The metadata server gives the same token until 5 minutes
 * before its end (Google Cloud, "Authenticate workloads": access tokens), so before that there is no new one.
 */
const RENEW_BEFORE_END_MS = 225_000;

/**
 * How long the metadata server may take for one token. It answers within milliseconds, so a request without an answer after the
 * first time is sent once more: within the 2.25 s that `receive` has.
 */
const FIRST_ATTEMPT_MS = 1_000;
const TIMEOUT_MS = 6_000;

/**
 * Access tokens of the function's own service account, from the metadata server. A token is kept until shortly before its
 * end; however many callers wait for one, one request is under way.
 *
 * The call throws MetadataError, what `send` throws when the metadata server is not reached, and the signal's reason.
 *
 * @param host host, and port where it is not 80, of the metadata server
 */
export function createAccessToken(settings: {
  readonly send: Send;
  readonly clock: Clock;
  readonly host: string;
}): GoogleAccessToken {
  const { send, clock, host } = settings;
  const url = `http://${host}${TOKEN_PATH}?scopes=${encodeURIComponent(SCOPES)}`;
  let current: { readonly token: string; readonly renewAt: number } | undefined;

  const ask = async (signal: AbortSignal): Promise<string> => {
    const response = await send(url, { headers: FLAVOR, signal });
    const answer = parseJson(await response.text());
    signal.throwIfAborted();
    // Without the header, something else has answered.
    const isItself = response.headers.get("metadata-flavor") === FLAVOR["metadata-flavor"];
    if (!response.ok || !isItself || !isObject(answer)) {
      throw new MetadataError(`The metadata server gave no access token: ${response.status}`);
    }
    const { access_token: token, expires_in: seconds } = answer;
    if (typeof token !== "string" || token === "" || typeof seconds !== "number") {
      throw new MetadataError("The metadata server's answer holds no access token.");
    }
    current = { token, renewAt: clock.now() + seconds * 1000 - RENEW_BEFORE_END_MS };
    return token;
  };

  const askTwice = async ({ signal }: Deadline): Promise<string> => {
    using first = clock.deadline(FIRST_ATTEMPT_MS);
    try {
      return await within(ask(first.signal), first.signal);
    } catch (error) {
      if (!first.signal.aborted) throw error;
      return ask(signal);
    }
  };

  const renew = singleFlight(askTwice, { clock, timeoutMs: TIMEOUT_MS });
  return async (signal) => {
    signal.throwIfAborted();
    return current !== undefined && clock.now() < current.renewAt ? current.token : renew(signal);
  };
}
