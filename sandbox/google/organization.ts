import { GoogleError } from "./errors.ts";

/** Whom the organization allows to hold rights, by `constraints/iam.managed.allowedPolicyMembers`. */
export interface AllowedMembers {
  /** Members, such as `allUsers` or `user:…`. */
  readonly subjects: readonly string[];
  /** Sets of principals, such as `//cloudresourcemanager.googleapis.com/organizations/…`. */
  readonly principalSets: readonly string[];
}

/** The organization policies that are in force for the project. Each can be changed while the cloud runs. */
export interface Organization {
  /** The customers whose people may hold rights (`constraints/iam.allowedPolicyMemberDomains`); undefined allows all. */
  allowedPolicyMemberDomains: readonly string[] | undefined;
  /** The newer constraint for the same (`constraints/iam.managed.allowedPolicyMembers`); undefined allows all. */
  allowedPolicyMembers: AllowedMembers | undefined;
  /** Whether the IAM check of a Cloud Run service must stay on (`constraints/run.managed.requireInvokerIam`). */
  requireInvokerIam: boolean;
  /** Rules of constraints that nothing here enforces, by the constraint's name, as the API writes them. */
  readonly others: Map<string, object>;
}

/** An organization that forbids nothing. */
export function openOrganization(): Organization {
  return {
    allowedPolicyMemberDomains: undefined,
    allowedPolicyMembers: undefined,
    requireInvokerIam: false,
    others: new Map<string, object>([
      ["run.allowedIngress", { allowAll: true }],
      ["cloudfunctions.allowedIngressSettings", { allowAll: true }],
      ["iam.disableServiceAccountCreation", { enforce: false }],
      ["iam.managed.disableServiceAccountCreation", { enforce: false }],
      ["storage.uniformBucketLevelAccess", { enforce: false }],
      ["storage.publicAccessPrevention", { enforce: false }],
      ["storage.retentionPolicySeconds", { allowAll: true }],
      ["storage.softDeletePolicySeconds", { allowAll: true }],
    ]),
  };
}

const EVERYBODY = ["allUsers", "allAuthenticatedUsers"];

/**
 * Checks the members of an allow policy that is being set, those that it had before as well. Of the members, allUsers and
 * allAuthenticatedUsers belong to no organization; all others count as the organization's own here.
 *
 * @decision Where domain restricted sharing is on, a policy with allUsers is refused with 400 FAILED_PRECONDITION. Cloud Run
 * adds to its message that an organization policy may be the reason, with two spaces before.
 * @evidence recorded: LayerZero-Labs/gasolina-gcp#15 and googlemaps/js-route-optimization-app#198, for services of Cloud Run;
 * terraform-google-modules/terraform-example-foundation#1454, for a project, with the details. documentation: Google Cloud
 * knowledge base, "Organization Policy violation when setting IAM policy"
 * (https://cloud.google.com/knowledge/kb/organization-policy-violation-when-setting-iam-policy-000004666): all members of the
 * policy are checked, "not just the newly added members".
 * @matters deployment fails: with `hosting` as `functions` the program binds allUsers on `receive`; the preflight says so before.
 *
 * @decision Where the managed constraint is enforced, such a policy is refused with 400 FAILED_PRECONDITION, "Operation
 * denied by org policy …", unless the member is one of its allowed subjects.
 * @evidence documentation: google.golang.org/api v0.290.0, orgpolicy/v2/orgpolicy-api.json, PolicyRule.parameters. assumed in
 * this row: the form of the refusal, which is that of custom constraints (reason CUSTOM_ORG_POLICY_VIOLATION; Vertex AI, "Use
 * custom organization policies", the whole body).
 * @matters deployment fails: as the constraint before it.
 * @throws GoogleError when the organization forbids one
 */
export function requireMembers(
  organization: Organization,
  resource: string,
  members: readonly string[],
): void {
  const everybody = members.find((member) => EVERYBODY.includes(member));
  if (everybody === undefined) return;
  if (organization.allowedPolicyMemberDomains !== undefined) {
    const isService = /\/services\/[^/]+$/.test(resource);
    throw new GoogleError(
      "FAILED_PRECONDITION",
      `One or more users named in the policy do not belong to a permitted customer${isService ? ",  perhaps due to an organization policy" : ""}.`,
      [
        {
          "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
          violations: [
            {
              type: "constraints/iam.allowedPolicyMemberDomains",
              subject: `orgpolicy:${resource}?configvalue=${everybody}`,
              description: `User ${everybody} is not in permitted organization.`,
            },
          ],
        },
      ],
    );
  }
  const allowed = organization.allowedPolicyMembers;
  if (allowed === undefined || allowed.subjects.includes(everybody)) return;
  throw new GoogleError(
    "FAILED_PRECONDITION",
    `Operation denied by org policy on resource '${resource}': ["constraints/iam.managed.allowedPolicyMembers": "${everybody} is not an allowed policy member."].`,
    [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: "CUSTOM_ORG_POLICY_VIOLATION",
        domain: "googleapis.com",
        metadata: { customConstraints: "constraints/iam.managed.allowedPolicyMembers" },
      },
    ],
  );
}

/**
 * Checks that the IAM check of a service may be disabled.
 *
 * @decision Where run.managed.requireInvokerIam is enforced, a service without the IAM check is refused with 400
 * FAILED_PRECONDITION, "invoker_iam_disabled is not currently available for your organization".
 * @evidence assumed: public guides for deployments with `gcloud run deploy --no-invoker-iam-check` quote these words and name the
 * constraint as the reason; the status, and that Cloud Run checks it when the service is made and changed, is not public.
 * @show Enforce the constraint for a project, deploy with `hosting` as `service`, and read the refusal.
 * @matters misleading: the preflight, not this refusal, says what to do.
 * @throws GoogleError when the organization forbids it
 */
export function requireInvokerCheck(organization: Organization, isDisabled: boolean): void {
  if (!isDisabled || !organization.requireInvokerIam) return;
  throw new GoogleError(
    "FAILED_PRECONDITION",
    "invoker_iam_disabled is not currently available for your organization.",
  );
}
