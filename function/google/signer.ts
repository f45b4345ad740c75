import { createHash } from "node:crypto";
import type { GooglePost } from "./api.ts";

/** Signs bytes with RSASSA-PKCS1-v1_5 and SHA-256 (RS256) by a private key that never leaves Cloud KMS. */
export type Sign = (data: string, signal: AbortSignal) => Promise<Buffer>;

/**
 * Cloud KMS as the signer (Google Cloud, "Cloud KMS REST API": cryptoKeyVersions.asymmetricSign).
 *
 * @param keyVersion full name of the key version
 */
export function createSigner(settings: {
  readonly endpoint: string;
  readonly keyVersion: string;
  readonly post: GooglePost;
}): Sign {
  return async (data, signal) => {
    const { signature } = await settings.post({
      call: "Cloud KMS asymmetricSign",
      url: `${settings.endpoint}/v1/${settings.keyVersion}:asymmetricSign`,
      body: { digest: { sha256: createHash("sha256").update(data).digest("base64") } },
      signal,
    });
    if (typeof signature !== "string")
      throw new Error("Cloud KMS asymmetricSign: the answer has no signature");
    return Buffer.from(signature, "base64");
  };
}
