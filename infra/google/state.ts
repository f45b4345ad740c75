import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";

/** Where `reconcile` keeps its place in the System Log, and how far each replay is. */
export interface State {
  /** Name of the bucket. */
  readonly bucket: pulumi.Output<string>;
  /** Since when it exists, in ISO 8601. */
  readonly since: pulumi.Output<string>;
  readonly resource: gcp.storage.Bucket;
  /** The binding by which the account may read and write it. */
  readonly mayUse: pulumi.Resource;
}

/** How long what was overwritten or deleted can be brought back, in seconds: 7 days. */
const RETENTION = 604_800;

/** The bucket of the state, with the one account that uses it. */
export function createState(
  name: string,
  args: {
    readonly project: string;
    readonly region: string;
    readonly account: gcp.serviceaccount.Account;
    /** Refuse to delete it. */
    readonly protect: boolean;
    readonly labels: Readonly<Record<string, string>>;
  },
  options: pulumi.CustomResourceOptions,
): State {
  const bucket = new gcp.storage.Bucket(
    `${name}-state`,
    {
      project: args.project,
      location: args.region,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      // It means nothing to another deployment. What must not delete it is `protect`.
      forceDestroy: true,
      // Overwritten objects and a deleted bucket are kept, too, so no versions are needed (Google Cloud, "Soft delete").
      softDeletePolicy: { retentionDurationSeconds: RETENTION },
      labels: args.labels,
    },
    { ...options, protect: args.protect },
  );
  const mayUse = new gcp.storage.BucketIAMMember(
    `${name}-reconcile-keeps-state`,
    {
      bucket: bucket.name,
      // Overwriting takes the right to delete, and without the right to list a missing object is answered 403 in place of
      // 404 (Google Cloud, "IAM permissions for JSON methods"); this is the narrowest role that has both and reads.
      role: "roles/storage.objectUser",
      member: args.account.member,
    },
    { ...options, deletedWith: bucket },
  );
  return { bucket: bucket.name, since: bucket.timeCreated, resource: bucket, mayUse };
}
