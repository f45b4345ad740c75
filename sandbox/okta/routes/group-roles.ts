import { administrator } from "../auth/access-control.ts";
import { OktaError } from "../http/errors.ts";
import { choice, readObject } from "../http/fields.ts";
import { noContent, type Routes } from "../http/routes.ts";
import { idOfType, newId } from "../model/ids.ts";
import { groupRoleKey, groupRolesOf, type Org } from "../model/org.ts";
import { type GroupRole, ROLE_LABELS, STANDARD_ROLES } from "../model/roles.ts";
import { getGroup } from "./groups.ts";

/** The roles that can be limited to targets, and go by their type. */
const HAVE_TARGETS: readonly string[] = [
  "APP_ADMIN",
  "USER_ADMIN",
  "GROUP_MEMBERSHIP_ADMIN",
  "HELP_DESK_ADMIN",
];

/** Group role assignments API: list, assign, take away. */
export function addGroupRoleRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.roles.read");
  const manage = administrator(org, "okta.roles.manage");

  /**
   * @decision The admin roles of a group are listed in one answer.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_groups_it/…test_group_roles_operations.
   * @matters wrong access: the preview refuses a group that holds one.
   */
  routes.get("/api/v1/groups/:id/roles", read, (context) => {
    const { id } = getGroup(org, context.req.param("id"));
    return Response.json(groupRolesOf(org, id).map((role) => roleDocument(org, role)));
  });

  /**
   * @decision A role that a group has already is refused with 409 E0000090.
   * @evidence documentation: okta/okta-developer-docs 468de9c, data/error-codes.json, E0000090.
   * @matters sandbox only: only tests give roles to groups.
   */
  routes.post("/api/v1/groups/:id/roles", manage, async (context) => {
    const { id: groupId } = getGroup(org, context.req.param("id"));
    const type = choice(await readObject(context.req), "type", STANDARD_ROLES);
    if (groupRolesOf(org, groupId).some((role) => role.type === type)) {
      throw new OktaError(409, "E0000090", "The role specified is already assigned to the user.");
    }
    const id = HAVE_TARGETS.includes(type) ? idOfType(type) : newId("gra");
    const role: GroupRole = { id, groupId, type, created: org.now() };
    org.groupRoles.set(groupRoleKey(role), role);
    /**
     * @decision A role that is given to a group is answered with 201.
     * @evidence recorded: okta/terraform-provider-okta v6.12.0
     * test/fixtures/vcr/idaas/TestAccResourceOktaGroupRole_admin_crud
     * @matters sandbox only: only tests give roles to groups.
     */
    return Response.json(roleDocument(org, role), { status: 201 });
  });

  /**
   * @decision A role is taken from a group with 204.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_groups_it/…test_group_roles_operations.
   * @matters sandbox only: only tests take roles from groups.
   */
  routes.delete("/api/v1/groups/:id/roles/:role", manage, (context) => {
    const { id } = getGroup(org, context.req.param("id"));
    const role = groupRolesOf(org, id).find((one) => one.id === context.req.param("role"));
    if (role !== undefined) org.groupRoles.delete(groupRoleKey(role));
    return noContent();
  });
}

function roleDocument(org: Org, { id, groupId, type, created }: GroupRole): unknown {
  const time = new Date(created).toISOString();
  return {
    id,
    label: ROLE_LABELS[type],
    type,
    status: "ACTIVE",
    created: time,
    lastUpdated: time,
    assignmentType: "GROUP",
    _links: { assignee: { href: `${org.url}/api/v1/groups/${groupId}` } },
  };
}
