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
  function existing(call: Call): string {
    const resource = options.resource(call);
    if (!options.exists(resource)) throw notFound(resource);
    return resource;
  }
  return [
    {
      method: options.readMethod,
      path: `${options.path}:getIamPolicy`,
      service: options.service,
      permission: `${options.permission}.getIamPolicy`,
      resource: options.resource,
      handle: (call) => policies.get(existing(call)),
    },
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
