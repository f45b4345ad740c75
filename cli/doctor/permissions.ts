import type { AuditExport, Hosting } from "../../infra/settings.ts";

/** What is needed whatever runs the functions. */
const common: readonly string[] = [
  "cloudkms.cryptoKeyVersions.create",
  "cloudkms.cryptoKeyVersions.destroy",
  "cloudkms.cryptoKeyVersions.get",
  "cloudkms.cryptoKeyVersions.list",
  "cloudkms.cryptoKeyVersions.viewPublicKey",
  "cloudkms.cryptoKeys.create",
  "cloudkms.cryptoKeys.get",
  "cloudkms.cryptoKeys.getIamPolicy",
  "cloudkms.cryptoKeys.setIamPolicy",
  "cloudkms.cryptoKeys.update",
  "cloudkms.keyRings.create",
  "cloudkms.keyRings.get",
  "cloudscheduler.jobs.create",
  "cloudscheduler.jobs.delete",
  "cloudscheduler.jobs.enable",
  "cloudscheduler.jobs.get",
  "cloudscheduler.jobs.update",
  "cloudtasks.queues.create",
  "cloudtasks.queues.delete",
  "cloudtasks.queues.get",
  "cloudtasks.queues.getIamPolicy",
  "cloudtasks.queues.setIamPolicy",
  "cloudtasks.queues.update",
  "iam.serviceAccounts.actAs",
  "iam.serviceAccounts.create",
  "iam.serviceAccounts.delete",
  "iam.serviceAccounts.get",
  "iam.serviceAccounts.update",
  "logging.logMetrics.create",
  "logging.logMetrics.delete",
  "logging.logMetrics.get",
  "logging.logMetrics.update",
  "monitoring.alertPolicies.create",
  "monitoring.alertPolicies.delete",
  "monitoring.alertPolicies.get",
  "monitoring.alertPolicies.update",
  "monitoring.dashboards.create",
  "monitoring.dashboards.delete",
  "monitoring.dashboards.get",
  "monitoring.dashboards.update",
  "monitoring.services.create",
  "monitoring.services.delete",
  "monitoring.services.get",
  "monitoring.services.update",
  "monitoring.slos.create",
  "monitoring.slos.delete",
  "monitoring.slos.get",
  "monitoring.slos.update",
  "monitoring.uptimeCheckConfigs.create",
  "monitoring.uptimeCheckConfigs.delete",
  "monitoring.uptimeCheckConfigs.get",
  "monitoring.uptimeCheckConfigs.update",
  "resourcemanager.projects.get",
  "run.services.getIamPolicy",
  "run.services.setIamPolicy",
  "secretmanager.secrets.create",
  "secretmanager.secrets.delete",
  "secretmanager.secrets.get",
  "secretmanager.secrets.getIamPolicy",
  "secretmanager.secrets.setIamPolicy",
  "secretmanager.secrets.update",
  "secretmanager.versions.access",
  "secretmanager.versions.add",
  "secretmanager.versions.destroy",
  "secretmanager.versions.enable",
  "secretmanager.versions.get",
  "serviceusage.services.enable",
  "serviceusage.services.get",
  "serviceusage.services.list",
  "storage.buckets.create",
  "storage.buckets.delete",
  "storage.buckets.get",
  "storage.buckets.getIamPolicy",
  "storage.buckets.setIamPolicy",
  "storage.buckets.update",
  "storage.objects.create",
  "storage.objects.delete",
  "storage.objects.get",
  "storage.objects.list",
];

/** What is needed for what runs them. */
const byHosting: Readonly<Record<Hosting, readonly string[]>> = {
  functions: [
    "resourcemanager.projects.getIamPolicy",
    "resourcemanager.projects.setIamPolicy",
    "artifactregistry.repositories.create",
    "artifactregistry.repositories.delete",
    "artifactregistry.repositories.get",
    "artifactregistry.repositories.getIamPolicy",
    "artifactregistry.repositories.setIamPolicy",
    "artifactregistry.repositories.update",
    "cloudfunctions.functions.create",
    "cloudfunctions.functions.delete",
    "cloudfunctions.functions.get",
    "cloudfunctions.functions.update",
    "cloudfunctions.operations.get",
  ],
  service: [
    "run.operations.get",
    "run.services.create",
    "run.services.delete",
    "run.services.get",
    "run.services.update",
  ],
};

const sink: readonly string[] = [
  "logging.sinks.create",
  "logging.sinks.delete",
  "logging.sinks.get",
  "logging.sinks.update",
];

/** What is needed for the export of the audit records. */
const byAuditExport: Readonly<Record<AuditExport, readonly string[]>> = {
  none: [],
  bigquery: [
    ...sink,
    "bigquery.datasets.create",
    "bigquery.datasets.delete",
    "bigquery.datasets.get",
    "bigquery.datasets.update",
    "bigquery.tables.delete",
    "resourcemanager.projects.getIamPolicy",
    "resourcemanager.projects.setIamPolicy",
  ],
  pubsub: [
    ...sink,
    "pubsub.topics.create",
    "pubsub.topics.delete",
    "pubsub.topics.get",
    "pubsub.topics.getIamPolicy",
    "pubsub.topics.setIamPolicy",
    "pubsub.topics.update",
  ],
};

/**
 * What somebody needs in the project to preview, deploy, update, refresh and destroy everything that the program declares. A test
 * compares the list with the calls of the resources.
 */
export function permissionsFor({
  hosting,
  auditExport,
}: {
  readonly hosting: Hosting;
  readonly auditExport: AuditExport;
}): readonly string[] {
  return [...new Set([...common, ...byHosting[hosting], ...byAuditExport[auditExport]])];
}

/** The role that docs/pull-requests.md gives the deploying account, by the beginning of the permissions that it is for. */
const roles: readonly (readonly [beginning: string, role: string])[] = [
  ["artifactregistry.", "roles/artifactregistry.admin"],
  ["bigquery.", "roles/bigquery.dataOwner"],
  ["cloudfunctions.", "roles/cloudfunctions.admin"],
  ["cloudkms.cryptoKeyVersions.viewPublicKey", "roles/cloudkms.publicKeyViewer"],
  ["cloudkms.", "roles/cloudkms.admin"],
  ["cloudscheduler.", "roles/cloudscheduler.admin"],
  ["cloudtasks.", "roles/cloudtasks.admin"],
  ["iam.serviceAccounts.actAs", "roles/iam.serviceAccountUser"],
  ["iam.", "roles/iam.serviceAccountAdmin"],
  ["logging.", "roles/logging.configWriter"],
  ["monitoring.", "roles/monitoring.editor"],
  ["pubsub.", "roles/pubsub.admin"],
  ["resourcemanager.", "roles/resourcemanager.projectIamAdmin"],
  ["run.", "roles/run.admin"],
  ["secretmanager.", "roles/secretmanager.admin"],
  ["serviceusage.", "roles/serviceusage.serviceUsageAdmin"],
  ["storage.", "roles/storage.admin"],
];

/** The role that has a permission. */
export function roleWith(permission: string): string {
  return roles.find(([beginning]) => permission.startsWith(beginning))?.[1] ?? "roles/owner";
}
