import * as pulumi from "@pulumi/pulumi";
import { afterAll, describe, expect, it } from "vitest";
import { checkHosting } from "../../infra/preflight/hosting.ts";
import type { StackResource } from "../../infra/preflight/stack.ts";
import { defaultSettings, type Hosting } from "../../infra/settings.ts";
import { DEPLOYER_TOKEN, declare } from "./declare.ts";
import { type Policies, startOrganization } from "./organization.ts";

const domains = "iam.allowedPolicyMemberDomains";
const members = "iam.managed.allowedPolicyMembers";
const invokerIam = "run.managed.requireInvokerIam";
const onlyOurs = { allowedPrincipalSets: ["//cloudresourcemanager.googleapis.com/organizations/1"] };
const toService = "pulumi config set signin-groups:hosting service";
const toFunctions = "pulumi config set signin-groups:hosting functions";

const variables = ["GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_CREDENTIALS"].map(
  (name) => [name, process.env[name]] as const,
);
for (const [name] of variables) delete process.env[name];

afterAll(() => {
  for (const [name, value] of variables) if (value !== undefined) process.env[name] = value;
});

/** Checks a hosting under an organization's policies. */
async function check(
  hosting: Hosting,
  policies: Policies,
  options: {
    readonly preview?: boolean;
    readonly resources?: readonly StackResource[];
    readonly configuration?: Readonly<Record<string, string>>;
  } = {},
) {
  await using organization = await startOrganization(policies);
  const mocks = { call: () => ({}), newResource: () => ({ id: undefined, state: {} }) };
  await pulumi.runtime.setMocks(mocks, "signin-groups", "dev", options.preview ?? false);
  pulumi.runtime.setAllConfig({
    "gcp:orgPolicyCustomEndpoint": organization.endpoint,
    ...(options.configuration ?? { "gcp:accessToken": DEPLOYER_TOKEN }),
  });
  const faults: string[] = [];
  const warnings: string[] = [];
  const notes: string[] = [];
  await checkHosting({
    name: "signin-groups",
    project: "acme-identity",
    settings: { ...defaultSettings, hosting },
    resources: options.resources ?? [],
    fault: (setting, value, remedy) => void faults.push(`${setting} is ${String(value)}: ${remedy}`),
    unknown: (message) => void warnings.push(message),
    inform: (message) => void notes.push(message),
  });
  return { faults, warnings, notes, requests: organization.requests };
}

const nothing = { faults: [], warnings: [], notes: [] };

