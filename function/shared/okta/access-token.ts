import type { Clock, Deadline } from "../clock.ts";
import { TokenError } from "../errors.ts";
import { singleFlight } from "../single-flight.ts";
import { errorCodeOf, type OktaTransport, objectOf, requestIdOf } from "./client.ts";
import type { MakeClientAssertion } from "./client-assertion.ts";

/** Where Okta's org authorization server gives tokens. */
export const TOKEN_PATH = "/oauth2/v1/token";

/** How long before its end a token is renewed. */
const RENEW_BEFORE_END_MS = 5 * 60_000;

/** Access tokens of the service app. */
export interface AccessTokens {
  /** @throws TokenError when Okta gives none */
  get(signal: AbortSignal): Promise<string>;
  /** Forgets a token that Okta did not accept, unless a newer one has taken its place. */
  discard(token: string): void;
}

/**
 * Tokens by client credentials and private_key_jwt (Okta, "Implement OAuth for Okta with a service app"). A token is
 * kept until shortly before its end, and all callers that wait for one share one request.
 *
 * @param scope separated by spaces
 * @param timeoutMs how long one token request may take, in milliseconds
 */
export function createAccessTokens(settings: {
  readonly send: OktaTransport;
  readonly makeAssertion: MakeClientAssertion;
  readonly scope: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
}): AccessTokens {
  const { send, makeAssertion, scope, clock, timeoutMs } = settings;
  let current: { token: string; renewAt: number } | undefined;

  const request = async (deadline: Deadline): Promise<string> => {
    const answer = await send({
      method: "POST",
      path: TOKEN_PATH,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        scope,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: await makeAssertion(deadline.signal),
      }).toString(),
      deadline,
    });
    const body = objectOf(answer);
    const { access_token: token, expires_in: seconds } = body;
    if (answer.status !== 200 || typeof token !== "string" || typeof seconds !== "number") {
      throw new TokenError(answer.status, errorCodeOf(answer), requestIdOf(answer));
    }
    current = { token, renewAt: clock.now() + seconds * 1000 - RENEW_BEFORE_END_MS };
    return token;
  };

  const renew = singleFlight(request, { clock, timeoutMs });
  return {
    async get(signal) {
      signal.throwIfAborted();
      if (current !== undefined && clock.now() < current.renewAt) return current.token;
      return renew(signal);
    },
    discard(token) {
      if (current?.token === token) current = undefined;
    },
  };
}
