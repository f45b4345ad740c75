import type { OktaConfig } from "../contract.ts";
import type { GooglePost } from "../google/api.ts";
import { createSigner } from "../google/signer.ts";
import { createAccessTokens, TOKEN_PATH } from "../okta/access-token.ts";
import { authorize } from "../okta/authorized.ts";
import type { ConnectionUse, OktaSend } from "../okta/client.ts";
import { createClientAssertions } from "../okta/client-assertion.ts";
import { followRateLimit } from "../okta/rate-limit.ts";
import { retryOnce } from "../okta/retry.ts";
import type { OktaOutside } from "./outside.ts";

/** One token request, in milliseconds. */
const TOKEN_TIMEOUT = 15_000;

/**
 * The org as a service app may call it: with its token, within the rate limit of one bucket, once more after a failure.
 * What is returned makes a way for one bucket; every call that goes that way must be of that bucket, and one that may be
 * repeated. All ways have the token and the connections in common.
 *
 * @param use `scope` separated by spaces
 * @param post calls Google, to sign
 */
export function wireOkta(
  { orgUrl, clientId, keyId, keyVersion, kmsEndpoint, rateLimitReserve }: OktaConfig,
  use: ConnectionUse & { readonly scope: string },
  post: GooglePost,
  { clock, random, newId, connectToOkta }: OktaOutside,
): () => OktaSend {
  const send = connectToOkta(orgUrl, use);
  const sign = createSigner({ endpoint: kmsEndpoint, keyVersion, post });
  const makeAssertion = createClientAssertions({
    clientId,
    keyId,
    audience: `${orgUrl}${TOKEN_PATH}`,
    sign,
    now: clock.now,
    newId,
  });
  const tokens = createAccessTokens({ send, makeAssertion, scope: use.scope, clock, timeout: TOKEN_TIMEOUT });
  return () => {
    const limited = followRateLimit(send, { clock, reserve: rateLimitReserve, random });
    return authorize(retryOnce(limited, { clock, random }), tokens);
  };
}
