import {
  type PolicyResource,
  type ResourceValidationArgs,
  type StackValidationArgs,
  unknownCheckingProxy,
} from "@pulumi/policy";
import { unknownValue } from "@pulumi/pulumi/runtime/rpc.js";
import { describe, expect, it } from "vitest";
import { neededRoles, onlyNeededRoles, targetOf } from "../../infra/policy/google-roles.ts";
import {
  customRoleIsOfThisProgram,
  customRoleOnlyManagesMembers,
  hookNeedsAuthentication,
  nobodyBecomesAdministrator,
  noOrganizationWideRole,
  resourceSetHoldsSingleGroups,
  serviceAppHasNeededScopes,
} from "../../infra/policy/okta.ts";
import {
  noSecretNameInPlainEnvironment,
  noSecretValueInPlainEnvironment,
} from "../../infra/policy/plain-environment.ts";
import { onlyInvokingIsPublic, onlyReceiverIsPublic } from "../../infra/policy/public-invoker.ts";
import { declare, inputsOf } from "./declare.ts";

/** A resource as a policy sees it, as far as these look: what it may not know yet throws when it is read. */
function resource(type: string, props: object, dependsOn: readonly PolicyResource[] = []): PolicyResource {
  const seen = { type, name: "it", urn: `urn:${type}`, props: unknownCheckingProxy(props) };
  // The rest of a resource is nothing that these policies ask for.
  return { ...seen, propertyDependencies: { name: dependsOn } } as unknown as PolicyResource;
}

/** What a policy on one resource says. */
function reportsOf(type: string, props: object, policy = noOrganizationWideRole): string[] {
  const reports: string[] = [];
  const { validateResource } = policy;
  if (typeof validateResource !== "function") throw new Error("The policy is not a single function");
  // These two policies ask for no more of their arguments than a resource has; so it is below.
  validateResource(resource(type, props) as unknown as ResourceValidationArgs, (message) => {
    reports.push(message);
  });
  return reports;
}

describe("the policy on a service app's role", () => {
  const assignment = "okta:app/oauthRoleAssignment:OauthRoleAssignment";
  const ofClass = (role: string) => `okta:index/oauth2V1ClientsRole${role}:Oauth2V1ClientsRole${role}`;

  it.each([
    [assignment, { type: "CUSTOM", role: "cr0", resourceSet: "iam" }],
    [assignment, { type: "REPORT_ADMIN" }],
    [ofClass("ReportAdmin"), { type: "REPORT_ADMIN" }],
    [ofClass("Custom"), { type: "CUSTOM" }],
    ["okta:app/oAuth:OAuth", { type: "service" }],
  ])("lets pass %s %j", (type, props) => {
    expect(reportsOf(type, props)).toEqual([]);
  });

  it.each([
    "SUPER_ADMIN",
    "ORG_ADMIN",
    "APP_ADMIN",
    "USER_ADMIN",
    "GROUP_MEMBERSHIP_ADMIN",
    "HELP_DESK_ADMIN",
    "API_ACCESS_MANAGEMENT_ADMIN",
    "READ_ONLY_ADMIN",
  ])("refuses %s", (role) => {
    expect(reportsOf(assignment, { type: role })).toEqual([
      expect.stringContaining(`gives a service app the org-wide role ${role}. Use type CUSTOM`),
    ]);
  });

  it.each(["SuperAdmin", "ReadOnlyAdmin", "GroupMembershipAdmin"])("refuses the class of %s", (role) => {
    expect(reportsOf(ofClass(role), {})).toHaveLength(1);
  });
});

