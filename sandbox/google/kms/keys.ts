import { type Fields, optionalDuration } from "../fields.ts";
import { readLabels } from "../labels.ts";
import { algorithmNames, type SigningAlgorithm, signingAlgorithm } from "./algorithms.ts";
import { createKeyVersion, type KeyVersion } from "./versions.ts";

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
