import { relative } from "node:path";
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { Archive } from "./archive.ts";

/** Where the functions' code lies, and what a build of it needs. */
export interface Source {
  readonly object: gcp.storage.BucketObject;
  /** SHA-256 of the archive, in hexadecimal. */
  readonly hash: pulumi.Output<string>;
  /** Full name of the repository of the container images. */
  readonly repository: pulumi.Output<string>;
  /** What has to be in place before a build can run. */
  readonly ready: pulumi.Resource[];
}

/**
 * The archive in a bucket of its own, named by its content: a new name makes a function take new code. The images
 * go to a repository of the stack, which a destroy removes; without one Cloud Functions would make its own and leave it.
 */
export function createSource(
  name: string,
  args: {
    readonly project: string;
    readonly region: string;
    readonly archive: pulumi.Output<Archive>;
    readonly builder: gcp.serviceaccount.Account;
    readonly imagesToKeep: number;
    /** Runs after each right of the builder was given. */
    readonly afterNewRight: pulumi.ResourceHook;
    readonly labels: Readonly<Record<string, string>>;
  },
  options: pulumi.CustomResourceOptions,
): Source {
  const { project, region, archive, builder, labels } = args;
  const bucket = new gcp.storage.Bucket(
    `${name}-source`,
    {
      project,
      location: region,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      // An archive can always be built again.
      forceDestroy: true,
      softDeletePolicy: { retentionDurationSeconds: 0 },
      labels,
    },
    options,
  );
  const object = new gcp.storage.BucketObject(
    `${name}-archive`,
    {
      bucket: bucket.name,
      name: archive.apply(({ hash }) => `function-${hash}.zip`),
      source: archive.apply(({ path }) => new pulumi.asset.FileAsset(relative(process.cwd(), path))),
      contentType: "application/zip",
    },
    // Former archives stay until the bucket goes. Functions need one until they run the next; and where an update fails and
    // its code is taken back, the same name is uploaded again, before the engine deletes what it once replaced by that name.
    { ...options, deletedWith: bucket, deleteBeforeReplace: false, retainOnDelete: true },
  );
  const repository = new gcp.artifactregistry.Repository(
    `${name}-images`,
    {
      project,
      location: region,
      // Repositories get no name by themselves; the bucket's is as unique as two stacks in one project need it.
      repositoryId: bucket.name,
      format: "DOCKER",
      description: `Container images of ${name}`,
      // By their ids, as the provider reads them back.
      cleanupPolicies: [
        { id: "delete-old", action: "DELETE", condition: { olderThan: "86400s" } },
        { id: "keep-latest", action: "KEEP", mostRecentVersions: { keepCount: args.imagesToKeep } },
      ],
      labels,
    },
    options,
  );

  // Google Cloud, "Custom service account for Cloud Build": the three roles that a build needs. It starts at once and is not
  // retried, so it waits until they take effect.
  const hooks = { afterCreate: [args.afterNewRight] };
  // A build reads Google's own copy of the archive, in a bucket that Google makes with the region's first function
  // (terraform-provider-google#20571). So the right is on the project, and a condition leaves out all other buckets. It names no
  // type of resource: with one, a public deployment was refused.
  const mayRead = new gcp.projects.IAMMember(
    `${name}-build-reads-source`,
    {
      project,
      role: "roles/storage.objectViewer",
      member: builder.member,
      condition: {
        title: "Sources of Cloud Functions",
        description: "Only the buckets into which Cloud Functions copies what it builds.",
        expression: 'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")',
      },
    },
    { ...options, hooks },
  );
  const mayWrite = new gcp.artifactregistry.RepositoryIamMember(
    `${name}-build-writes-images`,
    {
      project,
      location: region,
      repository: repository.name,
      role: "roles/artifactregistry.writer",
      member: builder.member,
    },
    { ...options, hooks, deletedWith: repository },
  );
  const mayLog = new gcp.projects.IAMMember(
    `${name}-build-writes-logs`,
    { project, role: "roles/logging.logWriter", member: builder.member },
    { ...options, hooks },
  );
  return {
    object,
    hash: archive.apply(({ hash }) => hash),
    repository: repository.id,
    ready: [mayRead, mayWrite, mayLog],
  };
}
