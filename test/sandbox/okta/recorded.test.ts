import { describe, expect, it } from "vitest";
import { type Answer, appBody, makeApp, makeGroup, newKey, startTestOkta, type TestOkta } from "./local.ts";
import { hookBody, startReceiver } from "./receiver.ts";

/*
 * What public recordings of real orgs show of the calls that the program, the functions and Okta's provider make, as facts in
 * our own words. PROVIDER is okta/terraform-provider-okta v6.12.0 (commit e59c130b), test/fixtures/vcr/idaas; PYTHON is
 * okta/okta-sdk-python v3.4.4, tests/integration/cassettes.
 */
const PROVIDER = "okta/terraform-provider-okta v6.12.0 TestAcc";
const PYTHON = "okta/okta-sdk-python v3.4.4";

/** What one call of a recording shows. */
interface Recording {
  readonly call: string;
  readonly source: string;
  readonly make: (okta: TestOkta) => Promise<Answer>;
  readonly status: number;
  /** What is in the body, as far as it is the same in every org. */
  readonly body?: object;
  /** Names of fields, each of these and no others, in the object at this path of the body. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  readonly link?: RegExp;
}

/** The fields of a role assignment, but for its links. */
const ASSIGNMENT = ["id", "label", "type", "status", "created", "lastUpdated", "assignmentType"];

const HOOK_URI = "https://hooks.example.com/okta";
const ROLE = { label: "Members", description: "Manages members", permissions: ["okta.users.read"] };

const recordings: readonly Recording[] = [
  {
    call: "a standard role is given to a client",
    source: `${PROVIDER}ResourceOktaAppOAuthRoleAssignment_basic`,
    make: async (okta) => okta.call("POST", `${await client(okta)}/roles`, { type: "HELP_DESK_ADMIN" }),
    status: 201,
    body: { id: "JBCUYUC7IRCVGS27IFCE2SKO", label: "Help Desk Administrator", assignmentType: "CLIENT" },
    fields: { "": [...ASSIGNMENT, "_links"] },
  },
  {
    call: "a standard role is given to another client, and has the same id",
    source: `${PROVIDER}ResourceOktaAppOAuthRoleAssignment_basic`,
    async make(okta) {
      await okta.call("POST", `${await client(okta)}/roles`, { type: "GROUP_MEMBERSHIP_ADMIN" });
      return okta.call("POST", `${await client(okta)}/roles`, { type: "GROUP_MEMBERSHIP_ADMIN" });
    },
    status: 201,
    body: { id: "I5JE6VKQL5GUKTKCIVJFGSCJKBPUCRCNJFHA", label: "Group Membership Administrator" },
  },
  {
    call: "a role that a client does not have is taken away",
    source: `${PROVIDER}ResourceOktaAdminRoleTargets_crud (of a user)`,
    make: async (okta) => okta.call("DELETE", `${await client(okta)}/roles/IFIFAX2BIRGUSTQ`),
    status: 404,
    body: { errorSummary: "Not found: Resource not found: IFIFAX2BIRGUSTQ (RoleAssignment)" },
  },
  {
    call: "a role is given to a group",
    source: `${PROVIDER}ResourceOktaGroupRole_admin_crud`,
    make: (okta) => giveGroupRole(okta, "APP_ADMIN"),
    status: 201,
    body: { id: "IFIFAX2BIRGUSTQ", label: "Application Administrator", assignmentType: "GROUP" },
    fields: { "": [...ASSIGNMENT, "_links"] },
  },
  {
    call: "a role that has no targets is given to a group",
    source: `${PROVIDER}ResourceOktaGroupRole_admin_crud`,
    make: (okta) => giveGroupRole(okta, "READ_ONLY_ADMIN"),
    status: 201,
    body: { id: expect.stringMatching(/^gra\w{17}$/), label: "Read-only Administrator" },
  },
  {
    call: "a hook is created",
    source: `${PROVIDER}ResourceOktaEventHook_crud`,
    make: (okta) => okta.call("POST", "/api/v1/eventHooks", hookBody("Hook", HOOK_URI)),
    status: 200,
    body: { status: "ACTIVE", verificationStatus: "UNVERIFIED", description: null },
    fields: {
      "": [
        "id",
        "status",
        "verificationStatus",
        "name",
        "description",
        "created",
        "createdBy",
        "lastUpdated",
        "events",
        "channel",
        "_links",
      ],
      events: ["type", "items", "filter"],
      "channel.config": ["uri", "headers", "method", "authScheme"],
      "channel.config.authScheme": ["type", "key"],
      _links: ["self", "verify", "deactivate"],
    },
  },
  {
    call: "a hook is replaced with status INACTIVE",
    source: `${PROVIDER}ResourceOktaEventHook_crud`,
    make: (okta) => replaceHook(okta, ["INACTIVE"]),
    status: 200,
    body: { status: "INACTIVE" },
    fields: { _links: ["activate", "self", "delete"] },
  },
  {
    call: "an inactive hook is replaced with status ACTIVE",
    source: `${PROVIDER}ResourceOktaEventHook_crud`,
    make: (okta) => replaceHook(okta, ["INACTIVE", "ACTIVE"]),
    status: 200,
    body: { status: "ACTIVE" },
    fields: { _links: ["self", "verify", "deactivate"] },
  },
  {
    call: "a hook is verified that does not answer the challenge",
    source: "Okta support, article Unable-to-verify-event-hook-Hook-hook-name-execution-failed",
    async make(okta) {
      const receiver = await startReceiver((response) => response.writeHead(200).end("{}"));
      const hook = await okta.call("POST", "/api/v1/eventHooks", hookBody("Sign-ins", receiver.url));
      return okta.call("POST", `/api/v1/eventHooks/${hook.body.id}/lifecycle/verify`);
    },
    status: 400,
    body: {
      errorCode: "E0000001",
      errorSummary: "Api validation failed: eventHook",
      errorCauses: [{ errorSummary: "Unable to verify event hook. Hook Sign-ins execution failed" }],
    },
  },
  {
    call: "a hook that is gone is read",
    source: `${PYTHON} test_event_hooks_it test_delete_event_hook`,
    make: (okta) => okta.call("GET", "/api/v1/eventHooks/who00000000000000000"),
    status: 404,
    body: {
      errorCode: "E0000007",
      errorSummary: "Not found: Resource not found: who00000000000000000 (Webhook)",
    },
  },
  {
    call: "a custom role is created",
    source: `${PYTHON} test_role_api_it test_create_get_delete_role`,
    make: (okta) => okta.call("POST", "/api/v1/iam/roles", ROLE),
    status: 200,
    body: { isCloneable: false, _links: { self: { href: expect.stringMatching(/^http:\/\/admin\./) } } },
    fields: {
      "": ["id", "label", "isCloneable", "description", "created", "lastUpdated", "_links"],
      _links: ["permissions", "self"],
    },
    link: /^<http:\/\/admin\.localhost:\d+\/api\/v1\/iam\/roles\/cr0\w+>; rel="self"$/,
  },
  {
    call: "the permissions of a custom role are listed",
    source: `${PROVIDER}ResourceOktaAdminRoleCustom_crud`,
    async make(okta) {
      const { body } = await okta.call("POST", "/api/v1/iam/roles", ROLE);
      return okta.call("GET", `/api/v1/iam/roles/${body.id}/permissions`);
    },
    status: 200,
    body: { permissions: [{ label: "okta.users.read", conditions: null }] },
    fields: { "permissions.0": ["label", "created", "lastUpdated", "conditions", "_links"] },
  },
  {
    call: "a custom role with a label that is taken is created",
    source: `${PYTHON} test_role_api_it test_role_error_handling`,
    async make(okta) {
      await okta.call("POST", "/api/v1/iam/roles", ROLE);
      return okta.call("POST", "/api/v1/iam/roles", ROLE);
    },
    status: 400,
    body: {
      errorCode: "E0000001",
      errorSummary: "Api validation failed: label",
      errorCauses: [{ errorSummary: "label: There is already an admin role with this name." }],
    },
  },
  {
    call: "a custom role that is gone is deleted",
    source: `${PYTHON} test_role_api_it test_role_error_handling`,
    make: (okta) => okta.call("DELETE", "/api/v1/iam/roles/cr000000000000000000"),
    status: 404,
    body: { errorSummary: "Not found: Resource not found: cr000000000000000000 (CustomRole)" },
  },
  {
    call: "a resource set is created",
    source: `${PYTHON} test_resource_set_api_it test_create_get_delete_resource_set`,
    make: makeResourceSet,
    status: 200,
    fields: {
      "": ["id", "label", "description", "created", "lastUpdated", "_links"],
      _links: ["bindings", "self", "resources"],
    },
    link: /^<http:\/\/127\.0\.0\.1:\d+\/api\/v1\/iam\/resource-sets\/iam\w+>; rel="self"$/,
  },
  {
    call: "the resources of a set are listed",
    source: `${PYTHON} test_resource_set_api_it test_resource_set_resources_operations`,
    async make(okta) {
      const { body } = await makeResourceSet(okta);
      return okta.call("GET", `/api/v1/iam/resource-sets/${body.id}/resources`);
    },
    status: 200,
    fields: {
      "resources.0": ["id", "orn", "created", "lastUpdated", "_links"],
      "resources.0._links": ["self", "resource"],
      _links: ["resource-set", "self"],
    },
    link: /\/resources>; rel="self"$/,
  },
  {
    call: "a resource set that is gone is read",
    source: `${PYTHON} test_resource_set_api_it test_resource_set_error_handling`,
    make: (okta) => okta.call("GET", "/api/v1/iam/resource-sets/iam00000000000000000"),
    status: 404,
    body: { errorSummary: "Not found: Resource not found: iam00000000000000000 (IAMPolicy)" },
  },
  {
    call: "a resource set without a label is created",
    source: `${PYTHON} test_resource_set_api_it test_resource_set_error_handling`,
    make: (okta) =>
      okta.call("POST", "/api/v1/iam/resource-sets", {
        description: "None",
        resources: [`${okta.url}/api/v1/users`],
      }),
    status: 400,
    body: {
      errorSummary: "Api validation failed: label",
      errorCauses: [{ errorSummary: "label: Label must be specified" }],
    },
  },
  {
    call: "a scope is granted",
    source: `${PYTHON} test_applications_it test_grant_consent_to_scope`,
    make: grant,
    status: 200,
    body: { status: "ACTIVE", source: "ADMIN", createdBy: { type: "User" } },
    fields: {
      "": [
        "id",
        "status",
        "created",
        "createdBy",
        "lastUpdated",
        "issuer",
        "clientId",
        "scopeId",
        "source",
        "_embedded",
        "_links",
      ],
      _links: ["app", "self", "client"],
    },
  },
  {
    call: "an app that is active is deleted",
    source: `${PYTHON} test_application_features_it test_error_handling_app_without_provisioning`,
    make: async (okta) => okta.call("DELETE", `/api/v1/apps/${await makeApp(okta, newKey(), [])}`),
    status: 403,
    body: {
      errorCode: "E0000056",
      errorSummary: "Delete application forbidden.",
      errorCauses: [{ errorSummary: "The application must be deactivated before deletion." }],
    },
  },
  {
    call: "an app is deactivated",
    source: `${PROVIDER}ResourceOktaAppOauth_serviceWithJWKS`,
    make: async (okta) =>
      okta.call("POST", `/api/v1/apps/${await makeApp(okta, newKey(), [])}/lifecycle/deactivate`),
    status: 200,
    body: {},
  },
  {
    call: "a service app with an inline key is created",
    source: `${PROVIDER}ResourceOktaAppOauth_serviceWithJWKS`,
    make: (okta) => okta.call("POST", "/api/v1/apps?activate=true", appBody("App", [newKey().publicJwk])),
    status: 200,
    body: {
      name: "oidc_client",
      signOnMode: "OPENID_CONNECT",
      accessibility: { selfService: false, errorRedirectUrl: null, loginRedirectUrl: null },
      settings: { notes: { admin: null, enduser: null }, oauthClient: { jwks: { keys: [{ use: null }] } } },
    },
    fields: {
      "": [
        "id",
        "orn",
        "name",
        "label",
        "status",
        "lastUpdated",
        "created",
        "accessibility",
        "visibility",
        "features",
        "signOnMode",
        "credentials",
        "universalLogout",
        "settings",
        "_links",
      ],
      visibility: ["autoLaunch", "autoSubmitToolbar", "hide", "appLinks"],
      credentials: ["userNameTemplate", "signing", "oauthClient"],
      "credentials.oauthClient": [
        "autoKeyRotation",
        "client_id",
        "token_endpoint_auth_method",
        "pkce_required",
      ],
      settings: [
        "app",
        "notifications",
        "manualProvisioning",
        "implicitAssignment",
        "emOptInStatus",
        "notes",
        "oauthClient",
      ],
      "settings.oauthClient": [
        "client_uri",
        "logo_uri",
        "redirect_uris",
        "response_types",
        "grant_types",
        "jwks",
        "application_type",
        "consent_method",
        "issuer_mode",
        "idp_initiated_login",
        "wildcard_redirect",
        "dpop_bound_access_tokens",
        "participate_slo",
      ],
      "settings.oauthClient.jwks.keys.0": ["kty", "id", "status", "kid", "use", "e", "n"],
      _links: [
        "uploadLogo",
        "appLinks",
        "profileEnrollment",
        "policies",
        "groups",
        "logo",
        "clientCredentials",
        "accessPolicy",
        "users",
        "deactivate",
      ],
    },
  },
  {
    call: "the settings of an app's ID tokens are read",
    source: `${PROVIDER}ResourceOktaAppOAuthRoleAssignment_basic`,
    make: async (okta) =>
      okta.call("GET", `/api/v1/internal/apps/${await makeApp(okta, newKey(), [])}/settings/oauth/idToken`),
    status: 200,
    body: { issuerMode: "ORG_URL", orgUrl: null, customUrl: null },
    fields: { "": ["issuer", "orgUrl", "customUrl", "audience", "issuerMode"] },
  },
  {
    call: "the settings of the ID tokens of an app that is gone are read",
    source: `${PROVIDER}ResourceOktaAppOauth_preconfigured`,
    make: (okta) => okta.call("GET", "/api/v1/internal/apps/0oa00000000000000000/settings/oauth/idToken"),
    status: 404,
    body: { errorSummary: "Not found: Resource not found: 0oa00000000000000000 (OAuth2AppInstance)" },
  },
  {
    call: "the org describes itself",
    source: `${PROVIDER}ResourceOktaAppOAuthRoleAssignment_basic`,
    make: (okta) => okta.call("GET", "/.well-known/okta-organization", undefined, ""),
    status: 200,
    body: { pipeline: "idx" },
    fields: {
      "": ["id", "cell", "_links", "pipeline", "settings"],
      settings: [
        "analyticsCollectionEnabled",
        "bugReportingEnabled",
        "omEnabled",
        "pssoEnabled",
        "desktopMFAEnabled",
        "itpEnabled",
      ],
    },
  },
  {
    call: "a group is created",
    source: `${PROVIDER}DataSourceOktaAppGroupAssignments_read`,
    make: (okta) => okta.call("POST", "/api/v1/groups", { profile: { name: "App Users" } }),
    status: 200,
    body: { type: "OKTA_GROUP", objectClass: ["okta:user_group"], profile: { description: null } },
    fields: {
      "": [
        "id",
        "created",
        "lastUpdated",
        "lastMembershipUpdated",
        "objectClass",
        "type",
        "profile",
        "_links",
      ],
      _links: ["logo", "owners", "users", "apps"],
      "_links.logo.0": ["name", "href", "type"],
    },
  },
  {
    call: "a group that is gone is read",
    source: `${PYTHON} test_groups_it test_create_get_group`,
    make: (okta) => okta.call("GET", "/api/v1/groups/00g00000000000000000"),
    status: 404,
    body: {
      errorSummary: "Not found: Resource not found: 00g00000000000000000 (UserGroup)",
      errorCauses: [],
    },
  },
  {
    call: "a user is put into a group",
    source: `${PROVIDER}DataSourceOktaGroup_read`,
    async make(okta) {
      const { id } = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
      return okta.call("PUT", `/api/v1/groups/${await makeGroup(okta, "App Users")}/users/${id}`);
    },
    status: 204,
  },
];

describe("the local org answers as a real one did when", () => {
  it.each(recordings)("$call ($source)", async ({ make, status, body, fields = {}, link }) => {
    const answer = await make(await startTestOkta());
    expect(answer.status).toBe(status);
    if (body !== undefined) expect(answer.body).toMatchObject(body);
    for (const [path, names] of Object.entries(fields)) {
      expect(Object.keys(at(answer.body, path)).sort(), path).toEqual([...names].sort());
    }
    if (link !== undefined) expect(answer.headers.get("link")).toMatch(link);
    expect(answer.headers.get("cache-control")).toBe("no-cache, no-store");
  });

  // Okta support, article Unable-to-verify-event-hook-Hook-hook-name-execution-failed: the request, complete.
  it("it challenges a hook", async () => {
    const okta = await startTestOkta();
    const receiver = await startReceiver();
    const headers = [{ key: "X-Any-Key", value: "my-header-value" }];
    const hook = await okta.call(
      "POST",
      "/api/v1/eventHooks",
      hookBody("Hook", receiver.url, { config: { headers } }),
    );
    await okta.call("POST", `/api/v1/eventHooks/${hook.body.id}/lifecycle/verify`);
    expect(receiver.received).toMatchObject([
      {
        method: "GET",
        headers: {
          "user-agent": "Okta-Integrations",
          accept: "application/json",
          "x-okta-request-id": expect.stringMatching(/^\S{20,}$/),
          "x-okta-verification-challenge": expect.stringMatching(/^[\w-]{40,}$/),
          "x-any-key": "my-header-value",
          authorization: "Bearer hook-secret",
        },
      },
    ]);
  });
});

async function client(okta: TestOkta): Promise<string> {
  return `/oauth2/v1/clients/${await makeApp(okta, newKey(), [])}`;
}

async function giveGroupRole(okta: TestOkta, type: string): Promise<Answer> {
  return okta.call("POST", `/api/v1/groups/${await makeGroup(okta, "Admins")}/roles`, { type });
}

async function replaceHook(okta: TestOkta, statuses: readonly string[]): Promise<Answer> {
  const body = hookBody("Hook", HOOK_URI);
  let answer = await okta.call("POST", "/api/v1/eventHooks", body);
  const path = `/api/v1/eventHooks/${answer.body.id}`;
  for (const status of statuses) answer = await okta.call("PUT", path, { ...body, status });
  return answer;
}

function makeResourceSet(okta: TestOkta): Promise<Answer> {
  const resources = [`${okta.url}/api/v1/users`];
  return okta.call("POST", "/api/v1/iam/resource-sets", { label: "Users", description: "All", resources });
}

async function grant(okta: TestOkta): Promise<Answer> {
  const id = await makeApp(okta, newKey(), []);
  return okta.call("POST", `/api/v1/apps/${id}/grants`, { issuer: okta.url, scopeId: "okta.users.read" });
}

/** The object at a dotted path; an empty one when there is none. */
function at(value: unknown, path: string): object {
  const isObject = (place: unknown): place is object => typeof place === "object" && place !== null;
  let place: unknown = value;
  for (const name of path.split(".").filter((part) => part !== "")) {
    place = isObject(place) ? (Reflect.get(place, name) as unknown) : undefined;
  }
  return isObject(place) ? place : {};
}
