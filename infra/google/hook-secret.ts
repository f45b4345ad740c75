import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { ReceiveSecrets } from "../../function/shared/contract.ts";
import { type Rotation, rotated } from "../rotation.ts";

/** The secret with which Okta authenticates to the receiver. */
export interface HookSecret {
  /** What Okta sends now. */
  readonly current: pulumi.Output<string>;
  /** Where the receiver finds it, and the one before it. */
  readonly environment: {
    readonly key: keyof ReceiveSecrets;
    readonly secret: pulumi.Output<string>;
    readonly version: pulumi.Output<string>;
  }[];
  /** The binding by which the receiver may read it. */
  readonly mayRead: pulumi.Resource;
}

/**
 * A random secret for each rotation, named by its number. The current and the previous secret are kept and accepted, so a
 * rotation refuses no delivery. The next rotation deletes the previous one; revoking it deletes it at once.
 *
 * The secret is stored in the stack's region only. Its replication can't change: a stack that moves, or whose secret was
 * still replicated automatically, gets a new secret with the same values, and loses the old one when the receiver no longer
 * reads it.
 */
export function createHookSecret(
  name: string,
  args: {
    readonly project: string;
    readonly region: string;
    readonly rotation: Rotation;
    readonly reader: gcp.serviceaccount.Account;
    /** Runs after the reader's right was given: an instance that starts too early can't read the secret. */
    readonly afterNewRight: pulumi.ResourceHook;
    readonly labels: pulumi.Input<Readonly<Record<string, string>>>;
  },
  options: pulumi.CustomResourceOptions,
): HookSecret {
  const secret = new gcp.secretmanager.Secret(
    `${name}-hook-secret`,
    {
      project: args.project,
      // Organizations that restrict locations refuse automatic replication (Google Cloud, "Choose a replication policy").
      replication: { userManaged: { replicas: [{ location: args.region }] } },
      labels: args.labels,
    },
    // Another region is another secret. The provider would delete the old one first, and an instance of the receiver
    // that starts meanwhile would not find it.
    { ...options, deleteBeforeReplace: false },
  );
  const createVersion = (number: number) => {
    const password = new random.RandomPassword(
      `${name}-hook-secret-${number}`,
      { length: 48, special: false },
      options,
    );
    const version = new gcp.secretmanager.SecretVersion(
      `${name}-hook-secret-${number}`,
      { secret: secret.id, secretData: password.result },
      { ...options, deletedWith: secret },
    );
    return { password: password.result, version: version.version };
  };
  const { current, previous } = rotated(args.rotation, createVersion);
  const mayRead = new gcp.secretmanager.SecretIamMember(
    `${name}-receive-reads-secret`,
    {
      project: args.project,
      secretId: secret.secretId,
      role: "roles/secretmanager.secretAccessor",
      member: args.reader.member,
    },
    { ...options, hooks: { afterCreate: [args.afterNewRight] }, deletedWith: secret },
  );
  return {
    current: current.password,
    environment: [
      { key: "HOOK_SECRET", secret: secret.secretId, version: current.version },
      ...(previous === undefined
        ? []
        : [{ key: "HOOK_SECRET_PREVIOUS" as const, secret: secret.secretId, version: previous.version }]),
    ],
    mayRead,
  };
}
