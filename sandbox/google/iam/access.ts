import { GoogleError } from "../errors.ts";
import { holds, type Policies } from "./policies.ts";
import { permissionsOf } from "./roles.ts";
import { isMember, type Principal } from "./tokens.ts";

/** Decides who may do what, from the policies of a resource and of all above it (IAM, Resource hierarchy). */
export interface Access {
  allowed(principal: Principal, permission: string, resource: string): boolean;
  /** @throws GoogleError 403 naming permission and resource */
  require(principal: Principal, permission: string, resource: string): void;
}

/**
 * Makes the decisions of a project from its policies. The owner may do everything.
 * @param project the project of buckets, whose names say none: `projects/_/buckets/…`
 */
export function createAccess(policies: Policies, project: string): Access {
  function allowed(principal: Principal, permission: string, resource: string): boolean {
    if (principal.kind === "owner") return true;
    return withAncestors(resource).some((name) =>
      policies
        .inForce(name === "projects/_" ? `projects/${project}` : name)
        .bindings.some(
          (binding) =>
            permissionsOf(binding.role)?.includes(permission) &&
            binding.members.some((member) => isMember(principal, member)) &&
            (binding.condition === undefined || holds(binding.condition, resource)),
        ),
    );
  }

  return {
    allowed,
    /**
     * @decision A caller who lacks a permission is refused with 403; the message names the permission and the resource,
     * and does not say whether it exists.
     * @evidence recorded: CrowdStrike/falcon-integration-gateway pull request 98: "403 Permission '…' denied on
     * resource '…' (or it may not exist)." Not every service has these words or the details.
     * @matters misleading: what a person sees when a right is missing.
     */
    require(principal, permission, resource) {
      if (allowed(principal, permission, resource)) return;
      throw new GoogleError(
        "PERMISSION_DENIED",
        `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`,
        [
          {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            reason: "IAM_PERMISSION_DENIED",
            domain: "iam.googleapis.com",
            metadata: { permission, resource },
          },
        ],
      );
    },
  };
}

/** `a/1/b/2` and, above it, `a/1`: names go by pairs of collection and id. */
function withAncestors(resource: string): readonly string[] {
  const segments = resource.split("/");
  const names: string[] = [];
  for (let length = segments.length; length >= 2; length--) {
    if (length % 2 === 0) names.push(segments.slice(0, length).join("/"));
  }
  return names;
}
