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

  function state(): string {
    if (destroyTime !== undefined) return "DESTROY_SCHEDULED";
    if (key === undefined || now() < readyTime) return "PENDING_GENERATION";
    return disabled ? "DISABLED" : "ENABLED";
  }

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
      if (destroyTime !== undefined) {
        throw new GoogleError("FAILED_PRECONDITION", `${name} is in state DESTROY_SCHEDULED already.`);
      }
      destroyTime = now() + destroyScheduledMilliseconds;
    },
    setDisabled(next) {
      if (state() !== "ENABLED" && state() !== "DISABLED") {
        throw new GoogleError("FAILED_PRECONDITION", `${name} can't be changed in state ${state()}.`);
      }
      disabled = next;
    },
  };
}

/** The digest to sign, of the key's own hash (Cloud KMS, asymmetricSign). */
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
