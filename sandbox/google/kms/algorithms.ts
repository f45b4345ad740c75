import { constants, createPrivateKey, generateKeyPair, type KeyObject, privateEncrypt } from "node:crypto";
import { promisify } from "node:util";
import { own } from "../../../function/shared/json.ts";

/** A way of signing: the size of its key and its hash. */
export interface SigningAlgorithm {
  readonly modulusLength: number;
  readonly hash: "sha256" | "sha512";
  /** Length of the hash in bytes. */
  readonly digestLength: number;
}

/** The RSASSA-PKCS1 algorithms (Cloud KMS, CryptoKeyVersionAlgorithm): the ones that can sign a digest here. */
const ALGORITHMS: Readonly<Record<string, SigningAlgorithm>> = {
  RSA_SIGN_PKCS1_2048_SHA256: { modulusLength: 2048, hash: "sha256", digestLength: 32 },
  RSA_SIGN_PKCS1_3072_SHA256: { modulusLength: 3072, hash: "sha256", digestLength: 32 },
  RSA_SIGN_PKCS1_4096_SHA256: { modulusLength: 4096, hash: "sha256", digestLength: 32 },
  RSA_SIGN_PKCS1_4096_SHA512: { modulusLength: 4096, hash: "sha512", digestLength: 64 },
};

/** The DER head of a DigestInfo by hash (RFC 8017, 9.2, notes). */
const DIGEST_INFO: Readonly<Record<SigningAlgorithm["hash"], string>> = {
  sha256: "3031300d060960864801650304020105000420",
  sha512: "3051300d060960864801650304020305000440",
};

const generate = promisify(generateKeyPair);

/** The algorithm of a name, or undefined. */
export function signingAlgorithm(name: string): SigningAlgorithm | undefined {
  return own(ALGORITHMS, name);
}

/** The names of the algorithms, for messages. */
export function algorithmNames(): readonly string[] {
  return Object.keys(ALGORITHMS);
}

/** A key that signs digests and shows its public half. */
export interface SigningKey {
  readonly publicPem: string;
  /** Signs the digest of a message (RFC 8017, 8.2). */
  sign(digest: Uint8Array): Uint8Array;
}

/** Makes a real RSA key. */
export async function generateSigningKey(algorithm: SigningAlgorithm): Promise<SigningKey> {
  const pair = await generate("rsa", {
    modulusLength: algorithm.modulusLength,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const key: KeyObject = createPrivateKey(pair.privateKey);
  const head = Buffer.from(DIGEST_INFO[algorithm.hash], "hex");
  return {
    publicPem: pair.publicKey,
    sign: (digest) =>
      privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([head, digest])),
  };
}
