import { randomBytes } from "node:crypto";
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

/** A service account for each function, and for the callers of the private ones. */
export interface Accounts {
  readonly receive: gcp.serviceaccount.Account;
  readonly grant: gcp.serviceaccount.Account;
  readonly reconcile: gcp.serviceaccount.Account;
  /** Calls `grant`. */
  readonly invoker: gcp.serviceaccount.Account;
  /** Calls `reconcile`. */
  readonly scheduler: gcp.serviceaccount.Account;
}

/**
 * Creates the accounts. None has a role by itself; each role is given next to the resource it is for.
 *
 * An account's id has at most 30 characters (Google Cloud, "Create service accounts"). The component's name takes up to 14 of
 * them and a hyphen 1. Pulumi's own suffix takes 8, which leaves 7 for the part; a longer part gets a suffix of 6 here.
 */
export function createAccounts(
  name: string,
  args: AccountArgs,
  options: pulumi.CustomResourceOptions,
): Accounts {
  const account = (part: string, description: string) =>
    createAccount(name, part, description, args, options);
  const accountFormerly = (former: string, part: string, description: string) =>
    new gcp.serviceaccount.Account(
      `${name}-${part}`,
      {
        project: args.project,
        accountId: `${name}-${part}-${randomBytes(3).toString("hex").slice(0, 5)}`,
        displayName: displayName(name, part, args.stack),
        description,
      },
      // An account keeps the id that it was created with, also one of its former name.
      { ...options, aliases: [{ name: `${name}-${former}` }], ignoreChanges: ["accountId"] },
    );
  return {
    receive: account(
      "receive",
      "Runs the function that Okta calls: reads the hook's secret, fills the queue.",
    ),
    grant: account("grant", "Runs the function that writes memberships: signs with the service app's key."),
    reconcile: accountFormerly(
      "reader",
      "reconcile",
      "Runs the function reconcile, which reads Okta's System Log: signs with the log reader's key, keeps its place in the log, fills the queues.",
    ),
    invoker: account("invoker", "The queue calls grant as this account."),
    scheduler: accountFormerly(
      "trigger",
      "scheduler",
      "The schedule and the continuation queue call reconcile as this account.",
    ),
  };
}

/** Creates the account that builds container images. */
export function createBuildAccount(
  name: string,
  args: AccountArgs,
  options: pulumi.CustomResourceOptions,
): gcp.serviceaccount.Account {
  return createAccount(name, "build", "Builds the functions' container images.", args, options);
}

/** Where accounts are created. */
interface AccountArgs {
  readonly project: string;
  readonly stack: string;
}

function createAccount(
  name: string,
  part: string,
  description: string,
  { project, stack }: AccountArgs,
  options: pulumi.CustomResourceOptions,
): gcp.serviceaccount.Account {
  return new gcp.serviceaccount.Account(
    `${name}-${part}`,
    { project, displayName: displayName(name, part, stack), description },
    options,
  );
}

function displayName(name: string, part: string, stack: string): string {
  return `${name} ${part} (${stack})`;
}

/**
 * A hook that waits after an account received a permission, until Google Cloud applies it everywhere. A new permission can be
 * read back at once but takes effect later (Google Cloud, "Access change propagation": typically 2 minutes), and only the account
 * itself can find out whether it does. It is for permissions that a deployment needs at once: a build or a start that comes too
 * early fails, and stays failed. Tasks need no wait, because the queue retries them.
 *
 * An existing permission costs no time: the hook runs only when a binding is created.
 */
export function afterNewRight(name: string, seconds: number): pulumi.ResourceHook {
  return new pulumi.ResourceHook(name, async ({ name: binding }) => {
    if (seconds === 0) return;
    void pulumi.log.info(`Waiting ${seconds} s until Google Cloud applies the new permission ${binding}.`);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  });
}
