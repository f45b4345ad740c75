import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";

/** A service account for each function, for who invokes `grant`, and for the build. */
export interface Accounts {
  readonly receive: gcp.serviceaccount.Account;
  readonly grant: gcp.serviceaccount.Account;
  readonly invoker: gcp.serviceaccount.Account;
  readonly build: gcp.serviceaccount.Account;
}

/** Makes the accounts. None has a role by itself; each role is given beside the resource it is for. */
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
    invoker: account("invoker", "Whom the queue acts as when it calls grant."),
    build: account("build", "Builds the functions' container images."),
  };
}
