import type { Api, Cloud } from "./cloud.ts";

/** What the project is given: who pays, and how much it may use. Each can be changed while the cloud runs. */
export interface ProjectAccount {
  /** Whether a billing account that is open pays for the project. */
  billingEnabled: boolean;
  /** Limits by metric, in the region of the project; others have none. */
  readonly quotas: Map<string, number>;
}

/**
 * A project with billing, and with the limits of a new one.
 *
 * @decision A new project may use 20 CPU and 40 GiB of Cloud Run at once in a region, and has 100 service accounts.
 * @evidence assumed: Google Cloud's documentation names 100 service accounts ("IAM quotas and limits") and says of the others that they
 * depend on the region; public runbooks name 20,000 milli-vCPU for new projects.
 * @show What `npm run doctor` prints for the quotas of a new project.
 * @matters misleading: `npm run doctor` compares the limits with what the program asks for.
 */
export function openAccount(): ProjectAccount {
  return {
    billingEnabled: true,
    quotas: new Map([
      ["run.googleapis.com/cpu_allocation", 20_000],
      ["run.googleapis.com/mem_allocation", 40 * 2 ** 30],
      ["cloudbuild.googleapis.com/concurrent_public_pool_build_cpus", 20],
      ["iam.googleapis.com/quota/service-account-count", 100],
    ]),
  };
}

/** The project's billing (Cloud Billing, REST reference v1: projects.getBillingInfo). */
export function createBilling(cloud: Cloud, account: ProjectAccount): Api {
  return {
    leftovers: () => [],
    routes: [
      /**
       * @decision Whether a project has billing is read for resourcemanager.projects.get, as billingEnabled and the name of the
       * account, which is empty where there is none.
       * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/billing/v1/cloud_billing.proto, ProjectBillingInfo:
       * billing_enabled is "True if the project is associated with an open billing account"; GetProjectBillingInfo: "The current
       * authenticated user must have the resourcemanager.projects.get permission for the project".
       * @matters misleading: `npm run doctor` says that an update would fail without billing.
       */
      {
        method: "GET",
        path: "/v1/projects/{project}/billingInfo",
        service: "cloudbilling.googleapis.com",
        permission: "resourcemanager.projects.get",
        resource: () => `projects/${cloud.project}`,
        handle: () => ({
          name: `projects/${cloud.project}/billingInfo`,
          projectId: cloud.project,
          billingAccountName: account.billingEnabled ? "billingAccounts/012345-567890-ABCDEF" : "",
          billingEnabled: account.billingEnabled,
        }),
      },
    ],
  };
}
