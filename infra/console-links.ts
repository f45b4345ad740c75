/** Pages where a person looks after a stack. */
export interface ConsoleLinks {
  readonly oktaEventHook: string;
  /** The app that writes memberships. */
  readonly oktaServiceApp: string;
  /** The app that reads the System Log. */
  readonly oktaLogReader: string;
  readonly oktaGroups: Readonly<Record<string, string>>;
  readonly queue: string;
  /** When `reconcile` ran and will run, and the button that makes it run now. */
  readonly schedule: string;
  readonly logs: string;
}

/** Addresses in Okta's admin console and Google Cloud's console. */
export function consoleLinks(of: {
  readonly orgUrl: string;
  readonly project: string;
  readonly appId: string;
  readonly logReaderAppId: string;
  readonly groupIds: Readonly<Record<string, string>>;
  /** Full name of the queue. */
  readonly queue: string;
  readonly services: { readonly receive: string; readonly grant: string; readonly reconcile: string };
}): ConsoleLinks {
  // Okta serves its admin console at a host of its own: acme-admin.okta.com.
  const admin = of.orgUrl.replace(/^(https:\/\/[^.]+)\./, "$1-admin.");
  const [, , , location, , queue] = of.queue.split("/");
  const project = `project=${encodeURIComponent(of.project)}`;
  const { receive, grant, reconcile } = of.services;
  const names = [receive, grant, reconcile].map((service) => `"${service}"`).join(" OR ");
  const query = `resource.type="cloud_run_revision" resource.labels.service_name=(${names})`;
  const app = (id: string) => `${admin}/admin/app/oidc_client/instance/${id}`;
  return {
    oktaEventHook: `${admin}/admin/workflow/eventhooks`,
    oktaServiceApp: app(of.appId),
    oktaLogReader: app(of.logReaderAppId),
    oktaGroups: Object.fromEntries(
      Object.entries(of.groupIds).map(([name, id]) => [name, `${admin}/admin/group/${id}`]),
    ),
    queue: `https://console.cloud.google.com/cloudtasks/queue/${location}/${queue}/tasks?${project}`,
    schedule: `https://console.cloud.google.com/cloudscheduler?${project}`,
    logs: `https://console.cloud.google.com/logs/query;query=${encodeURIComponent(query)}?${project}`,
  };
}
