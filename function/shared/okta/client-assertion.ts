import type { Sign } from "../google/signer.ts";

/** Makes a client assertion, a new one at every call. */
export type MakeClientAssertion = (signal: AbortSignal) => Promise<string>;

/** How far Okta's clock and ours may be apart, either way: Okta refuses an `iat` in its future. */
const CLOCK_SKEW_SECONDS = 300;

/** Okta accepts at most an hour; an assertion is used at once, so minutes are enough. */
const LIFETIME_SECONDS = 300;

/**
 * Client assertions for private_key_jwt (Okta, "Build a JWT for client authentication"; RFC 7523). `jti` makes each
 * one usable once, so a retry needs a new one.
 *
 * @param audience the token endpoint, exactly as it is called
 * @param now the clock, in milliseconds
 * @param newId makes the `jti`
 */
export function createClientAssertions(settings: {
  readonly clientId: string;
  readonly keyId: string;
  readonly audience: string;
  readonly sign: Sign;
  readonly now: () => number;
  readonly newId: () => string;
}): MakeClientAssertion {
  const { clientId, keyId, audience, sign, now, newId } = settings;
  const header = encode({ alg: "RS256", typ: "JWT", kid: keyId });
  return async (signal) => {
    const seconds = Math.floor(now() / 1000);
    const claims = encode({
      iss: clientId,
      sub: clientId,
      aud: audience,
      iat: seconds - CLOCK_SKEW_SECONDS,
      exp: seconds + CLOCK_SKEW_SECONDS + LIFETIME_SECONDS,
      jti: newId(),
    });
    const signature = await sign(`${header}.${claims}`, signal);
    return `${header}.${claims}.${signature.toString("base64url")}`;
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
