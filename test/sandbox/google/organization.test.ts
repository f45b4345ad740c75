import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ALL_SERVICES, type Local, PARENT, PROJECT, startLocal } from "./local.ts";
import { archive, create, patch, serviceBody, upload } from "./run/deployed.ts";

let local: Local;
let account: string;
let source: object;

beforeAll(async () => {
  local = await startLocal([...ALL_SERVICES, "orgpolicy.googleapis.com"]);
  account = await local.account("runner");
  source = await upload(local, "hello.tar.gz", archive('(_, response) => response.end("hello")'));
  await create(local, "hello", serviceBody(account, source));
});
afterAll(() => local.google.close());
afterEach(() => {
  local.google.organization.allowedPolicyMemberDomains = undefined;
  local.google.organization.allowedPolicyMembers = undefined;
  local.google.organization.requireInvokerIam = false;
});

const service = `/v2/${PARENT}/services/hello`;
const bucket = "/storage/v1/b/service-source/iam";
const effective = async (constraint: string) =>
  (await local.call("GET", `/v2/projects/${PROJECT}/policies/${constraint}:getEffectivePolicy`)).body;

describe("an organization that restricts whom its members may share with", () => {
  it("refuses allUsers on a service of Cloud Run, by the real words, and takes an account of its own", async () => {
    local.google.organization.allowedPolicyMemberDomains = ["C0123abcd"];
    const refused = await local.grant(service, "roles/run.invoker", "allUsers");
    expect([refused.status, refused.body.error.status]).toEqual([400, "FAILED_PRECONDITION"]);
    expect(refused.body.error.message).toBe(
      "One or more users named in the policy do not belong to a permitted customer,  perhaps due to an organization policy.",
    );
    const taken = await local.grant(service, "roles/run.invoker", `serviceAccount:${account}`);
    expect(taken.status).toBe(200);
  });

  it("refuses allAuthenticatedUsers on a bucket, and says which constraint forbids it", async () => {
    local.google.organization.allowedPolicyMemberDomains = ["C0123abcd"];
    const bindings = [{ role: "roles/storage.objectViewer", members: ["allAuthenticatedUsers"] }];
    const { status, body } = await local.call("PUT", bucket, { bindings });
    expect([status, body.error.message]).toEqual([
      400,
      "One or more users named in the policy do not belong to a permitted customer.",
    ]);
    expect(body.error.details[0].violations[0].type).toBe("constraints/iam.allowedPolicyMemberDomains");
  });

  it("looks at members that were there before, too, whenever a policy is set", async () => {
    await local.grant(service, "roles/run.invoker", "allUsers");
    local.google.organization.allowedPolicyMemberDomains = ["C0123abcd"];
    expect((await local.grant(service, "roles/run.viewer", `serviceAccount:${account}`)).status).toBe(400);
    const { uri } = (await local.call("GET", service)).body;
    expect((await fetch(uri)).status).toBe(200);
    await local.call("POST", `${service}:setIamPolicy`, { policy: { bindings: [] } });
  });

  it("refuses allUsers by the managed constraint, unless it is an allowed subject", async () => {
    local.google.organization.allowedPolicyMembers = { subjects: [], principalSets: [] };
    const { body } = await local.grant(service, "roles/run.invoker", "allUsers");
    expect(body.error).toMatchObject({
      code: 400,
      status: "FAILED_PRECONDITION",
      message: expect.stringContaining("constraints/iam.managed.allowedPolicyMembers"),
    });
    local.google.organization.allowedPolicyMembers = { subjects: ["allUsers"], principalSets: [] };
    expect((await local.grant(service, "roles/run.invoker", "allUsers")).status).toBe(200);
    await local.call("POST", `${service}:setIamPolicy`, { policy: { bindings: [] } });
  });

  it("lets a service do without the check of who calls", async () => {
    local.google.organization.allowedPolicyMemberDomains = ["C0123abcd"];
    const body = serviceBody(account, source, { service: { invokerIamDisabled: true } });
    const open = await create(local, "open", body);
    expect(await (await fetch(open.service.body.uri)).text()).toBe("hello");
  });
});

it("refuses a service without the check of who calls where the organization requires it, when made and when changed", async () => {
  local.google.organization.requireInvokerIam = true;
  const open = serviceBody(account, source, { service: { invokerIamDisabled: true } });
  for (const { operation } of [await create(local, "refused", open), await patch(local, "hello", open)]) {
    expect(operation.body.error).toMatchObject({
      code: 400,
      status: "FAILED_PRECONDITION",
      message: expect.stringContaining(
        "invoker_iam_disabled is not currently available for your organization",
      ),
    });
  }
  expect((await create(local, "closed", serviceBody(account, source))).operation.body.error).toBeUndefined();
});

describe("the policy in force", () => {
  const name = (constraint: string) => `projects/${local.google.projectNumber}/policies/${constraint}`;

  it("is answered for each constraint, with the project's number, and allows all unless it was set", async () => {
    const rules = async (constraint: string) => {
      const policy = await effective(constraint);
      expect(policy.name).toBe(name(constraint));
      return policy.spec.rules;
    };
    const all = () =>
      Promise.all(
        [
          "iam.allowedPolicyMemberDomains",
          "iam.managed.allowedPolicyMembers",
          "run.managed.requireInvokerIam",
        ].map(rules),
      );
    expect(await all()).toEqual([[{ allowAll: true }], [{ enforce: false }], [{ enforce: false }]]);
    const { organization } = local.google;
    organization.allowedPolicyMemberDomains = ["C0123abcd"];
    organization.allowedPolicyMembers = { subjects: ["allUsers"], principalSets: ["//x/organizations/1"] };
    organization.requireInvokerIam = true;
    const parameters = { allowedMemberSubjects: ["allUsers"], allowedPrincipalSets: ["//x/organizations/1"] };
    expect(await all()).toEqual([
      [{ values: { allowedValues: ["C0123abcd"] } }],
      [{ enforce: true, parameters }],
      [{ enforce: true }],
    ]);
    organization.allowedPolicyMemberDomains = [];
    expect(await rules("iam.allowedPolicyMemberDomains")).toEqual([{ denyAll: true }]);
  });

  it("is refused for a constraint that does not exist, and without the API", async () => {
    expect((await effective("run.unheardOf")).error.code).toBe(404);
    const bare = await startLocal([]);
    const path = `/v2/projects/${PROJECT}/policies/run.managed.requireInvokerIam:getEffectivePolicy`;
    const { body } = await bare.call("GET", path);
    await bare.google.close();
    expect(body.error.details[0].reason).toBe("SERVICE_DISABLED");
  });
});