describe("an organization policy", () => {
  it.each([
    ["with a list of domains", { [domains]: [{ values: { allowedValues: ["C0123abcd"] } }] }, domains],
    ["that denies all domains", { [domains]: [{ denyAll: true }] }, domains],
    ["with a list of members", { [members]: [{ enforce: true, parameters: onlyOurs }] }, members],
  ])("%s forbids hosting: functions, and allows service", async (_name, policies, constraint) => {
    const { faults } = await check("functions", policies);
    expect(faults).toEqual([
      expect.stringContaining(
        `hosting is functions: the organization policy constraints/${constraint} of the project acme-identity`,
      ),
    ]);
    expect(faults[0]?.endsWith(`or run: ${toService}`)).toBe(true);
    expect(await check("service", policies)).toMatchObject(nothing);
  });

  it("that requires IAM of each service forbids hosting: service, and allows functions", async () => {
    const policies = { [invokerIam]: [{ enforce: true }] };
    const { faults } = await check("service", policies);
    expect(faults).toEqual([
      expect.stringContaining(`hosting is service: the organization policy constraints/${invokerIam}`),
    ]);
    expect(faults[0]).toContain("A load balancer (hookUrl) does not change that");
    expect(faults[0]?.endsWith(`or run: ${toFunctions}`)).toBe(true);
    expect(await check("functions", policies)).toMatchObject(nothing);
  });

  it("of each kind forbids both, and neither error proposes the other hosting", async () => {
    const policies = {
      [domains]: [{ values: { allowedValues: ["C0123abcd"] } }],
      [invokerIam]: [{ enforce: true }],
    };
    const { faults: functions } = await check("functions", policies);
    expect(functions).toEqual([
      expect.stringContaining(`constraints/${invokerIam} forbids hosting: service, too.`),
    ]);
    const { faults: service } = await check("service", policies);
    expect(service).toEqual([expect.stringContaining("hosting: functions is forbidden, too.")]);
    for (const fault of [...functions, ...service]) {
      expect(fault).toContain("an exception from constraints/");
      expect(fault).not.toContain("pulumi config set");
    }
  });

  const allowing: readonly (readonly [string, Policies])[] = [
    ["without rules", {}],
    [
      "without effect",
      { [domains]: [{ allowAll: true }], [members]: [{ enforce: false }], [invokerIam]: [{}] },
    ],
    [
      "that names allUsers",
      { [members]: [{ enforce: true, parameters: { allowedMemberSubjects: ["allUsers"] } }] },
    ],
  ];
  it.each(allowing)("%s allows both", async (_name, policies) => {
    expect(await check("functions", policies)).toMatchObject(nothing);
    expect(await check("service", policies)).toMatchObject(nothing);
  });

  it("is reported by a preview: which hosting it allows", async () => {
    const allowed = "The organization policies of the project acme-identity allow hosting:";
    const preview = { preview: true };
    expect((await check("functions", {}, preview)).notes).toEqual([
      `${allowed} functions, and allow hosting: service.`,
    ]);
    const policies = { [invokerIam]: [{ enforce: true }] };
    expect((await check("functions", policies, preview)).notes).toEqual([
      `${allowed} functions, and forbid hosting: service.`,
    ]);
    const unknown = { [members]: { status: 403, error: { message: "Denied." } } };
    expect((await check("service", unknown, preview)).notes).toEqual([`${allowed} service.`]);
  });

  const refused = (reason: string) => ({
    status: 403,
    error: { code: 403, message: "Denied.", details: [{ reason }] },
  });
  it.each([
    ["the permission is missing", refused("IAM_PERMISSION_DENIED"), "roles/orgpolicy.policyViewer"],
    [
      "the API is off",
      refused("SERVICE_DISABLED"),
      '"gcloud services enable orgpolicy.googleapis.com --project acme-identity"',
    ],
    ["Google has no answer", { status: 503, error: { message: "Later." } }, "Google answers 503: Later."],
  ])("that cannot be looked up, because %s, is one warning", async (_name, answer, reason) => {
    for (const hosting of ["functions", "service"] as const) {
      const policies = { [domains]: answer, [members]: answer, [invokerIam]: answer };
      const { faults, warnings, notes } = await check(hosting, policies, { preview: true });
      expect([faults, notes]).toEqual([[], []]);
      expect(warnings).toEqual([expect.stringContaining(`allow hosting: ${hosting} could not be looked up`)]);
      expect(warnings[0]).toContain(reason);
    }
  });

  it("that cannot be looked up for lack of credentials is one warning, and quotes nothing of them", async () => {
    const key = '{"type": "service_account", "private_key": "not-a-key';
    const configuration = { "gcp:credentials": key };
    const { warnings, requests } = await check("functions", {}, { configuration });
    expect(warnings).toEqual([
      expect.stringContaining("gcp:credentials, or GOOGLE_CREDENTIALS, must be a key in JSON"),
    ]);
    expect(warnings.join()).not.toContain(key);
    expect(requests).toEqual([]);
  });

  it("is looked up as who deploys, for the stack's project", async () => {
    const { requests } = await check("functions", {});
    expect(requests.map(({ method, url }) => `${method} ${url}`).sort()).toEqual(
      [domains, members, invokerIam].map(
        (constraint) => `GET /v2/projects/acme-identity/policies/${constraint}:getEffectivePolicy`,
      ),
    );
    for (const { headers } of requests) {
      expect(headers).toMatchObject({
        authorization: `Bearer ${DEPLOYER_TOKEN}`,
        "x-goog-user-project": "acme-identity",
      });
    }
  });

  const binding = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember";
  it.each([
    ["functions", binding, "signin-groups-okta-invokes-receive", 0],
    ["service", "gcp:cloudrunv2/service:Service", "signin-groups-receive", 0],
    ["service", binding, "signin-groups-okta-invokes-receive", 3],
    ["functions", "gcp:cloudrunv2/service:Service", "signin-groups-receive", 3],
  ] as const)(
    "is not looked up for a receiver that exists, and is before a move: hosting %s, with %s %s",
    async (hosting, type, name, count) => {
      const { requests } = await check(hosting, {}, { resources: [{ type, name, outputs: {} }] });
      expect(requests).toHaveLength(count);
    },
  );

  it("that forbids the hosting stops the program before it declares anything", async () => {
    const policies = { [domains]: [{ denyAll: true }] };
    const stopped = await declare({}, { policies });
    expect(stopped.error).toContain('The configuration has a mistake:\nhosting is "functions"');
    expect(stopped.error).toContain(toService);
    const declared = stopped.resources.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"));
    expect(declared).toEqual([]);
    const allowed = await declare({ "signin-groups:hosting": "service" }, { policies });
    expect(allowed.error).toBeUndefined();
  });
});
