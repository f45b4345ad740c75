import { onTestFinished } from "vitest";
import type { State } from "../../../cli/findings.ts";
import { startOkta } from "../../../sandbox/okta/server.ts";
import { appBody, newKey } from "../../sandbox/okta/local.ts";
import type { World } from "../world.ts";

/** A fault, and what the doctor finds. */
export interface Case {
  /** After "finds". */
  readonly title: string;
  readonly arrange: (world: World) => void | Promise<void>;
  /** The check, its state, and a part of what it says or of what fixes it. */
  readonly finding: readonly [check: string, state: State, text: string | RegExp];
  readonly code: 0 | 1 | 3;
}

const scopes = [
  "okta.apps.manage",
  "okta.appGrants.manage",
  "okta.groups.manage",
  "okta.roles.manage",
  "okta.eventHooks.manage",
  "okta.orgs.read",
];

/** The key of every such app: each case has an org of its own. */
const appKey = newKey();

/** Gives the configuration an app's key in place of the API token. */
async function useApp(
  world: World,
  {
    granted = scopes,
    configured = scopes,
    role = "SUPER_ADMIN",
  }: {
    readonly granted?: readonly string[];
    readonly configured?: readonly string[];
    readonly role?: string | null;
  } = {},
): Promise<string> {
  const key = appKey;
  const app = await world.okta("POST", "/api/v1/apps", appBody("Pulumi", [key.publicJwk]));
  const id = String(app["id"]);
  for (const scopeId of granted) {
    await world.okta("POST", `/api/v1/apps/${id}/grants`, { scopeId, issuer: world.clouds.okta.url });
  }
  if (role !== null) await world.okta("POST", `/oauth2/v1/clients/${id}/roles`, { type: role });
  delete world.configuration["okta:apiToken"];
  Object.assign(world.configuration, {
    "okta:clientId": id,
    "okta:privateKeyId": key.kid,
    "okta:privateKey": key.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    "okta:scopes": JSON.stringify(configured),
  });
  return id;
}

/** Makes event hooks, as other people of the org would. */
async function makeHooks(world: World, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await world.okta("POST", "/api/v1/eventHooks", {
      name: `hook ${index}`,
      events: { type: "EVENT_TYPE", items: ["user.session.start"] },
      channel: { type: "HTTP", version: "1.0.0", config: { uri: "https://hooks.example", headers: [] } },
    });
  }
}

/** Makes the command act as a service account that has some roles on the project. */
async function actAs(world: World, ...roles: readonly string[]): Promise<void> {
  const { project, google } = world.clouds;
  const serviceIds = ["iam.googleapis.com"];
  await world.google("POST", `/v1/projects/${project}/services:batchEnable`, { serviceIds });
  const path = `/v1/projects/${project}`;
  const account = await world.google("POST", `${path}/serviceAccounts`, { accountId: "deployer" });
  const email = String(account["email"]);
  const bindings = roles.map((role) => ({ role, members: [`serviceAccount:${email}`] }));
  await world.google("POST", `${path}:setIamPolicy`, { policy: { bindings } });
  world.environment["GOOGLE_OAUTH_ACCESS_TOKEN"] = google.accessTokenOf(email);
}

/** Has the stack an org whose clock is so many seconds ahead. */
async function useOrgOf({ configuration, environment }: World, seconds: number): Promise<void> {
  const okta = await startOkta({ now: () => Date.now() + seconds * 1000 });
  onTestFinished(() => okta.close());
  configuration["okta:apiToken"] = okta.apiToken;
  environment["OKTA_HTTP_PROXY"] = okta.url;
}

const enable = async (world: World, ...names: readonly string[]) => {
  const serviceIds = names.map((name) => `${name}.googleapis.com`);
  await world.google("POST", `/v1/projects/${world.clouds.project}/services:batchEnable`, { serviceIds });
};

const disable = async (world: World, name: string) => {
  await world.google("POST", `/v1/projects/${world.clouds.project}/services/${name}.googleapis.com:disable`);
};

