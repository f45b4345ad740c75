import type { Cloud } from "../cloud.ts";
import { invalidField } from "../errors.ts";
import type { Call } from "../routes.ts";

/**
 * Checks that a caller may attach an account to what it makes.
 *
 * @decision The one who deploys a function must hold iam.serviceAccounts.actAs on the account that runs it and on the one that
 * builds it.
 * @evidence recorded: privacysandbox/aggregation-service#47: "Error creating function: googleapi: Error 403: Could not create
 * Cloud Run service … Permission 'iam.serviceaccounts.actAs' denied on service account … (or it may not exist)".
 * documentation: Google Cloud Run, "Build service account", required roles: roles/iam.serviceAccountUser
 * (https://cloud.google.com/run/docs/configuring/services/build-service-account)
 * @matters deployment fails: docs/pull-requests.md gives the deploying account roles/iam.serviceAccountUser.
 * @throws GoogleError when the caller may not act as it
 */
export function requireAttachment(cloud: Cloud, call: Call, email: string): void {
  const account = `projects/${cloud.project}/serviceAccounts/${email}`;
  cloud.access.require(call.principal, "iam.serviceAccounts.actAs", account);
}

/**
 * Checks that a caller may have requests made with an account's identity (IAM, Attaching service accounts).
 *
 * @decision The one who sets oidcToken must hold iam.serviceAccounts.actAs on its account: of a queue or a job the one who
 * configures it, of a task the one who makes it.
 * @evidence documentation: Cloud Tasks, REST reference, OidcToken: "The caller must have iam.serviceAccounts.actAs permission
 * for the service account" (https://docs.cloud.google.com/tasks/docs/reference/rest/v2beta3/OidcToken); Cloud Scheduler, "Use
 * authentication with HTTP targets" (https://cloud.google.com/scheduler/docs/http-target-auth). recorded, for tasks:
 * googleapis/nodejs-tasks#249: "lacks IAM permission "iam.serviceAccounts.actAs" for the resource".
 * @matters wrong access: The accounts of `receive` and `reconcile` may make tasks and act as nobody.
 *
 * @decision A caller who makes a task without oidcToken in a queue that has one needs no right on the queue's account.
 * @evidence assumed: the documentation speaks of the caller who sets the field, and says that "configuring authentication at the
 * queue level overrides task-level authentication" (https://docs.cloud.google.com/tasks/docs/configuring-queues).
 * @show The first sign-in becomes a membership; otherwise each delivery is answered 503, and the log of `receive` says actAs.
 * @matters sign-in lost: Neither `receive` nor `reconcile` has roles/iam.serviceAccountUser on the account invoker.
 * @throws GoogleError when the account does not exist, or the caller may not act as it
 */
export function requireActAs(cloud: Cloud, call: Call, email: string): void {
  if (!cloud.accountExists(email))
    throw invalidField("oidcToken.serviceAccountEmail", `${email} does not exist`);
  requireAttachment(cloud, call, email);
}
