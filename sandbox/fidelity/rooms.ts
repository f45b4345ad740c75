/** A part of the sandbox whose decisions stand in one table. */
export interface Room {
  readonly title: string;
  /** Paths of files, or of folders with a slash at the end, below sandbox/. */
  readonly paths: readonly string[];
}

const okta = (...names: readonly string[]) => names.map((name) => `okta/${name}.ts`);
const google = (...names: readonly string[]) => names.map((name) => `google/${name}`);

/** All rooms, in the order of the document. The first one that has a file's path is the file's. */
export const ROOMS: readonly Room[] = [
  {
    title: "Okta: token endpoint",
    paths: okta("auth/token-endpoint", "auth/client-assertion", "auth/signature", "auth/authentication"),
  },
  { title: "Okta: access control", paths: ["okta/auth/"] },
  {
    title: "Okta: groups and memberships",
    paths: okta("routes/groups", "routes/memberships", "routes/group-roles", "model/group"),
  },
  { title: "Okta: people", paths: okta("routes/people") },
  {
    title: "Okta: apps and grants",
    paths: okta("routes/apps", "routes/app-settings", "routes/app-policies", "routes/grants"),
  },
  {
    title: "Okta: roles and resource sets",
    paths: okta(
      "routes/roles",
      "routes/role-assignments",
      "routes/resource-sets",
      "routes/resources",
      "routes/iam",
      "model/roles",
    ),
  },
  {
    title: "Okta: event hooks and deliveries",
    paths: ["okta/hooks/", ...okta("routes/event-hooks", "log/event-types")],
  },
  {
    title: "Okta: System Log and events",
    paths: ["okta/log/", ...okta("routes/system-log", "model/log-event")],
  },
  { title: "Okta: rate limits", paths: ["okta/limits/", ...okta("model/limits")] },
  { title: "Okta: errors, ids and the rest", paths: ["okta/"] },
  { title: "Google: IAM and tokens", paths: ["google/iam/", "google/resource-manager.ts"] },
  {
    title: "Google: organization policies",
    paths: google("organization.ts", "organization-policies.ts", "locations.ts"),
  },
  { title: "Google: Cloud Functions and builds", paths: ["google/functions/"] },
  { title: "Google: metadata server", paths: google("run/metadata-server.ts") },
  { title: "Google: Cloud Run", paths: ["google/run/"] },
  { title: "Google: Cloud Tasks", paths: ["google/tasks/"] },
  { title: "Google: Cloud Scheduler", paths: ["google/scheduler/"] },
  { title: "Google: Cloud KMS", paths: ["google/kms/"] },
  { title: "Google: Secret Manager", paths: google("secret-manager.ts", "secret-settings.ts") },
  { title: "Google: Cloud Storage", paths: ["google/storage/"] },
  { title: "Google: Service Usage", paths: google("service-usage.ts") },
  { title: "Google: Artifact Registry", paths: google("artifact-registry.ts") },
  { title: "Google: errors, operations and the rest", paths: ["google/"] },
  { title: "Deployment: what the Okta provider does", paths: ["deploy/okta/"] },
  { title: "Deployment: what the Google Cloud provider does", paths: ["deploy/google/"] },
  { title: "Deployment: what the engine does", paths: ["deploy/"] },
  { title: "Simulated companies", paths: ["simulation/"] },
];

/** The room of a file. @throws Error when there is none */
export function roomOf(file: string): Room {
  const path = file.replace(/^sandbox\//, "");
  const room = ROOMS.find(({ paths }) =>
    paths.some((one) => (one.endsWith("/") ? path.startsWith(one) : path === one)),
  );
  if (room === undefined) throw new Error(`${file} has no room: add one in sandbox/fidelity/rooms.ts.`);
  return room;
}
