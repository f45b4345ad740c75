import { notFound } from "../errors.ts";
import type { Call, Route } from "../routes.ts";
import type { Policies } from "./policies.ts";

/** How one kind of resource lets its policy be read and set. */
export interface PolicyRoutesOptions {
  readonly service: string;
  /** The path of the resource, such as `/v2/projects/{project}/queues/{queue}`. */
  readonly path: string;
  /** Google's APIs differ: some read a policy by GET, some by POST. */
  readonly readMethod: "GET" | "POST";
  /** The permissions are `<permission>.getIamPolicy` and `<permission>.setIamPolicy`. */
  readonly permission: string;
  resource(call: Call): string;
  exists(resource: string): boolean;
  /** How permissions of roles that can be granted here begin; "" lets every role pass. */
  readonly grantable: string;
}

/** The methods `:getIamPolicy` and `:setIamPolicy` of one kind of resource. */
export function policyRoutes(policies: Policies, options: PolicyRoutesOptions): readonly Route[] {
  /**
   * @decision The policy of a resource that is not there is refused with 404.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/tpgiamresource/resource_iam_member.go, Read: HandleNotFoundError drops the membership.
   * @matters deployment fails: a refresh after a deletion by hand goes on.
   */
  function existing(call: Call): string {
    const resource = options.resource(call);
    if (!options.exists(resource)) throw notFound(resource);
    return resource;
  }
  return [
    /**
     * @decision A policy is read by :getIamPolicy, by GET or POST as the service has it, and answered with its etag.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2, google-beta/tpgiamresource/iam.go,
     * iamPolicyReadModifyWrite; each service's iam_*.go has the method. Here the requested version is not read:
     * conditions are always answered.
     * @matters deployment fails: the provider changes what it read.
     */
    {
      method: options.readMethod,
      path: `${options.path}:getIamPolicy`,
      service: options.service,
      permission: `${options.permission}.getIamPolicy`,
      resource: options.resource,
      handle: (call) => policies.get(existing(call)),
    },
    /**
     * @decision A policy is set as a whole by a POST to :setIamPolicy, and answered.
     * @evidence documentation: googleapis/googleapis f8291d2, google/iam/v1/iam_policy.proto, SetIamPolicy: "Replaces
     * any existing policy".
     * @matters wrong access: memberships of other programs stay since the provider puts them back.
     */
    {
      method: "POST",
      path: `${options.path}:setIamPolicy`,
      service: options.service,
      permission: `${options.permission}.setIamPolicy`,
      resource: options.resource,
      handle: (call) => policies.set(existing(call), call.fields().object("policy"), options.grantable),
    },
  ];
}
