import { basename, relative } from "node:path";
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { SharedArchive } from "./shared-archive.ts";

/** Where the functions' code lies. */
export interface Source {
  readonly bucket: gcp.storage.Bucket;
  readonly object: gcp.storage.BucketObject;
}

/** The archive in a bucket of its own, named by its content: a new name makes a function take new code. */
export function createSource(
  name: string,
  args: {
    readonly project: string;
    readonly region: string;
    readonly archive: pulumi.Output<SharedArchive>;
    readonly labels: pulumi.Input<Readonly<Record<string, string>>>;
  },
  options: pulumi.CustomResourceOptions,
): Source {
  const { archive } = args;
  const bucket = new gcp.storage.Bucket(
    `${name}-source`,
    {
      project: args.project,
      location: args.region,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      // An archive can always be built again.
      forceDestroy: true,
      softDeletePolicy: { retentionDurationSeconds: 0 },
      labels: args.labels,
    },
    options,
  );
  const object = new gcp.storage.BucketObject(
    `${name}-archive`,
    {
      bucket: bucket.name,
      name: archive.apply(({ path }) => basename(path)),
      source: archive.apply(({ path }) => new pulumi.asset.FileAsset(relative(process.cwd(), path))),
      contentType: archive.apply(({ contentType }) => contentType),
    },
    // Former archives stay until the bucket goes. Functions need one until they run the next; and where an update fails and
    // its code is taken back, the same name is uploaded again, before the engine deletes what it once replaced by that name.
    { ...options, deletedWith: bucket, deleteBeforeReplace: false, retainOnDelete: true },
  );
  return { bucket, object };
}
