import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";

/** A service account for each function, for who calls the private ones, and for the build. */
export interface Accounts {
  readonly receive: gcp.serviceaccount.Account;
  readonly grant: gcp.serviceaccount.Account;
  readonly reconcile: gcp.serviceaccount.Account;
  /** Calls `grant`. */
  readonly invoker: gcp.serviceaccount.Account;
  /** Calls `reconcile`. */
  readonly scheduler: gcp.serviceaccount.Account;
  readonly build: gcp.serviceaccount.Account;
}

/**
 * Makes the accounts. None has a role by itself; each role is given beside the resource it is for.
 *
 * An account's id has 30 characters at most (Google Cloud, "Create service accounts"). The component's name takes up to
 * 14 of them, Pulumi's suffix 8 and a hyphen 1, which leaves 7 for the part.
 */
export function createAccounts(
  name: string,
  args: { readonly project: string; readonly stack: string },
  options: pulumi.CustomResourceOptions,
): Accounts {
  const account = (part: string, description: string) =>
    new gcp.serviceaccount.Account(
      `${name}-${part}`,
      { project: args.project, displayName: `${name} ${part} (${args.stack})`, description },
      options,
    );
  return {
    receive: account(
      "receive",
      "Runs the function that Okta calls: reads the hook's secret, fills the queue.",
    ),
    grant: account("grant", "Runs the function that writes memberships: signs with the service app's key."),
    reconcile: account(
      "reader",
      "Runs the function reconcile, which reads Okta's System Log: signs with the log reader's key, keeps its place in the log, fills the queues.",
    ),
    invoker: account("invoker", "Whom the queue acts as when it calls grant."),
    scheduler: account(
      "trigger",
      "Whom the schedule and the continuation queue act as when they call reconcile.",
    ),
    build: account("build", "Builds the functions' container images."),
  };
}
