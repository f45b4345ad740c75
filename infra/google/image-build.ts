import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import { createBuildAccount } from "./accounts.ts";
import type { HostArgs } from "./hosting.ts";
import type { Source } from "./source.ts";

/** What Cloud Functions needs to build container images of the functions. */
export interface ImageBuild {
  /** Full name of the repository of the container images. */
  readonly repository: pulumi.Output<string>;
  /** The account as which a build runs. */
  readonly builder: gcp.serviceaccount.Account;
  /** What has to be in place before a build can run. */
  readonly ready: pulumi.Resource[];
}

/**
 * The images go to a repository of the stack, which a destroy removes; without one Cloud Functions would make its own and leave
 * it.
 */
export function createImageBuild(
  name: string,
  args: HostArgs & { readonly source: Source },
  options: pulumi.CustomResourceOptions,
): ImageBuild {
  const { project, region, labels } = args;
  const builder = createBuildAccount(name, args, options);
  const repository = new gcp.artifactregistry.Repository(
    `${name}-images`,
    {
      project,
      location: region,
      // Repositories get no name by themselves; the bucket's is as unique as two stacks in one project need it.
      repositoryId: args.source.bucket.name,
      format: "DOCKER",
      description: `Container images of ${name}`,
      // By their ids, as the provider reads them back.
      cleanupPolicies: [
        { id: "delete-old", action: "DELETE", condition: { olderThan: "86400s" } },
        { id: "keep-latest", action: "KEEP", mostRecentVersions: { keepCount: args.settings.imagesToKeep } },
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
  return { repository: repository.id, builder, ready: [mayRead, mayWrite, mayLog] };
}