describe("the policy on an event hook's authentication", () => {
  const reportsFor = (props: object) =>
    reportsOf("okta:index/eventHook:EventHook", props, hookNeedsAuthentication);
  const auth = { type: "HEADER", key: "Authorization", value: "Bearer secret" };

  it("lets pass a secret, and what a first preview does not know yet, without leaving the preview out", () => {
    expect(reportsFor({ auth })).toEqual([]);
    expect(reportsFor({ auth: { ...auth, value: unknownValue } })).toEqual([]);
    expect(reportsFor({ auth: unknownValue })).toEqual([]);
  });

  it.each([
    [{}],
    [{ auth: {} }],
    [{ auth: { ...auth, type: "NONE" } }],
    [{ auth: { ...auth, value: "" } }],
    [{ auth: { type: "HEADER", value: unknownValue } }],
  ])("refuses %j", (props) => {
    expect(reportsFor(props)).toEqual([expect.stringContaining("sends no secret")]);
  });
});

describe("the policy on values in plain variables", () => {
  const password = resource("random:index/randomPassword:RandomPassword", { result: "correct horse" });
  const unknown = [
    resource("random:index/randomPassword:RandomPassword", { result: unknownValue }),
    resource("gcp:secretmanager/secretVersion:SecretVersion", { secretData: unknownValue }),
    resource("gcp:cloudfunctionsv2/function:Function", { serviceConfig: unknownValue }),
  ];

  function reportsFor(environmentVariables: object): string[] {
    const reports: string[] = [];
    const props = { serviceConfig: { environmentVariables } };
    const resources = [...unknown, password, resource("gcp:cloudfunctionsv2/function:Function", props)];
    noSecretValueInPlainEnvironment.validateStack(
      { resources } as unknown as StackValidationArgs,
      (message) => {
        reports.push(message);
      },
    );
    return reports;
  }

  it.each([["correct horse"], ["password=correct horse"], ["-----BEGIN PRIVATE KEY-----"], ["SSWS 00abc"]])(
    "refuses %j, whatever is not known yet",
    (NOTE) => {
      expect(reportsFor({ QUEUE: unknownValue, NOTE })).toEqual([
        expect.stringContaining("plain variable NOTE"),
      ]);
    },
  );

  it("judges the plain variables of a Cloud Run service alike, and not those from Secret Manager", () => {
    const secret = { name: "HOOK_SECRET", valueSource: { secretKeyRef: { secret: "s", version: "1" } } };
    const envs = [
      unknownValue,
      { name: "QUEUE", value: unknownValue },
      { name: "NOTE", value: "correct horse" },
    ];
    const type = "gcp:cloudrunv2/service:Service";
    const service = resource(type, { template: { containers: [unknownValue, { envs: [...envs, secret] }] } });
    const reports: string[] = [];
    const resources = [password, resource(type, { template: unknownValue }), service];
    noSecretValueInPlainEnvironment.validateStack(
      { resources } as unknown as StackValidationArgs,
      (message) => {
        reports.push(message);
      },
    );
    expect(reports).toEqual([expect.stringContaining("plain variable NOTE")]);
    const plain = { template: { containers: [{ envs: [{ name: "HOOK_SECRET", value: unknownValue }] }] } };
    expect(reportsOf(type, plain, noSecretNameInPlainEnvironment)).toEqual([
      expect.stringContaining("plain variable HOOK_SECRET"),
    ]);
    const kept = { template: { containers: [{ envs: [secret] }] } };
    expect(reportsOf(type, kept, noSecretNameInPlainEnvironment)).toEqual([]);
  });

  it("lets pass what is not a secret, or not known yet", () => {
    expect(reportsFor({ QUEUE: unknownValue, PROJECT: "acme-identity" })).toEqual([]);
  });
});

const everybody = ["allUsers", "allAuthenticatedUsers"];
const policyData = (...bindings: object[]) => JSON.stringify({ etag: "BwXh", bindings });

