import type { JsonObject } from "../../../function/shared/json.ts";
import { administrator } from "../auth/access-control.ts";
import { notFound, OktaError } from "../http/errors.ts";
import { choice, readObject, text } from "../http/fields.ts";
import { noContent, type Routes } from "../http/routes.ts";
import { idOfType, newId } from "../model/ids.ts";
import { groupRoleKey, groupRolesOf, type Org, roleAssignmentKey, roleAssignmentsOf } from "../model/org.ts";
import {
  type Assignable,
  type GroupRole,
  ROLE_LABELS,
  type RoleAssignment,
  STANDARD_ROLES,
} from "../model/roles.ts";
import { getGroup } from "./groups.ts";
import { getResourceSet } from "./resource-sets.ts";
import { getRole } from "./roles.ts";

/** Client role assignments API: list, assign, show, take away. */
export function addRoleAssignmentRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.roles.read");
  const manage = administrator(org, "okta.roles.manage");
  /**
   * @decision Roles of a client that is not there are answered with 404 E0000007.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listRolesForClient, 404. The kind
   *   (PublicClientApp) is the sandbox's.
   * @matters deployment fails: the provider does not take the 404 as gone: a refresh, an update or a destroy stops at
   *   it.
   */
  const requireClient = (clientId: string): string => {
    if (!org.apps.has(clientId)) throw notFound(clientId, "PublicClientApp");
    return clientId;
  };
  /**
   * @decision An assignment that is not there is answered with 404 E0000007 and the kind (RoleAssignment).
   * @evidence recorded: okta/terraform-provider-okta v6.12.0,
   *   test/fixtures/vcr/idaas/TestAccResourceOktaAdminRoleTargets_crud.
   * @matters deployment fails: the provider does not take the 404 as gone: a refresh, an update or a destroy stops at
   *   it.
   */
  const get = (clientId: string, id: string): RoleAssignment => {
    const assignment = org.roleAssignments.get(roleAssignmentKey({ clientId: requireClient(clientId), id }));
    if (assignment === undefined) throw notFound(id, "RoleAssignment");
    return assignment;
  };

  /**
   * @decision The roles of a client are listed in one answer.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listRolesForClient.
   * @matters wrong access: a role that Okta gave an app by itself would show there.
   */
  routes.get("/oauth2/v1/clients/:clientId/roles", read, (context) => {
    const assignments = roleAssignmentsOf(org, requireClient(context.req.param("clientId")));
    return Response.json(assignments.map((assignment) => assignmentDocument(org, assignment)));
  });

  /**
   * @decision A role that is given to a client is answered with 201.
   * @evidence recorded: okta/terraform-provider-okta v6.12.0
   * test/fixtures/vcr/idaas/TestAccResourceOktaAppOAuthRoleAssignment_basic
   * @matters deployment fails: the provider takes any 2xx.
   */
  routes.post("/oauth2/v1/clients/:clientId/roles", manage, async (context) => {
    const clientId = requireClient(context.req.param("clientId"));
    const assignable = readAssignable(org, await readObject(context.req));
    if (roleAssignmentsOf(org, clientId).some((other) => isSame(other, assignable))) {
      throw new OktaError(409, "E0000090", "The role specified is already assigned to the user.");
    }
    const assignment: RoleAssignment = {
      ...assignable,
      id: assignable.type === "CUSTOM" ? newId("ra1") : idOfType(assignable.type),
      clientId,
      created: org.now(),
    };
    org.roleAssignments.set(roleAssignmentKey(assignment), assignment);
    return Response.json(assignmentDocument(org, assignment), { status: 201 });
  });

  /**
   * @decision A client's role assignment is read with 200 in the form in which it was answered when it was made.
   * @evidence recorded: okta/terraform-provider-okta v6.12.0,
   *   test/fixtures/vcr/idaas/TestAccResourceOktaAppOAuthRoleAssignment_basic (standard roles).
   * @matters deployment fails: another form shows as drift, and every input replaces.
   *
   * @decision The assignment of a custom role shows `role` and `resource-set`.
   * @evidence vendor-code: okta/terraform-provider-okta v6.12.0,
   *   okta/services/idaas/resource_okta_app_oauth_role_assignment.go (reads both).
   * @matters deployment fails: without them each refresh replaces the assignment.
   */
  routes.get("/oauth2/v1/clients/:clientId/roles/:id", read, (context) =>
    Response.json(assignmentDocument(org, get(context.req.param("clientId"), context.req.param("id")))),
  );

  /**
   * @decision A role is taken from a client with 204, and rights end at once.
   * @evidence recorded: okta/terraform-provider-okta v6.12.0,
   *   test/fixtures/vcr/idaas/TestAccResourceOktaAppOAuthRoleAssignment_basic (204).
   * @matters wrong access: a destroy or a revocation takes the rights away.
   */
  routes.delete("/oauth2/v1/clients/:clientId/roles/:id", manage, (context) => {
    org.roleAssignments.delete(
      roleAssignmentKey(get(context.req.param("clientId"), context.req.param("id"))),
    );
    return noContent();
  });
}

function readAssignable(org: Org, body: JsonObject): Assignable {
  const type = choice(body, "type", ["CUSTOM", ...STANDARD_ROLES]);
  if (type !== "CUSTOM") return { type };
  const role = getRole(org, text(body, "role"));
  const resourceSet = getResourceSet(org, text(body, "resource-set"));
  return { type, role: role.id, resourceSet: resourceSet.id };
}

function isSame(one: Assignable, other: Assignable): boolean {
  if (one.type !== "CUSTOM" || other.type !== "CUSTOM") return one.type === other.type;
  return one.role === other.role && one.resourceSet === other.resourceSet;
}

function assignmentDocument(org: Org, assignment: RoleAssignment): unknown {
  const time = new Date(assignment.created).toISOString();
  const custom =
    assignment.type === "CUSTOM" ? { role: assignment.role, "resource-set": assignment.resourceSet } : {};
  return {
    id: assignment.id,
    label: assignment.type === "CUSTOM" ? getRole(org, assignment.role).label : ROLE_LABELS[assignment.type],
    type: assignment.type,
    status: "ACTIVE",
    created: time,
    lastUpdated: time,
    assignmentType: "CLIENT",
    ...custom,
    _links: { assignee: { href: `${org.url}/oauth2/v1/clients/${assignment.clientId}` } },
  };
}

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
