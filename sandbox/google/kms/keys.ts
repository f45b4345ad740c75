import { crc32c } from "../crc32c.ts";
import { GoogleError, invalidField } from "../errors.ts";
import { type Fields, optionalDuration, readLabels } from "../fields.ts";
import {
  algorithmNames,
  generateSigningKey,
  type SigningAlgorithm,
  type SigningKey,
  signingAlgorithm,
} from "./algorithms.ts";

/** A key: what it is for, and its versions. */
export interface CryptoKey {
  readonly name: string;
  readonly destroyScheduledMilliseconds: number;
  resource(): Readonly<Record<string, unknown>>;
  /** Takes what can be changed of a key from a request. @throws GoogleError naming what is wrong */
  configure(body: Fields): void;
  versions(): readonly KeyVersion[];
  version(id: string): KeyVersion | undefined;
  createVersion(): KeyVersion;
}

/** What can be changed of a key, and then holds for the versions made from then on. */
interface Settings {
  readonly algorithmName: string;
  readonly algorithm: SigningAlgorithm;
  readonly labels: Readonly<Record<string, string>>;
}

const DAY = 24 * 60 * 60 * 1000;

/** Reads the key of a request (Cloud KMS, REST reference v1: cryptoKeys). @throws GoogleError naming what is wrong */
export function createCryptoKey(name: string, body: Fields): CryptoKey {
  const purpose = body.optionalString("purpose") ?? "CRYPTO_KEY_PURPOSE_UNSPECIFIED";
  /**
   * @own Keys of another purpose than ASYMMETRIC_SIGN are not made here: the product makes none.
   */
  if (purpose !== "ASYMMETRIC_SIGN") {
    throw body.invalid("purpose", `"${purpose}": only ASYMMETRIC_SIGN keys are made here`);
  }
  const destroyScheduledMilliseconds = optionalDuration(body, "destroyScheduledDuration") ?? 30 * DAY;
  /**
   * @decision A version is destroyed 30 days after the request unless the key says otherwise; less than one day or
   * more than 120 is refused.
   * @evidence assumed: the default is documented (googleapis/googleapis f8291d2, google/cloud/kms/v1/resources.proto,
   * CryptoKey.destroy_scheduled_duration), the bounds are from memory.
   * @show No deployment shows it: the program sets no duration.
   * @matters sandbox only: the program keeps the default.
   */
  if (destroyScheduledMilliseconds < DAY || destroyScheduledMilliseconds > 120 * DAY) {
    throw body.invalid("destroyScheduledDuration", "must be between 1 and 120 days");
  }
  let settings = readSettings(body);
  const createTime = new Date().toISOString();
  const versions = new Map<string, KeyVersion>();

  return {
    name,
    destroyScheduledMilliseconds,
    versions: () => [...versions.values()],
    version: (id) => versions.get(id),
    resource: () => ({
      name,
      purpose,
      createTime,
      labels: settings.labels,
      versionTemplate: { protectionLevel: "SOFTWARE", algorithm: settings.algorithmName },
      destroyScheduledDuration: `${destroyScheduledMilliseconds / 1000}s`,
    }),
    /**
     * @decision A changed template holds for versions that are made from then on.
     * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/kms/v1/resources.proto,
     * CryptoKey.version_template: "describing settings for new CryptoKeyVersion instances".
     * @matters sandbox only: the program changes no template.
     */
    configure(changed) {
      settings = readSettings(changed);
    },
    createVersion() {
      const id = String(versions.size + 1);
      const { algorithmName, algorithm } = settings;
      const version = createKeyVersion(`${name}/cryptoKeyVersions/${id}`, algorithmName, algorithm);
      versions.set(id, version);
      return version;
    },
  };
}

function readSettings(body: Fields): Settings {
  const template = body.object("versionTemplate");
  const protectionLevel = template.optionalString("protectionLevel") ?? "SOFTWARE";
  /**
   * @own Keys of another protection level than SOFTWARE are not made here: the product makes none.
   */
  if (protectionLevel !== "SOFTWARE") {
    throw template.invalid("protectionLevel", `"${protectionLevel}": only SOFTWARE keys are made here`);
  }
  /**
   * @decision A rotation period on a key that signs is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/kms/v1/resources.proto,
   * CryptoKey.rotation_schedule: "support automatic rotation. For other keys, this field must be omitted".
   * @matters misleading: a program that asked for rotation would believe that it takes place.
   */
  if (body.has("rotationPeriod"))
    throw body.invalid("rotationPeriod", "asymmetric keys can't be rotated by Cloud KMS");
  const algorithmName = template.string("algorithm");
  const algorithm = signingAlgorithm(algorithmName);
  /**
   * @decision A key that signs must name its algorithm, one that fits its purpose; another is refused with 400. Those
   * of post-quantum and raw signatures are not made here.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/kms/v1/resources.proto, CryptoKey.purpose
   * and CryptoKeyVersionTemplate.algorithm (required).
   * @matters sign-in lost: the signature must be the one that Okta expects.
   */
  if (!algorithm) {
    throw template.invalid("algorithm", `"${algorithmName}" is not one of ${algorithmNames().join(", ")}`);
  }
  return { algorithmName, algorithm, labels: readLabels(body) };
}

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
function createKeyVersion(
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
   * current state is: PENDING_GENERATION". Google does not say how long that lasts.
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
    // Asked twice, it might be ready in between.
    const current = state();
    if (key === undefined || current !== "ENABLED") {
      throw new GoogleError("FAILED_PRECONDITION", `${name} is not enabled, current state is: ${current}.`);
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