describe("the policy on what everybody may do", () => {
  const reports = (type: string, props: object) => reportsOf(type, props, onlyInvokingIsPublic);
  const account = "serviceAccount:a@b.iam.gserviceaccount.com";

  it.each([
    ["gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "roles/run.admin"],
    ["gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "roles/run.servicesInvoker"],
    ["gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "projects/p/roles/own"],
    ["gcp:cloudrun/iamMember:IamMember", "roles/run.invoker"],
    ["gcp:cloudfunctionsv2/functionIamMember:FunctionIamMember", "roles/cloudfunctions.invoker"],
    ["gcp:cloudtasks/queueIamMember:QueueIamMember", "roles/cloudtasks.enqueuer"],
    ["gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "roles/cloudkms.signer"],
    ["gcp:secretmanager/secretIamMember:SecretIamMember", "roles/secretmanager.secretAccessor"],
    ["gcp:storage/bucketIAMMember:BucketIAMMember", "roles/storage.objectUser"],
    ["gcp:artifactregistry/repositoryIamMember:RepositoryIamMember", "roles/artifactregistry.reader"],
    ["gcp:serviceaccount/iAMMember:IAMMember", "roles/iam.serviceAccountTokenCreator"],
    ["gcp:projects/iAMMember:IAMMember", "roles/viewer"],
    ["gcp:organizations/iAMMember:IAMMember", "roles/browser"],
  ])("refuses %s with %s, as member, binding and policy, whatever is not known yet", (memberType, role) => {
    for (const one of everybody) {
      const message = [expect.stringMatching(`gives everybody ${role}. Give it to an account instead`)];
      expect(reports(memberType, { name: unknownValue, role, member: one })).toEqual(message);
      const bindingType = memberType.replaceAll("Member", "Binding");
      expect(reports(bindingType, { role, members: [unknownValue, account, one] })).toEqual(message);
      const policyType = memberType.replaceAll("Member", "Policy");
      const data = policyData({ role: "roles/a", members: [account] }, { role, members: [account, one] });
      expect(reports(policyType, { project: unknownValue, policyData: data })).toEqual(message);
    }
  });

  it.each([
    ["gcp:storage/bucketACL:BucketACL", { bucket: unknownValue, predefinedAcl: "publicRead" }],
    ["gcp:storage/bucketACL:BucketACL", { roleEntities: ["OWNER:project-owners-1", "READER:allUsers"] }],
    ["gcp:storage/bucketACL:BucketACL", { defaultAcl: "authenticatedRead" }],
    ["gcp:bigquery/dataset:Dataset", { accesses: [{ specialGroup: "allAuthenticatedUsers" }] }],
    ["gcp:cloudrunv2/serviceIamMember:ServiceIamMember", { role: unknownValue, member: "allUsers" }],
    ["gcp:cloudtasks/queueIamPolicy:QueueIamPolicy", { policyData: { bindings: [{ members: everybody }] } }],
  ])("refuses %s %j", (type, props) => {
    expect(reports(type, props)).toEqual([expect.stringContaining("gives everybody access.")]);
  });

  it.each([
    ["gcp:cloudrunv2/serviceIamMember:ServiceIamMember", { role: "roles/run.invoker", member: "allUsers" }],
    ["gcp:cloudrunv2/serviceIamBinding:ServiceIamBinding", { role: "roles/run.invoker", members: everybody }],
    [
      "gcp:cloudrunv2/serviceIamPolicy:ServiceIamPolicy",
      { policyData: policyData({ role: "roles/run.invoker", members: everybody }) },
    ],
    ["gcp:cloudtasks/queueIamMember:QueueIamMember", { role: "roles/cloudtasks.enqueuer", member: account }],
    ["gcp:cloudtasks/queueIamMember:QueueIamMember", { role: unknownValue, member: unknownValue }],
    ["gcp:cloudtasks/queueIamPolicy:QueueIamPolicy", { policyData: unknownValue }],
    ["gcp:projects/iAMPolicy:IAMPolicy", { policyData: "{ cut off" }],
    ["gcp:storage/bucketACL:BucketACL", { predefinedAcl: "private" }],
    ["okta:group/group:Group", { name: "App Users", description: "Not for allUsers" }],
    ["okta:group/group:Group", { name: "allUsers" }],
  ])("lets pass %s %j", (type, props) => {
    expect(reports(type, props)).toEqual([]);
  });
});

describe("the policy on Cloud Run services that ask nobody for a right", () => {
  const reports = (template: unknown) =>
    reportsOf("gcp:cloudrunv2/service:Service", { invokerIamDisabled: true, template }, onlyInvokingIsPublic);
  const running = (...args: unknown[]) => ({ containers: [{ args }] });

  it("lets the receiver pass", () => {
    expect(reports(running("--max-old-space-size=448", "index.js", "receive"))).toEqual([]);
  });

  it.each([
    ["grant", running("index.js", "grant")],
    ["another program with receive among its arguments", running("receive", "index.js")],
    ["what is not known yet", running("index.js", unknownValue)],
    ["a service without arguments", { containers: [{}] }],
    ["a service of which nothing is known", unknownValue],
  ])("refuses %s", (_name, template) => {
    expect(reports(template)).toEqual([expect.stringContaining("gives everybody roles/run.invoker.")]);
  });

  it("refuses the receiver itself when everybody has another right on it", () => {
    const props = {
      template: running("index.js", "receive"),
      note: { role: "roles/run.admin", member: "allUsers" },
    };
    expect(reportsOf("gcp:cloudrunv2/service:Service", props, onlyInvokingIsPublic)).toEqual([
      expect.stringContaining("gives everybody roles/run.admin."),
    ]);
  });
});

describe("the policy on public functions", () => {
  const deployed = (entryPoint: unknown) =>
    resource("gcp:cloudfunctionsv2/function:Function", { buildConfig: { entryPoint } });
  const served = (entryPoint: unknown) =>
    resource("gcp:cloudrunv2/service:Service", {
      template: { containers: [{ args: ["index.js", entryPoint] }] },
    });

  const memberType = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember";

  /** What the policy says of a stack with a resource, among others that are not known yet. */
  function reportsFor(props: object, functions: readonly PolicyResource[], type = memberType): string[] {
    const reports: string[] = [];
    const binding = resource(type, { role: "roles/run.invoker", ...props }, functions);
    const others = [resource(memberType, { role: "roles/run.invoker", member: unknownValue })];
    const stack = { resources: [...others, binding] } as unknown as StackValidationArgs;
    onlyReceiverIsPublic.validateStack(stack, (message) => {
      reports.push(message);
    });
    return reports;
  }

  const ways: readonly (readonly [string, (who: string) => object])[] = [
    ["Member", (member) => ({ member })],
    ["Binding", (who) => ({ members: [unknownValue, who] })],
    [
      "Policy",
      (who) => ({
        role: undefined,
        policyData: policyData({ role: "roles/run.invoker", members: ["user:a@b", who] }),
      }),
    ],
  ];

  it.each(ways)("lets everybody invoke the receiver, and accounts the others, by %s", (kind, props) => {
    const type = memberType.replaceAll("Member", kind);
    expect(reportsFor(props("allUsers"), [deployed("receive")], type)).toEqual([]);
    expect(reportsFor(props("allUsers"), [served("receive")], type)).toEqual([]);
    for (const name of ["grant", "reconcile"]) {
      expect(reportsFor(props("serviceAccount:a@b"), [deployed(name)], type)).toEqual([]);
    }
  });

  it("lets pass who is not known yet", () => {
    expect(reportsFor({ member: unknownValue }, [deployed("grant")])).toEqual([]);
    expect(reportsFor({ members: unknownValue }, [deployed("grant")])).toEqual([]);
    expect(reportsFor({ members: [unknownValue, "serviceAccount:a@b"] }, [deployed("grant")])).toEqual([]);
  });

  const targets: readonly (readonly [string, readonly PolicyResource[]])[] = [
    ["grant", [deployed("grant")]],
    ["reconcile", [deployed("reconcile")]],
    ["a function that is not known yet", [deployed(unknownValue)]],
    ["one of two functions", [deployed("receive"), deployed("grant")]],
    ["a service by only its name", []],
    ["a service that is not a function", [resource("gcp:cloudrunv2/service:Service", {})]],
    ["grant as a service", [served("grant")]],
  ];

  it.each(
    targets.flatMap(([name, functions]) =>
      ways.map(([kind, props]) => [name, kind, props, functions] as const),
    ),
  )("refuses that everybody invokes %s, by %s", (_name, kind, props, functions) => {
    for (const who of everybody) {
      expect(reportsFor(props(who), functions, memberType.replaceAll("Member", kind))).toEqual([
        expect.stringContaining("lets everybody invoke a private function"),
      ]);
    }
  });

  it("refuses a private service whose binding depends on the receiver by another property", () => {
    const binding = resource(memberType, { role: "roles/run.invoker", member: "allUsers", name: "grant" });
    binding.propertyDependencies["location"] = [deployed("receive")];
    binding.propertyDependencies["name"] = [];
    const reports: string[] = [];
    const stack = { resources: [binding] } as unknown as StackValidationArgs;
    onlyReceiverIsPublic.validateStack(stack, (message) => {
      reports.push(message);
    });
    expect(reports).toHaveLength(1);
  });
});

describe("the policy on a custom role's permissions", () => {
  const type = "okta:index/adminRoleCustom:AdminRoleCustom";
  const reports = (permissions: unknown) => reportsOf(type, { permissions }, customRoleOnlyManagesMembers);

  it("lets pass those of the member writer, and what is not known yet", () => {
    const needed = ["okta.groups.members.manage", "okta.groups.read", "okta.users.groupMembership.manage"];
    expect(reports(needed)).toEqual([]);
    expect(reports(unknownValue)).toEqual([]);
    expect(reports([unknownValue, "okta.groups.read"])).toEqual([]);
  });

  it.each([
    "okta.groups.manage",
    "okta.users.manage",
    "okta.users.credentials.manage",
    "okta.apps.manage",
    "*",
  ])("refuses %s, also next to a permission that is not known yet", (permission) => {
    const message = [expect.stringContaining(`has the permission ${permission}. Take it away`)];
    expect(reports(["okta.groups.read", permission])).toEqual(message);
    expect(reports([unknownValue, permission])).toEqual(message);
  });
});

describe.each([
  "okta:app/oauthRoleAssignment:OauthRoleAssignment",
  "okta:index/oauth2V1ClientsRoleCustom:Oauth2V1ClientsRoleCustom",
])("the policy on where a custom role comes from, by %s,", (type) => {
  const role = resource("okta:index/adminRoleCustom:AdminRoleCustom", {});
  const resourceSet = resource("okta:index/resourceSet:ResourceSet", {});

  function reports(props: object, from: Record<string, readonly PolicyResource[]>): string[] {
    const messages: string[] = [];
    const assignment = { ...resource(type, props), propertyDependencies: from };
    const stack = { resources: [role, assignment] } as unknown as StackValidationArgs;
    customRoleIsOfThisProgram.validateStack(stack, (message) => {
      messages.push(message);
    });
    return messages;
  }

  it("lets pass what this program declares, and roles of other kinds", () => {
    const own = { role: [role], resourceSet: [resourceSet] };
    expect(reports({ type: "CUSTOM", role: unknownValue, resourceSet: unknownValue }, own)).toEqual([]);
    expect(reports({ type: "REPORT_ADMIN" }, {})).toEqual([]);
  });

  it("refuses ids that somebody wrote down, or that come from elsewhere", () => {
    const written = { type: "CUSTOM", role: "cr0everything", resourceSet: "iamall" };
    expect(reports(written, {})).toEqual([
      expect.stringContaining("names a role that this program does not declare"),
      expect.stringContaining("names a resourceSet that this program does not declare"),
    ]);
    expect(reports(written, { role: [role, resourceSet], resourceSet: [resourceSet] })).toHaveLength(1);
  });
});

describe("the policy on resource sets", () => {
  const type = "okta:index/resourceSet:ResourceSet";
  const org = "https://acme.okta.com/api/v1";

  it.each([
    [{ resources: [`${org}/groups/00g1a2b3c4d5e6f7g8h9`, `${org}/users`] }],
    [{ resourcesOrns: ["orn:okta:directory:00o1:groups:00g1", "orn:oktapreview:directory:00o1:users"] }],
    [{ resources: unknownValue }],
    [{ resources: [unknownValue] }],
  ])("lets pass %j", (props) => {
    expect(reportsOf(type, props, resourceSetHoldsSingleGroups)).toEqual([]);
  });

  it.each([
    `${org}/groups`,
    `${org}/groups/`,
    `${org}/apps`,
    `${org}/apps/0oa1`,
    `${org}/groups/00g1/roles`,
    `${org}/iam/roles`,
    `${org}/groups?filter=users`,
    "https://mallory.example/x?/api/v1/users",
    "orn:okta:directory:00o1:groups",
    "orn:okta:idp:00o1:apps",
    "orn:okta:directory:00o1:users:*",
  ])("refuses %s", (resource) => {
    const message = [expect.stringContaining(`holds ${resource}. Name each group`)];
    expect(reportsOf(type, { resources: [`${org}/users`, resource] }, resourceSetHoldsSingleGroups)).toEqual(
      message,
    );
    expect(
      reportsOf(type, { resourcesOrns: [unknownValue, resource] }, resourceSetHoldsSingleGroups),
    ).toEqual(message);
  });
});

describe("the policy on scopes", () => {
  const type = "okta:index/appOauthApiScope:AppOauthApiScope";
  const reports = (scopes: unknown) => reportsOf(type, { scopes }, serviceAppHasNeededScopes);

  it("lets pass those of the two apps, and refuses others", () => {
    expect(reports(["okta.groups.manage", "okta.logs.read"])).toEqual([]);
    expect(reports(unknownValue)).toEqual([]);
    for (const scope of ["okta.users.manage", "okta.roles.manage", "okta.apps.read", "okta.groups.manage "])
      expect(reports(["okta.logs.read", scope])).toEqual([
        expect.stringContaining(`grants the scope ${scope}. Take it away`),
      ]);
  });
});

it.each([
  "okta:group/role:Role",
  "okta:index/userAdminRoles:UserAdminRoles",
  "okta:index/adminRoleCustomAssignments:AdminRoleCustomAssignments",
])("the policy on administrators refuses %s, whatever is known of it", (type) => {
  expect(reportsOf(type, { groupId: unknownValue }, nobodyBecomesAdministrator)).toHaveLength(1);
  expect(reportsOf("okta:group/group:Group", { name: "App Users" }, nobodyBecomesAdministrator)).toEqual([]);
});

describe("the policy on roles in Google Cloud", () => {
  const account = "serviceAccount:a@b.iam.gserviceaccount.com";
  const reports = (type: string, props: object) => reportsOf(type, props, onlyNeededRoles);

  it("lets pass what the program declares, and no role that it does not", async () => {
    const recordings = [
      await declare({}),
      await declare({ "signin-groups:auditExport": "bigquery" }),
      await declare({ "signin-groups:auditExport": "pubsub" }),
    ];
    const declared = new Map<string, Set<string>>();
    for (const resource of recordings.flatMap(({ resources }) => resources)) {
      const target = targetOf(resource.type);
      if (target === undefined) continue;
      const inputs = inputsOf(resource);
      expect(reports(resource.type, inputs)).toEqual([]);
      declared.set(target, (declared.get(target) ?? new Set()).add(String(inputs["role"])));
    }
    expect(declared).toEqual(neededRoles);
  });

  it.each([
    [{}],
    [{ condition: { title: "All", expression: "true" } }],
    [{ condition: { title: "All", expression: 'resource.name.startsWith("projects/_/buckets/")' } }],
    [{ condition: { title: "All", expression: 'resource.name.startsWith("projects/p/datasets/")' } }],
    [
      {
        condition: {
          title: "Two",
          expression:
            'resource.name == "projects/p/datasets/a_audit_1" || resource.name.startsWith("projects/p/datasets/b_audit_1/")',
        },
      },
    ],
    [
      {
        condition: {
          title: "All",
          expression: 'true || resource.name.startsWith("projects/p/datasets/a_audit")',
        },
      },
    ],
  ])(
    "refuses the right to objects or datasets of the whole project, but for what it is needed: %j",
    (condition) => {
      const role = "roles/storage.objectViewer";
      const binding = { project: "acme-identity", role, member: account, ...condition };
      const member = "gcp:projects/iAMMember:IAMMember";
      for (const given of [binding, { ...binding, role: "roles/bigquery.dataEditor" }]) {
        expect(reports(member, given)).toEqual([
          expect.stringContaining("without the condition that limits it"),
        ]);
      }
      expect(reports("gcp:storage/bucketIAMMember:BucketIAMMember", binding)).toHaveLength(1);
    },
  );

  it.each([
    ["gcp:projects/iAMMember:IAMMember", "roles/owner"],
    ["gcp:projects/iAMMember:IAMMember", "roles/editor"],
    ["gcp:projects/iAMMember:IAMMember", "roles/storage.objectUser"],
    ["gcp:projects/iAMMember:IAMMember", "projects/p/roles/everything"],
    ["gcp:folder/iAMMember:IAMMember", "roles/logging.logWriter"],
    ["gcp:organizations/iAMMember:IAMMember", "roles/viewer"],
    ["gcp:serviceaccount/iAMMember:IAMMember", "roles/iam.serviceAccountTokenCreator"],
    ["gcp:storage/bucketIAMMember:BucketIAMMember", "roles/storage.admin"],
    ["gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "roles/cloudkms.admin"],
    ["gcp:kms/keyRingIAMMember:KeyRingIAMMember", "roles/cloudkms.signer"],
    ["gcp:secretmanager/secretIamMember:SecretIamMember", "roles/secretmanager.admin"],
    ["gcp:cloudtasks/queueIamMember:QueueIamMember", "roles/cloudtasks.queueAdmin"],
    ["gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "roles/run.admin"],
    ["gcp:cloudrun/iamMember:IamMember", "roles/run.invoker"],
    ["gcp:bigquery/datasetIamMember:DatasetIamMember", "roles/bigquery.dataOwner"],
  ])("refuses by %s the role %s, as member, binding and policy", (memberType, role) => {
    const message = [expect.stringContaining(`gives ${role}, which this integration does not need there`)];
    expect(reports(memberType, { role, member: unknownValue })).toEqual(message);
    expect(reports(memberType.replaceAll("Member", "Binding"), { role, members: [account] })).toEqual(
      message,
    );
    const policyType = memberType.replaceAll("Member", "Policy");
    expect(reports(policyType, { policyData: policyData({ role, members: [account] }) })).toEqual(message);
  });

  it("refuses a policy that it can't read, and a key of an account", () => {
    for (const data of ["{ cut off", "7", '{"bindings":{}}', '{"bindings":[null]}']) {
      expect(reports("gcp:projects/iAMPolicy:IAMPolicy", { policyData: data })).toHaveLength(1);
    }
    expect(reports("gcp:serviceaccount/key:Key", { serviceAccountId: unknownValue })).toHaveLength(1);
  });

  it("lets pass what is not known yet, and what gives no right", () => {
    expect(reports("gcp:projects/iAMMember:IAMMember", { role: unknownValue, member: account })).toEqual([]);
    expect(reports("gcp:projects/iAMPolicy:IAMPolicy", { policyData: unknownValue })).toEqual([]);
    expect(reports("gcp:projects/iAMAuditConfig:IAMAuditConfig", { service: "allServices" })).toEqual([]);
    expect(reports("gcp:serviceaccount/account:Account", { accountId: "a" })).toEqual([]);
  });
});
