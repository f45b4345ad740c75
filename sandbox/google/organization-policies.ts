import type { Api, Cloud } from "./cloud.ts";
import { notFound } from "./errors.ts";
import type { AllowedMembers } from "./organization.ts";

/** The look-up of organization policies (Organization Policy API, REST reference v2). */
export function createOrganizationPolicies(cloud: Cloud): Api {
  const { organization } = cloud;
  const rules = new Map<string, () => object>([
    ["iam.allowedPolicyMemberDomains", () => listRule(organization.allowedPolicyMemberDomains)],
    ["iam.managed.allowedPolicyMembers", () => membersRule(organization.allowedPolicyMembers)],
    ["run.managed.requireInvokerIam", () => ({ enforce: organization.requireInvokerIam })],
    ["gcp.resourceLocations", () => listRule(cloud.locations.allowed)],
  ]);
  return {
    leftovers: () => [],
    routes: [
      /**
       * @decision The policy of a constraint that is in force for a project is read for orgpolicy.policy.get, and answered with
       * the project's number and one rule, also where no policy is set: then the constraint's default.
       * @evidence documentation: google.golang.org/api v0.290.0, orgpolicy/v2/orgpolicy-api.json, projects.policies.getEffectivePolicy:
       * "the result of merging policies in the resource hierarchy"; Policy.name: "responses will return the name using the
       * equivalent project number". Which rule stands for the default is assumed in this row: the program takes none for off, too.
       * @matters misleading: the preflight says which hosting the organization allows.
       */
      {
        method: "GET",
        path: "/v2/projects/{project}/policies/{policy}:getEffectivePolicy",
        service: "orgpolicy.googleapis.com",
        permission: "orgpolicy.policy.get",
        resource: () => `projects/${cloud.project}`,
        handle(call) {
          const constraint = call.parameter("policy");
          const name = `projects/${cloud.projectNumber}/policies/${constraint}`;
          const other = organization.others.get(constraint);
          const rule = rules.get(constraint) ?? (other && (() => other));
          /**
           * @decision A constraint that does not exist is refused with 404.
           * @evidence documentation: google.golang.org/api v0.290.0, orgpolicy/v2/orgpolicy-api.json, projects.policies.create:
           * "Returns NOT_FOUND if the constraint does not exist". Here those are known that the program asks for.
           * @matters sandbox only: the program asks for constraints that exist.
           */
          if (!rule) throw notFound(name);
          return { name, spec: { rules: [rule()] } };
        },
      },
    ],
  };
}

/** The rule of a constraint that lists what is allowed. */
function listRule(allowedValues: readonly string[] | undefined): object {
  if (allowedValues === undefined) return { allowAll: true };
  return allowedValues.length === 0 ? { denyAll: true } : { values: { allowedValues } };
}

function membersRule(allowed: AllowedMembers | undefined): object {
  if (allowed === undefined) return { enforce: false };
  const parameters = {
    allowedMemberSubjects: allowed.subjects,
    allowedPrincipalSets: allowed.principalSets,
  };
  return { enforce: true, parameters };
}
