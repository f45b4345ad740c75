/**
 * The predefined roles that a project like this uses, with those of their permissions that the APIs
 * here ask for (IAM, Roles and permissions: predefined roles).
 */
const ROLES: Readonly<Record<string, readonly string[]>> = {
  "roles/artifactregistry.reader": ["artifactregistry.repositories.get"],
  "roles/artifactregistry.writer": [
    "artifactregistry.repositories.get",
    "artifactregistry.repositories.uploadArtifacts",
  ],
  "roles/cloudbuild.builds.builder": [
    "artifactregistry.repositories.get",
    "artifactregistry.repositories.uploadArtifacts",
    "logging.logEntries.create",
    "storage.objects.create",
    "storage.objects.delete",
    "storage.objects.get",
    "storage.objects.list",
    "storage.objects.update",
  ],
  "roles/cloudkms.publicKeyViewer": ["cloudkms.cryptoKeyVersions.viewPublicKey"],
  "roles/cloudkms.signer": ["cloudkms.cryptoKeyVersions.useToSign"],
  "roles/cloudkms.signerVerifier": [
    "cloudkms.cryptoKeyVersions.useToSign",
    "cloudkms.cryptoKeyVersions.viewPublicKey",
  ],
  "roles/cloudkms.viewer": [
    "cloudkms.cryptoKeyVersions.get",
    "cloudkms.cryptoKeyVersions.list",
    "cloudkms.cryptoKeys.get",
    "cloudkms.keyRings.get",
  ],
  "roles/cloudscheduler.admin": [
    "cloudscheduler.jobs.create",
    "cloudscheduler.jobs.delete",
    "cloudscheduler.jobs.enable",
    "cloudscheduler.jobs.get",
    "cloudscheduler.jobs.list",
    "cloudscheduler.jobs.pause",
    "cloudscheduler.jobs.run",
    "cloudscheduler.jobs.update",
  ],
  "roles/cloudscheduler.jobRunner": ["cloudscheduler.jobs.run"],
  "roles/cloudscheduler.viewer": ["cloudscheduler.jobs.get", "cloudscheduler.jobs.list"],
  "roles/cloudtasks.enqueuer": ["cloudtasks.tasks.create", "cloudtasks.tasks.fullView"],
  "roles/cloudtasks.taskDeleter": ["cloudtasks.tasks.delete"],
  "roles/cloudtasks.viewer": [
    "cloudtasks.queues.get",
    "cloudtasks.queues.list",
    "cloudtasks.tasks.get",
    "cloudtasks.tasks.list",
  ],
  "roles/iam.serviceAccountTokenCreator": [
    "iam.serviceAccounts.getAccessToken",
    "iam.serviceAccounts.getOpenIdToken",
    "iam.serviceAccounts.signBlob",
    "iam.serviceAccounts.signJwt",
  ],
  "roles/iam.serviceAccountUser": ["iam.serviceAccounts.actAs", "iam.serviceAccounts.get"],
  "roles/logging.logWriter": ["logging.logEntries.create"],
  "roles/monitoring.metricWriter": ["monitoring.timeSeries.create"],
  "roles/run.invoker": ["run.routes.invoke"],
  "roles/secretmanager.secretAccessor": ["secretmanager.versions.access"],
  "roles/secretmanager.viewer": ["secretmanager.secrets.get", "secretmanager.versions.get"],
  "roles/storage.legacyObjectReader": ["storage.objects.get"],
  "roles/storage.objectAdmin": [
    "storage.objects.create",
    "storage.objects.delete",
    "storage.objects.get",
    "storage.objects.list",
    "storage.objects.update",
  ],
  "roles/storage.objectCreator": ["storage.objects.create"],
  "roles/storage.objectUser": [
    "storage.objects.create",
    "storage.objects.delete",
    "storage.objects.get",
    "storage.objects.list",
    "storage.objects.update",
  ],
  "roles/storage.objectViewer": ["storage.objects.get", "storage.objects.list"],
};

/** The permissions of a role, or undefined when no such role is known. */
export function permissionsOf(role: string): readonly string[] | undefined {
  return ROLES[role];
}
