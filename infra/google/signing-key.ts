import { createPublicKey } from "node:crypto";
import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import { calculateJwkThumbprint } from "jose";
import { DeploymentError } from "../errors.ts";
import { type Rotated, type Rotation, rotated } from "../rotation.ts";

/** The public half of a signing key, as Okta's service app takes it (RFC 7517). */
export interface PublicKey {
  readonly kty: string;
  readonly kid: string;
  readonly n: string;
  readonly e: string;
}

/** One version of a signing key, with which one service app authenticates. */
export interface SigningKeyVersion {
  /** Number of the rotation that made it. */
  readonly number: number;
  /** Full name of the key version. */
  readonly name: pulumi.Output<string>;
  readonly publicKey: pulumi.Output<PublicKey>;
}

/** A signing key with the versions that can sign. */
export interface SigningKey {
  readonly versions: Rotated<SigningKeyVersion>;
  readonly resource: gcp.kms.CryptoKey;
}

/** The ring of all signing keys. It can never be deleted in Google Cloud nor its name used again, so Pulumi names it. */
export function createKeyRing(
  name: string,
  args: { readonly project: string; readonly region: string },
  options: pulumi.CustomResourceOptions,
): gcp.kms.KeyRing {
  return new gcp.kms.KeyRing(name, { project: args.project, location: args.region }, options);
}

/**
 * An RSA key whose private half never leaves Cloud KMS. Each rotation is a version of its own, named by its number, so
 * that one changed number is the whole rotation. The version before the current one can sign until the next rotation.
 * Like its ring, a key can never be deleted, so Pulumi names it.
 */
export function createSigningKey(
  name: string,
  args: {
    readonly ring: gcp.kms.KeyRing;
    readonly rotation: Rotation;
    readonly protectionLevel: "SOFTWARE" | "HSM";
    readonly labels: pulumi.Input<Readonly<Record<string, string>>>;
  },
  options: pulumi.CustomResourceOptions,
): SigningKey {
  const key = new gcp.kms.CryptoKey(
    name,
    {
      keyRing: args.ring.id,
      purpose: "ASYMMETRIC_SIGN",
      versionTemplate: { algorithm: "RSA_SIGN_PKCS1_2048_SHA256", protectionLevel: args.protectionLevel },
      // The versions are made here, one for each rotation.
      skipInitialVersionCreation: true,
      labels: args.labels,
    },
    options,
  );
  const createVersion = (number: number): SigningKeyVersion => {
    const version = new gcp.kms.CryptoKeyVersion(`${name}-${number}`, { cryptoKey: key.id }, options);
    const details = gcp.kms.getKMSCryptoKeyVersionOutput(
      { cryptoKey: key.id, version: version.name.apply(versionNumber) },
      { ...(options.parent === undefined ? {} : { parent: options.parent }) },
    );
    return {
      number,
      name: version.name,
      publicKey: details.publicKeys.apply(([publicKey]) => toPublicKey(publicKey?.pem)),
    };
  };
  return { versions: rotated(args.rotation, createVersion), resource: key };
}

/** Lets an account sign with a key. */
export function allowSigning(
  name: string,
  args: { readonly member: pulumi.Input<string> },
  key: SigningKey,
  options: pulumi.CustomResourceOptions,
): gcp.kms.CryptoKeyIAMMember {
  return new gcp.kms.CryptoKeyIAMMember(
    name,
    { cryptoKeyId: key.resource.id, role: "roles/cloudkms.signer", member: args.member },
    options,
  );
}

/** The last part of a version's full name. */
function versionNumber(versionName: string): number {
  return Number(versionName.slice(versionName.lastIndexOf("/") + 1));
}

async function toPublicKey(pem: string | undefined): Promise<PublicKey> {
  if (pem === undefined)
    throw new DeploymentError(
      "signing-key",
      'Cloud KMS returned no public key for the signing key. Run "pulumi up" again.',
    );
  const { kty, n, e } = createPublicKey(pem).export({ format: "jwk" });
  if (kty !== "RSA" || n === undefined || e === undefined)
    throw new DeploymentError(
      "signing-key",
      "The signing key in Cloud KMS is not an RSA key. Add one to signingKeyRotation to create a new one.",
    );
  return { kty, kid: await calculateJwkThumbprint({ kty, n, e }), n, e };
}
