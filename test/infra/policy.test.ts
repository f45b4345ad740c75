import {
  type PolicyResource,
  type ResourceValidationArgs,
  type StackValidationArgs,
  unknownCheckingProxy,
} from "@pulumi/policy";
import { unknownValue } from "@pulumi/pulumi/runtime/rpc.js";
import { describe, expect, it } from "vitest";
import { onlyReceiverIsPublic } from "../../infra/policy/public-invoker.ts";
import { noOrganizationWideRole } from "../../infra/policy/service-app-role.ts";

/** A resource as a policy sees it, as far as these look: what it may not know yet throws when it is read. */
function resource(type: string, props: object, dependsOn: readonly PolicyResource[] = []): PolicyResource {
  const seen = { type, name: "it", urn: `urn:${type}`, props: unknownCheckingProxy(props) };
  // The rest of a resource is nothing that these policies ask for.
  return { ...seen, propertyDependencies: { name: dependsOn } } as unknown as PolicyResource;
}

/** What the policy on one resource says. */
function reportsOf(type: string, props: object): string[] {
  const reports: string[] = [];
  const { validateResource } = noOrganizationWideRole;
  if (typeof validateResource !== "function") throw new Error("The policy is no single function");
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

describe("the policy on public functions", () => {
  const deployed = (entryPoint: string) =>
    resource("gcp:cloudfunctionsv2/function:Function", { buildConfig: { entryPoint } });

  /** What the policy says when somebody may invoke a function. */
  function reportsFor(entryPoint: string, who: { member: string } | { members: string[] }): string[] {
    const reports: string[] = [];
    const type = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember";
    const binding = resource(type, { role: "roles/run.invoker", ...who }, [deployed(entryPoint)]);
    const others = [resource(type, { role: "roles/run.invoker", member: unknownValue })];
    const stack = { resources: [...others, binding] } as unknown as StackValidationArgs;
    onlyReceiverIsPublic.validateStack(stack, (message) => {
      reports.push(message);
    });
    return reports;
  }

  it("lets everybody invoke the receiver, and accounts the others", () => {
    expect(reportsFor("receive", { member: "allUsers" })).toEqual([]);
    for (const name of ["grant", "reconcile"]) {
      expect(reportsFor(name, { member: "serviceAccount:a@b" })).toEqual([]);
      expect(reportsFor(name, { member: unknownValue })).toEqual([]);
      expect(reportsFor(name, { members: [unknownValue, "serviceAccount:a@b"] })).toEqual([]);
    }
  });

  it.each([
    ["grant", { member: "allUsers" }],
    ["grant", { member: "allAuthenticatedUsers" }],
    ["reconcile", { member: "allUsers" }],
    ["reconcile", { members: [unknownValue, "allAuthenticatedUsers"] }],
  ])("refuses that %s is invoked by %j, whatever is not known yet", (entryPoint, who) => {
    expect(reportsFor(entryPoint, who)).toEqual([
      expect.stringContaining("lets everybody invoke a private function"),
    ]);
  });
});
