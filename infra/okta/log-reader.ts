import type * as pulumi from "@pulumi/pulumi";
import { createServiceApp, type ServiceApp, type ServiceAppArgs } from "./service-app.ts";

/**
 * The app as which `reconcile` reads the System Log. No permission of a custom role lets one read it, so the app has the
 * narrowest standard role that does: REPORT_ADMIN, which holds for the whole org but can change nothing (Okta, "Report
 * administrators"). That is why it is not the app that writes memberships.
 */
export function createLogReader(
  name: string,
  args: ServiceAppArgs,
  options: pulumi.CustomResourceOptions,
): ServiceApp {
  return createServiceApp(
    {
      app: `${name}-log-reader`,
      scopes: `${name}-log-reader-scopes`,
      roleAssignment: `${name}-log-reader-role-assignment`,
    },
    {
      ...args,
      label: `${name} (${args.stack}): log reader`,
      scopes: ["okta.logs.read"],
      role: { assignment: { type: "REPORT_ADMIN" }, parts: [] },
    },
    options,
  );
}
