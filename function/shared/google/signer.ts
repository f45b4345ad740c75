import { createHash } from "node:crypto";
import { GoogleApiError, SigningKeyError } from "../errors.ts";
import type { GooglePost } from "./api.ts";

/** Signs bytes with RSASSA-PKCS1-v1_5 and SHA-256 (RS256) with a private key that never leaves Cloud KMS. */
export type Sign = (data: string, signal: AbortSignal) => Promise<Buffer>;

const CALL = "Cloud KMS asymmetricSign";

/**
 * What to do about Cloud KMS's own refusals (Google Cloud, "Key states": only an enabled version can be used; AIP-193: codes).
 * Other refusals pass by themselves, or come from something in between.
 */
const remedies: ReadonlyMap<string, (keyVersion: string) => string> = new Map<
  string,
  (keyVersion: string) => string
>([
  [
    "400 FAILED_PRECONDITION",
    (keyVersion) =>
      `The version of the signing key is disabled or destroyed. Run "gcloud kms keys versions enable ${keyVersion}"; if it is destroyed, add one to signingKeyRotation and run "pulumi up".`,
  ],
  [
    "403 PERMISSION_DENIED",
    () =>
      'The function\'s service account may not sign with the key, or Cloud KMS is not enabled in the project. Run "pulumi up --refresh" to give it the right again.',
  ],
  [
    "404 NOT_FOUND",
    () => 'The signing key is gone. Add one to signingKeyRotation and run "pulumi up" to make another.',
  ],
]);

/**
 * Cloud KMS as the signer (Google Cloud, "Cloud KMS REST API": cryptoKeyVersions.asymmetricSign).
 *
 * The call throws SigningKeyError, and what `post` throws.
 *
 * @param keyVersion full name of the key version
 */
export function createSigner(settings: {
  readonly endpoint: string;
  readonly keyVersion: string;
  readonly post: GooglePost;
}): Sign {
  const { endpoint, keyVersion, post } = settings;
  return async (data, signal) => {
    const { signature } = await post({
      call: CALL,
      url: `${endpoint}/v1/${keyVersion}:asymmetricSign`,
      body: { digest: { sha256: createHash("sha256").update(data).digest("base64") } },
      signal,
    }).catch((error: unknown) => {
      throw refusalOf(error, keyVersion);
    });
    if (typeof signature !== "string") throw new Error(`${CALL}: the answer has no signature`);
    return Buffer.from(signature, "base64");
  };
}

function refusalOf(error: unknown, keyVersion: string): unknown {
  if (!(error instanceof GoogleApiError)) return error;
  const { status, reason } = error;
  const remedy = remedies.get(`${status} ${reason}`);
  return remedy === undefined ? error : new SigningKeyError(status, reason, remedy(keyVersion));
}
