import type { Cloud } from "../cloud.ts";
import { invalidField } from "../errors.ts";
import type { Call } from "../routes.ts";

/**
 * Checks that a caller may have requests made with an account's identity (IAM, Attaching service accounts).
 * @throws GoogleError when the account does not exist, or the caller may not act as it
 */
export function requireActAs(cloud: Cloud, call: Call, email: string): void {
  if (!cloud.accountExists(email))
    throw invalidField("oidcToken.serviceAccountEmail", `${email} does not exist`);
  const account = `projects/${cloud.project}/serviceAccounts/${email}`;
  cloud.access.require(call.principal, "iam.serviceAccounts.actAs", account);
}
