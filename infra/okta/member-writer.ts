import * as okta from "@pulumi/okta";
import * as pulumi from "@pulumi/pulumi";
import { resourceSetNamed, roleNamed } from "./names.ts";
import { createServiceApp, type ServiceApp, type ServiceAppArgs } from "./service-app.ts";

/**
 * The app as which `grant` writes memberships. It may do one thing: list and manage the members of the rules' groups. A
 * custom role over a resource set of just these groups is the narrowest (Okta, "Custom admin roles"). The users are in
 * the set because adding a member needs rights on the user, too.
 */
export function createMemberWriter(
  name: string,
  args: ServiceAppArgs & { readonly groupIds: pulumi.Output<string>[] },
  options: pulumi.CustomResourceOptions,
): ServiceApp {
  const { orgUrl, stack } = args;
  const label = `${name} (${stack})`;
  const roleNames = roleNamed(name, stack);
  const role = new okta.AdminRoleCustom(
    roleNames.resource,
    {
      label: roleNames.name,
      description: "Lists the members of the groups in its resource set, and adds people to them.",
      permissions: ["okta.groups.members.manage", "okta.groups.read", "okta.users.groupMembership.manage"],
    },
    options,
  );
  const resourceSetNames = resourceSetNamed(name, stack);
  const resourceSet = new okta.ResourceSet(
    resourceSetNames.resource,
    {
      label: resourceSetNames.name,
      description: "The groups that people get into by signing in, and all people.",
      resources: pulumi
        .all(args.groupIds)
        .apply((ids) => [`${orgUrl}/api/v1/users`, ...ids.map((id) => `${orgUrl}/api/v1/groups/${id}`)]),
    },
    options,
  );
  return createServiceApp(
    { app: `${name}-service-app`, scopes: `${name}-scopes`, roleAssignment: `${name}-role-assignment` },
    {
      ...args,
      label,
      // It includes reading.
      scopes: ["okta.groups.manage"],
      role: {
        assignment: { type: "CUSTOM", role: role.id, resourceSet: resourceSet.id },
        parts: [role, resourceSet],
      },
    },
    options,
  );
}
