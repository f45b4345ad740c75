import type { AccessTokens } from "./access-token.ts";
import type { OktaSend } from "./client.ts";

/**
 * Sends each request with the service app's access token. A token that Okta does not accept is replaced once, and the
 * request sent again; the second answer counts whatever it is.
 *
 * The call throws what the token or the connection throws when Okta was not reached.
 */
export function authorize(send: OktaSend, tokens: AccessTokens): OktaSend {
  return async (request) => {
    const attempt = async () => {
      const token = await tokens.get(request.deadline.signal);
      const headers = { ...request.headers, authorization: `Bearer ${token}` };
      const answer = await send({ ...request, headers });
      if (answer.status === 401) tokens.discard(token);
      return answer;
    };
    const first = await attempt();
    return first.status === 401 ? attempt() : first;
  };
}
