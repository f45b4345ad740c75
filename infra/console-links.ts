/** Pages where a person looks after a stack. */
export interface ConsoleLinks {
  readonly oktaEventHook: string;
  readonly oktaServiceApp: string;
  readonly oktaGroups: Readonly<Record<string, string>>;
  readonly queue: string;
  readonly logs: string;
}

/** Addresses in Okta's admin console and Google Cloud's console. */
export function consoleLinks(of: {
  readonly orgUrl: string;
  readonly project: string;
  readonly appId: string;
  readonly groupIds: Readonly<Record<string, string>>;
  /** Full name of the queue. */
  readonly queue: string;
  readonly services: { readonly receive: string; readonly grant: string };
}): ConsoleLinks {
  // Okta serves its admin console at a host of its own: acme-admin.okta.com.
  const admin = of.orgUrl.replace(/^(https:\/\/[^.]+)\./, "$1-admin.");
  const [, , , location, , queue] = of.queue.split("/");
  const project = `project=${encodeURIComponent(of.project)}`;
  const query = `resource.type="cloud_run_revision" resource.labels.service_name=("${of.services.receive}" OR "${of.services.grant}")`;
  return {
    oktaEventHook: `${admin}/admin/workflow/eventhooks`,
    oktaServiceApp: `${admin}/admin/app/oidc_client/instance/${of.appId}`,
    oktaGroups: Object.fromEntries(
      Object.entries(of.groupIds).map(([name, id]) => [name, `${admin}/admin/group/${id}`]),
    ),
    queue: `https://console.cloud.google.com/cloudtasks/queue/${location}/${queue}/tasks?${project}`,
    logs: `https://console.cloud.google.com/logs/query;query=${encodeURIComponent(query)}?${project}`,
  };
}
