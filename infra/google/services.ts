import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";

/** The Google APIs that the program and the functions use, whatever runs the functions. */
export const SERVICES = [
  "cloudkms.googleapis.com",
  "cloudresourcemanager.googleapis.com",
  "cloudscheduler.googleapis.com",
  "cloudtasks.googleapis.com",
  "iam.googleapis.com",
  "logging.googleapis.com",
  "monitoring.googleapis.com",
  "run.googleapis.com",
  "secretmanager.googleapis.com",
  "storage.googleapis.com",
];

/**
 * Enables the APIs. They stay enabled after a destroy: something else in the project may have come to need them.
 *
 * @param others the APIs of what runs the functions
 */
export function enableServices(
  name: string,
  project: string,
  others: readonly string[],
  options: pulumi.CustomResourceOptions,
): gcp.projects.Service[] {
  return [...SERVICES, ...others].map(
    (service) =>
      new gcp.projects.Service(
        `${name}-${service.split(".", 1)[0]}`,
        { project, service, disableOnDestroy: false },
        options,
      ),
  );
}