/** A case of an organization policy, with the values that it allows or, for a switch, true. */
function forbidding(constraint: string, allowed: readonly string[] | true, text: string): readonly Case[] {
  return [
    {
      title: `what constraints/${constraint} forbids`,
      arrange({ clouds }) {
        const { locations, organization } = clouds.google;
        if (constraint === "gcp.resourceLocations" && allowed !== true) locations.allowed = allowed;
        const rule = allowed === true ? { enforce: true } : { values: { allowedValues: allowed } };
        organization.others.set(constraint, rule);
      },
      finding: [
        "google-organization-policies",
        "failure",
        `The organization policy constraints/${constraint} forbids ${text}`,
      ],
      code: 1,
    },
  ];
}

/** The roles that docs/pull-requests.md gives the deploying account. */
export const deployerRoles = [
  "serviceusage.serviceUsageAdmin",
  "iam.serviceAccountAdmin",
  "iam.serviceAccountUser",
  "resourcemanager.projectIamAdmin",
  "storage.admin",
  "artifactregistry.admin",
  "cloudfunctions.admin",
  "run.admin",
  "cloudtasks.admin",
  "cloudscheduler.admin",
  "cloudkms.admin",
  "cloudkms.publicKeyViewer",
  "secretmanager.admin",
  "monitoring.editor",
  "logging.configWriter",
].map((role) => `roles/${role}`);

