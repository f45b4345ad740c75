import * as okta from "@pulumi/okta";
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
  const app = createServiceApp(
    { app: `${name}-log-reader`, scopes: `${name}-log-reader-scopes` },
    { ...args, label: `${name} (${args.stack}): log reader`, scopes: ["okta.logs.read"] },
    options,
  );
  const assignment = new okta.app.OauthRoleAssignment(
    `${name}-log-reader-role-assignment`,
    { clientId: app.clientId, type: "REPORT_ADMIN" },
    // It must go before the app: the provider fails on an assignment that went with it.
    { ...options, dependsOn: [app.resource] },
  );
  return { ...app, ready: [...app.ready, assignment] };
}
