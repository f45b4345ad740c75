import { crc32c } from "../crc32c.ts";
import { GoogleError, invalidField } from "../errors.ts";
import type { Fields } from "../fields.ts";
import { generateSigningKey, type SigningAlgorithm, type SigningKey } from "./algorithms.ts";

/** One version of a key: a real key pair with a state. */
export interface KeyVersion {
  readonly name: string;
  resource(): object;
  /** Whether it still counts as there: not scheduled for destruction. */
  isAlive(): boolean;
  publicKey(): object;
  sign(body: Fields): object;
  destroy(destroyScheduledMilliseconds: number): void;
  /** @throws GoogleError when the version is neither enabled nor disabled */
  setDisabled(disabled: boolean): void;
}

/** How long a fresh key answers that it is being made, in milliseconds; the real service takes seconds. */
const GENERATION_MILLISECONDS = 300;

/** Makes a version, whose key pair is made in the background (Cloud KMS, Key states). */
export function createKeyVersion(
  name: string,
  algorithmName: string,
  algorithm: SigningAlgorithm,
  now: () => number = Date.now,
): KeyVersion {
  const createTime = now();
  const readyTime = createTime + GENERATION_MILLISECONDS;
  let key: SigningKey | undefined;
  let destroyTime: number | undefined;
  let disabled = false;
  void generateSigningKey(algorithm).then((made) => {
    key = made;
  });

  /**
   * @decision A new version is PENDING_GENERATION for a moment. Here for 0.3 s.
   * @evidence recorded: google/exposure-notifications-server#1328: a version that was just made is "not enabled,
   * current state is: PENDING_GENERATION". How long it lasts is not told.
   * @matters deployment fails: the public key is read as soon as the version is there.
   */
  function state(): string {
    if (destroyTime !== undefined) return "DESTROY_SCHEDULED";
    if (key === undefined || now() < readyTime) return "PENDING_GENERATION";
    return disabled ? "DISABLED" : "ENABLED";
  }

  /**
   * @decision A version that is not ENABLED neither signs nor shows its public key: 400 FAILED_PRECONDITION, with its
   * state.
   * @evidence recorded: getsops/sops#1421: "Error 400: …/cryptoKeyVersions/156 is not enabled, current state is:
   * DISABLED., failedPrecondition"; sethvargo/vault-on-gke#56 for DESTROYED.
   * @matters sign-in lost: a disabled version ends all calls to Okta at once.
   */
  function usableKey(): SigningKey {
    if (key === undefined || state() !== "ENABLED") {
      throw new GoogleError("FAILED_PRECONDITION", `${name} is not enabled, current state is: ${state()}.`);
    }
    return key;
  }

  return {
    name,
    isAlive: () => destroyTime === undefined,
    resource: () => ({
      name,
      state: state(),
      algorithm: algorithmName,
      protectionLevel: "SOFTWARE",
      createTime: new Date(createTime).toISOString(),
      ...(state() === "PENDING_GENERATION" ? {} : { generateTime: new Date(readyTime).toISOString() }),
      ...(destroyTime === undefined ? {} : { destroyTime: new Date(destroyTime).toISOString() }),
    }),
    publicKey() {
      const pem = usableKey().publicPem;
      return {
        pem,
        algorithm: algorithmName,
        pemCrc32c: String(crc32c(Buffer.from(pem))),
        name,
        protectionLevel: "SOFTWARE",
      };
    },
    sign(body) {
      const digest = readDigest(body, algorithm);
      const signature = Buffer.from(usableKey().sign(digest));
      return {
        name,
        signature: signature.toString("base64"),
        signatureCrc32c: String(crc32c(signature)),
        verifiedDigestCrc32c: body.has("digestCrc32c"),
        protectionLevel: "SOFTWARE",
      };
    },
    destroy(destroyScheduledMilliseconds) {
      /**
       * @decision Only a version that is enabled or disabled can be scheduled for destruction; another is refused
       * with 400 FAILED_PRECONDITION.
       * @evidence documentation: gcloud kms keys versions destroy: "Only versions which are Enabled or Disabled can
       * be Scheduled for destruction"; googleapis/googleapis f8291d2, google/cloud/kms/v1/resources.proto,
       * PENDING_GENERATION.
       * @matters misleading: a version whose destruction was refused would stay and could sign.
       */
      if (state() !== "ENABLED" && state() !== "DISABLED") {
        throw new GoogleError("FAILED_PRECONDITION", `${name} can't be destroyed in state ${state()}.`);
      }
      destroyTime = now() + destroyScheduledMilliseconds;
    },
    setDisabled(next) {
      /**
       * @decision A version that waits for generation or destruction is neither enabled nor disabled by a PATCH: 400
       * FAILED_PRECONDITION.
       * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/kms/v1/resources.proto,
       * CryptoKeyVersionState: PENDING_GENERATION "may not be used, enabled, disabled, or destroyed yet"; from
       * DESTROY_SCHEDULED RestoreCryptoKeyVersion leads back.
       * @matters sign-in lost: a scheduled version does not come back by being enabled.
       */
      if (state() !== "ENABLED" && state() !== "DISABLED") {
        throw new GoogleError("FAILED_PRECONDITION", `${name} can't be changed in state ${state()}.`);
      }
      disabled = next;
    },
  };
}

/**
 * The digest to sign, of the key's own hash (Cloud KMS, asymmetricSign).
 *
 * @decision A digest to sign must have the length of the key's hash, and its checksum must match; else 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/kms/v1/service.proto,
 * AsymmetricSignRequest.digest: "must be produced with the same digest algorithm as specified by the key version's
 * algorithm"; digest_crc32c.
 * @matters sign-in lost: the functions send SHA-256 and its checksum.
 */
function readDigest(body: Fields, algorithm: SigningAlgorithm): Uint8Array {
  const text = body.object("digest").string(algorithm.hash);
  const digest = Buffer.from(text, "base64");
  if (digest.length !== algorithm.digestLength) {
    throw invalidField(
      `digest.${algorithm.hash}`,
      `must be ${algorithm.digestLength} bytes, is ${digest.length}`,
    );
  }
  const checksum = body.optionalInteger("digestCrc32c");
  if (checksum !== undefined && checksum !== crc32c(digest)) {
    throw invalidField("digestCrc32c", "does not match the digest");
  }
  return digest;
}