export const cases: readonly Case[] = [
  // The stack.
  {
    title: "that okta:baseUrl is not set",
    arrange: ({ configuration }) => void delete configuration["okta:baseUrl"],
    finding: [
      "configuration",
      "failure",
      /^okta:baseUrl is not set: .*"pulumi config set okta:baseUrl okta\.com"/,
    ],
    code: 1,
  },
  {
    title: "a setting with a mistake",
    arrange({ configuration }) {
      configuration["signin-groups:receiveMemory"] = "600";
    },
    finding: ["configuration", "failure", 'signin-groups:receiveMemory is "600": it must be a whole number'],
    code: 1,
  },
  {
    title: "that the state cannot be read",
    arrange: ({ pulumi }) => void delete pulumi["stack export"],
    finding: ["state", "unknown", "no stack named 'dev' found"],
    code: 3,
  },
  // Okta.
  {
    title: "an org that is not reached",
    arrange({ environment }) {
      environment["OKTA_HTTP_PROXY"] = "http://127.0.0.1:1";
    },
    finding: ["okta-org", "failure", "http://127.0.0.1:1 is not reached"],
    code: 1,
  },
  {
    title: "another server in the org's place",
    arrange({ environment, clouds }) {
      environment["OKTA_HTTP_PROXY"] = clouds.google.url;
    },
    finding: ["okta-org", "failure", "does not answer like an Okta org (404)"],
    code: 1,
  },
  {
    title: "an org with Classic Engine",
    arrange({ clouds }) {
      clouds.okta.settings.pipeline = "v1";
    },
    finding: ["okta-org", "warning", "Okta Classic Engine"],
    code: 0,
  },
  {
    title: "an org that expires",
    arrange({ clouds }) {
      clouds.okta.settings.expiresAt = "2026-12-24T00:00:00.000Z";
    },
    finding: ["okta-org-status", "warning", "expires at 2026-12-24T00:00:00.000Z"],
    code: 0,
  },
  {
    title: "an API token that Okta does not accept",
    arrange({ configuration }) {
      configuration["okta:apiToken"] = "00wrong";
    },
    finding: ["okta-credentials", "failure", "Okta refuses okta:apiToken (401)"],
    code: 1,
  },
  {
    title: "an API token of somebody who is not a super administrator",
    arrange({ clouds }) {
      clouds.okta.settings.administratorRole = "ORG_ADMIN";
    },
    finding: ["okta-rights", "failure", "The token's owner is not a super administrator"],
    code: 1,
  },
  {
    title: "a key that is not the app's",
    async arrange(world) {
      await useApp(world);
      world.configuration["okta:privateKeyId"] = "another";
    },
    finding: ["okta-credentials", "failure", "Okta does not accept the app's key (invalid_client)"],
    code: 1,
  },
  {
    title: "a private key that cannot be read",
    async arrange(world) {
      await useApp(world);
      world.configuration["okta:privateKey"] = "not a key";
    },
    finding: ["okta-credentials", "unknown", "okta:privateKey must be a private key in PEM"],
    code: 3,
  },
  {
    title: "an app with everything that it needs",
    arrange: async (world) => void (await useApp(world)),
    finding: ["okta-scopes", "ok", "The app has the 6 scopes"],
    code: 0,
  },
  {
    title: "exactly the scopes that an app was not granted",
    arrange: async (world) =>
      void (await useApp(world, { granted: scopes.filter((scope) => !/apps|orgs/.test(scope)) })),
    finding: ["okta-scopes", "failure", /^The app was not granted okta\.apps\.manage, okta\.orgs\.read\.$/],
    code: 1,
  },
  {
    title: "a scope that the configuration lacks",
    arrange: async (world) =>
      void (await useApp(world, { configured: scopes.filter((scope) => scope !== "okta.groups.manage") })),
    finding: ["okta-scopes", "failure", "pulumi config set --path 'okta:scopes[5]' okta.groups.manage"],
    code: 1,
  },
  {
    title: "an app without the role",
    arrange: async (world) => void (await useApp(world, { role: null })),
    finding: ["okta-rights", "failure", "Admin roles: assign Super Administrator"],
    code: 1,
  },
  {
    title: "that apps get tokens only with DPoP",
    async arrange(world) {
      await useApp(world);
      world.clouds.okta.settings.requiresDpop = true;
    },
    finding: ["okta-dpop", "failure", "gets tokens only with DPoP (invalid_dpop_proof)"],
    code: 1,
  },
  {
    title: "an org that makes new apps super administrators",
    arrange({ clouds }) {
      clouds.okta.settings.clientPrivilegesSetting = true;
    },
    finding: ["okta-public-client-admins", "failure", "Settings › Account › Public client app admins"],
    code: 1,
  },
  {
    title: "a name that is in use",
    arrange: async (world) => {
      await world.okta("POST", "/api/v1/groups", { profile: { name: "App Users" } });
    },
    finding: [
      "okta-names",
      "failure",
      /^rules\[0\]\.group is "App Users": .* has a group with that name already/,
    ],
    code: 1,
  },
  {
    title: "an existing group that is not there",
    arrange({ configuration }) {
      configuration["signin-groups:rules"] = JSON.stringify([
        { groupId: "00g1234567890abcdef1", on: ["user.session.start"] },
      ]);
    },
    finding: ["okta-existing-groups", "failure", "has no group with this id"],
    code: 1,
  },
  {
    title: "an org with as many event hooks as it can have",
    arrange: (world) => makeHooks(world, 25),
    finding: ["okta-hooks", "failure", "25 of at most 25 event hooks, and the update creates one"],
    code: 1,
  },
  {
    title: "that a rotation will find no room for its event hook",
    arrange: (world) => makeHooks(world, 24),
    finding: ["okta-hooks", "warning", "A rotation of the hook secret needs room"],
    code: 0,
  },
  {
    title: "that the event hooks could not be looked at",
    arrange: ({ clouds }) => {
      clouds.okta.faults.refuse = (_, path) => (path === "/api/v1/eventHooks" ? { status: 403 } : undefined);
    },
    finding: ["okta-hooks", "unknown", "okta.eventHooks.read"],
    code: 3,
  },
  {
    title: "the rate limits of a small plan",
    arrange({ clouds }) {
      clouds.okta.limits.rates.groups = 50;
    },
    finding: [
      "okta-rate-limits",
      "warning",
      "50 calls a minute for memberships, 120 calls a minute for the System Log",
    ],
    code: 0,
  },
  {
    title: "that others use up a rate limit",
    async arrange(world) {
      world.clouds.okta.limits.rates.logs = 10;
      for (let call = 0; call < 9; call++) await world.okta("GET", "/api/v1/logs");
    },
    finding: ["okta-rate-limits", "warning", "nearly used up the minute's calls for the System Log"],
    code: 0,
  },
  {
    title: "that event hook filters are on",
    arrange: ({ clouds }) => void clouds.okta.settings.features.set("Event Hook Filtering", true),
    finding: ["okta-hook-filters", "ok", "Event hook filters are on"],
    code: 0,
  },
  {
    title: "that nothing depends on features that it may not see",
    arrange: ({ clouds }) => {
      clouds.okta.faults.refuse = (_, path) => (path === "/api/v1/features" ? { status: 403 } : undefined);
    },
    finding: ["okta-hook-filters", "unknown", "The program needs none"],
    code: 0,
  },
  // Google Cloud.
  {
    title: "that there are no credentials for Google Cloud",
    arrange: ({ environment }) => void delete environment["GOOGLE_OAUTH_ACCESS_TOKEN"],
    finding: ["google-credentials", "failure", "gcloud auth application-default login"],
    code: 1,
  },
  {
    title: "credentials that Google Cloud does not accept",
    arrange({ environment }) {
      environment["GOOGLE_OAUTH_ACCESS_TOKEN"] = "ya29.ended";
    },
    finding: ["google-credentials", "failure", "(401)"],
    code: 1,
  },
  {
    title: "an access token in the configuration before that of the environment",
    arrange({ configuration }) {
      configuration["gcp:accessToken"] = "ya29.ended";
    },
    finding: ["google-credentials", "failure", "(401)"],
    code: 1,
  },
  {
    title: "that Google Cloud is not reached",
    arrange({ configuration }) {
      configuration["gcp:resourceManagerCustomEndpoint"] = "http://127.0.0.1:1/v1/";
    },
    finding: ["google-project", "unknown", "Google Cloud is not reached"],
    code: 3,
  },
  {
    title: "a project that is not there",
    arrange({ configuration }) {
      configuration["gcp:project"] = "acme-elsewhere";
    },
    finding: ["google-project", "failure", "There is no project acme-elsewhere, or you may not see it (403)"],
    code: 1,
  },
  {
    title: "a project without billing",
    arrange({ clouds }) {
      clouds.google.account.billingEnabled = false;
    },
    finding: ["google-billing", "failure", "gcloud billing projects link signin-groups-sandbox"],
    code: 1,
  },
  {
    title: "that billing could not be looked at",
    arrange: (world) => disable(world, "cloudbilling"),
    finding: ["google-billing", "unknown", "gcloud services enable cloudbilling.googleapis.com"],
    code: 3,
  },
  {
    title: "that an API is off by which the others are enabled",
    arrange: (world) => disable(world, "cloudresourcemanager"),
    finding: ["google-apis", "failure", "gcloud services enable cloudresourcemanager.googleapis.com"],
    code: 1,
  },
  {
    title: "which APIs the update enables",
    arrange: (world) => enable(world, "cloudtasks", "storage"),
    finding: [
      "google-apis",
      "ok",
      /^3 of 13 APIs are enabled\. The update enables the others: artifactregistry, .*secretmanager\.$/,
    ],
    code: 0,
  },
  {
    title: "that the export of audit records needs one more",
    async arrange(world) {
      await enable(world, "cloudtasks", "storage");
      world.configuration["signin-groups:auditExport"] = "pubsub";
    },
    finding: ["google-apis", "ok", /^3 of 14 APIs are enabled\. .*, pubsub, /],
    code: 0,
  },
  {
    title: "exactly the permissions that the caller lacks",
    arrange: (world) => actAs(world, ...deployerRoles.filter((role) => !role.endsWith("publicKeyViewer"))),
    finding: ["google-permissions", "failure", /^You lack cloudkms\.cryptoKeyVersions\.viewPublicKey\.$/],
    code: 1,
  },
  {
    title: "a role for the permissions that are missing",
    arrange: (world) => actAs(world, ...deployerRoles.filter((role) => !role.endsWith("cloudtasks.admin"))),
    finding: ["google-permissions", "failure", "--role=roles/cloudtasks.admin"],
    code: 1,
  },
  {
    title: "that the documented roles of a deployer suffice",
    arrange: (world) => actAs(world, ...deployerRoles, "roles/orgpolicy.policyViewer"),
    finding: ["google-permissions", "ok", /^You have the \d+ permissions/],
    code: 0,
  },
  {
    title: "a region without Cloud Tasks, from the program's list",
    arrange({ configuration }) {
      configuration["gcp:region"] = "europe-west4";
    },
    finding: [
      "configuration",
      "failure",
      'gcp:region is "europe-west4": Google Cloud does not offer Cloud Tasks there',
    ],
    code: 1,
  },
  {
    title: "a region without Cloud Tasks, from Google's own list",
    async arrange(world) {
      world.configuration["gcp:region"] = "europe-west4";
      world.configuration["signin-groups:trustRegion"] = "true";
      await enable(world, "cloudtasks", "cloudscheduler", "cloudkms");
    },
    finding: ["google-region", "failure", "Google Cloud does not offer Cloud Tasks in europe-west4"],
    code: 1,
  },
  {
    title: "a region that the program does not know",
    arrange({ configuration, clouds }) {
      clouds.google.locations.allowed = undefined;
      configuration["gcp:region"] = "mars-north1";
    },
    finding: ["google-region", "warning", 'The region "mars-north1" is unknown to this program'],
    code: 0,
  },
  {
    title: "a limit of CPUs that the instances would exceed",
    arrange: ({ clouds }) => void clouds.google.account.quotas.set("run.googleapis.com/cpu_allocation", 8000),
    finding: [
      "google-quotas",
      "failure",
      'The quota "CPUs of Cloud Run" in europe-west1 is 8 CPU, and the update asks for 10 CPU.',
    ],
    code: 1,
  },
  {
    title: "a limit of memory that the instances would exceed",
    arrange: ({ clouds }) =>
      void clouds.google.account.quotas.set("run.googleapis.com/mem_allocation", 2 ** 30),
    finding: ["google-quotas", "failure", "is 1 GiB, and the update asks for 5 GiB"],
    code: 1,
  },
  {
    title: "a region in which Cloud Build runs nothing",
    arrange: ({ clouds }) =>
      void clouds.google.account.quotas.set("cloudbuild.googleapis.com/concurrent_public_pool_build_cpus", 0),
    finding: ["google-quotas", "failure", "https://cloud.google.com/build/docs/locations"],
    code: 1,
  },
  {
    title: "no room for service accounts",
    async arrange(world) {
      await enable(world, "iam");
      world.clouds.google.account.quotas.set("iam.googleapis.com/quota/service-account-count", 5);
    },
    finding: ["google-quotas", "failure", "0 of at most 5 service accounts, and the update creates 6"],
    code: 1,
  },
  {
    title: "that the quotas could not be looked at",
    arrange: ({ clouds }) => {
      clouds.google.faults.refuse = (_, path) =>
        path.includes("consumerQuotaMetrics") ? { status: 403 } : undefined;
    },
    finding: ["google-quotas", "unknown", "you lack serviceusage.quotas.get (403)"],
    code: 0,
  },
  {
    title: "each service in the region, from what Google says itself",
    arrange: (world) =>
      enable(
        world,
        ...["cloudtasks", "cloudscheduler", "cloudkms", "cloudfunctions", "run"],
        ...["artifactregistry", "secretmanager"],
      ),
    finding: ["google-region", "ok", /^Each service is offered in europe-west1\.$/],
    code: 0,
  },
  {
    title: "a hosting that an organization policy forbids",
    arrange({ clouds }) {
      clouds.google.organization.allowedPolicyMemberDomains = ["C0123abcd"];
    },
    finding: ["google-hosting", "failure", "or run: pulumi config set signin-groups:hosting service"],
    code: 1,
  },
  {
    title: "what each hosting is allowed",
    arrange({ clouds }) {
      clouds.google.organization.requireInvokerIam = true;
    },
    finding: ["google-hosting", "ok", "allow hosting: functions, and forbid hosting: service."],
    code: 0,
  },
  ...forbidding("gcp.resourceLocations", ["europe-west3", "in:us-locations"], "resources in europe-west1"),
  ...forbidding("run.allowedIngress", ["internal"], "the ingress of the receiver"),
  ...forbidding(
    "cloudfunctions.allowedIngressSettings",
    ["ALLOW_INTERNAL_ONLY"],
    "the ingress of the receiver",
  ),
  ...forbidding("iam.disableServiceAccountCreation", true, "the functions' service accounts"),
  ...forbidding("iam.managed.disableServiceAccountCreation", true, "the functions' service accounts"),
  ...forbidding("storage.retentionPolicySeconds", ["86400"], "buckets without a retention policy"),
  ...forbidding("storage.softDeletePolicySeconds", ["604800"], "buckets that keep deleted objects"),
  {
    title: "a group of locations that has the region",
    arrange({ clouds }) {
      clouds.google.locations.allowed = ["in:eu-locations"];
    },
    finding: ["google-organization-policies", "ok", "None of 9 other organization policies"],
    code: 0,
  },
  {
    title: "a group of locations of which it does not know what it has",
    arrange({ clouds }) {
      clouds.google.locations.allowed = ["in:low-carbon-locations"];
    },
    finding: ["google-organization-policies", "warning", "constraints/gcp.resourceLocations may forbid"],
    code: 0,
  },
  {
    title: "that organization policies could not be looked at",
    arrange: (world) => disable(world, "orgpolicy"),
    finding: ["google-organization-policies", "unknown", "gcloud services enable orgpolicy.googleapis.com"],
    code: 3,
  },
  // The machine.
  {
    title: "a clock that is far ahead",
    arrange: (world) => useOrgOf(world, -600),
    finding: ["clock", "failure", /^The machine's clock is (599|600|601) s ahead of Okta's\./],
    code: 1,
  },
  {
    title: "a clock that is behind",
    arrange: (world) => useOrgOf(world, 90),
    finding: ["clock", "warning", /^The machine's clock is (89|90|91) s behind Okta's\.$/],
    code: 0,
  },
  {
    title: "that there is no Pulumi CLI",
    arrange: ({ pulumi }) => {
      for (const words of Object.keys(pulumi)) delete pulumi[words];
    },
    finding: ["pulumi", "failure", "https://www.pulumi.com/docs/install/"],
    code: 1,
  },
  {
    title: "an old Pulumi CLI",
    arrange({ pulumi }) {
      pulumi["version"] = "v3.99.0";
    },
    finding: ["pulumi", "warning", "Pulumi 3.99.0 is older than 3.259.0"],
    code: 0,
  },
  {
    title: "plugins that the first preview downloads",
    arrange({ pulumi }) {
      pulumi["plugin ls"] = "[]";
    },
    finding: [
      "plugins",
      "warning",
      "pulumi plugin install resource gcp 9.37.0 && pulumi plugin install resource okta 7.0.0",
    ],
    code: 0,
  },
  {
    title: "plugins that Pulumi must not download",
    arrange({ pulumi, environment }) {
      pulumi["plugin ls"] = JSON.stringify([{ name: "gcp", kind: "resource", version: "9.36.0" }]);
      environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true";
    },
    finding: ["plugins", "failure", "gcp 9.37.0, okta 7.0.0, random 4.21.2"],
    code: 1,
  },
  {
    title: "a Node.js that is too old",
    arrange(world) {
      world.node = JSON.stringify({ version: "20.1.0", fault: "too old" });
    },
    finding: ["node", "failure", "Pulumi would run the program with Node.js 20.1.0, which is too old"],
    code: 1,
  },
  {
    title: "an old npm",
    arrange({ environment }) {
      environment["npm_config_user_agent"] = "npm/6.14.18 node/v24.21.0";
    },
    finding: ["npm", "warning", "npm 6.14.18 does not read the lockfile"],
    code: 0,
  },
  {
    title: "a proxy whose address is none",
    arrange({ environment }) {
      environment["HTTPS_PROXY"] = "http://";
    },
    finding: ["proxy", "failure", "HTTPS_PROXY is not the address of a proxy"],
    code: 1,
  },
  {
    title: "variables of a proxy that differ",
    arrange({ environment }) {
      environment["https_proxy"] = "http://one.example:3128";
      environment["HTTPS_PROXY"] = "http://two.example:3128";
    },
    finding: ["proxy", "warning", "HTTPS_PROXY and https_proxy differ"],
    code: 0,
  },
  {
    title: "a proxy, without its password",
    arrange({ environment }) {
      environment["HTTPS_PROXY"] = "http://me:hunter2@proxy.example:3128";
    },
    finding: ["proxy", "ok", /^Requests go through a proxy: HTTPS_PROXY=http:\/\/proxy\.example:3128\./],
    code: 0,
  },
];
