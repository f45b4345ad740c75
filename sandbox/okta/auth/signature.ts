import { createPublicKey, verify } from "node:crypto";
import type { AppKey } from "../model/app.ts";

/** How an algorithm signs, and the curve of each elliptic one, which Okta's keys do not name. */
const ALGORITHMS: Readonly<Record<string, { readonly hash: string; readonly curve?: string }>> = {
  RS256: { hash: "sha256" },
  RS384: { hash: "sha384" },
  RS512: { hash: "sha512" },
  ES256: { hash: "sha256", curve: "P-256" },
  ES384: { hash: "sha384", curve: "P-384" },
  ES512: { hash: "sha512", curve: "P-521" },
};

/** The shortest RSA key that these algorithms allow, in bits (RFC 7518, 3.3). */
const MINIMUM_RSA = 2048;

/** What kind of key the algorithm signs with; undefined when Okta does not take it. */
export function keyTypeOf(algorithm: unknown): AppKey["kty"] | undefined {
  if (typeof algorithm !== "string" || !Object.hasOwn(ALGORITHMS, algorithm)) return undefined;
  return algorithm.startsWith("RS") ? "RSA" : "EC";
}

/**
 * Whether the key has signed a JWT (RFC 7515, compact serialization). Done at once and not in a thread, so that an org
 * in memory answers before its clock can move.
 *
 * @decision An RSA key of fewer than 2,048 bits proves nothing.
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_application_sso_public_keys_it/…test_sso_public_keys_lifecycle (Okta refuses such
 *   a key already when it is added).
 * @matters deployment fails: the program makes keys of 2,048 bits and more.
 */
export function isSignedBy(key: AppKey, algorithm: string, jwt: string): boolean {
  const { hash, curve } = ALGORITHMS[algorithm] ?? {};
  const [input, signature] = [jwt.slice(0, jwt.lastIndexOf(".")), jwt.slice(jwt.lastIndexOf(".") + 1)];
  try {
    const jwk = { kty: key.kty, ...key.material, ...(curve === undefined ? {} : { crv: curve }) };
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? MINIMUM_RSA;
    const decoded = Buffer.from(signature, "base64url");
    return (
      bits >= MINIMUM_RSA &&
      verify(hash, Buffer.from(input), { key: publicKey, dsaEncoding: "ieee-p1363" }, decoded)
    );
  } catch {
    // No key that could have signed it.
    return false;
  }
}
