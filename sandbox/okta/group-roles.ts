import { administrator } from "./administration.ts";
import { STANDARD_ROLES } from "./assignments.ts";
import { OktaError } from "./errors.ts";
import { choice, readObject } from "./fields.ts";
import { getGroup } from "./groups.ts";
import { newId } from "./ids.ts";
import { noContent, type Routes } from "./routes.ts";
import type { Org } from "./state.ts";

/** A standard admin role that everybody in a group has. */
export interface GroupRole {
  readonly id: string;
  readonly groupId: string;
  readonly type: (typeof STANDARD_ROLES)[number];
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** The roles that a group holds. */
export function groupRolesOf(org: Org, groupId: string): readonly GroupRole[] {
  return [...org.groupRoles.values()].filter((role) => role.groupId === groupId);
}

/** Group role assignments API: list, assign, take away. */
export function addGroupRoleRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.roles.read");
  const manage = administrator(org, "okta.roles.manage");

  routes.get("/api/v1/groups/:id/roles", read, (context) => {
    const { id } = getGroup(org, context.req.param("id"));
    return Response.json(groupRolesOf(org, id).map((role) => roleDocument(org, role)));
  });

  routes.post("/api/v1/groups/:id/roles", manage, async (context) => {
    const { id: groupId } = getGroup(org, context.req.param("id"));
    const type = choice(await readObject(context.req), "type", STANDARD_ROLES);
    if (groupRolesOf(org, groupId).some((role) => role.type === type)) {
      throw new OktaError(409, "E0000090", "The role specified is already assigned to the user.");
    }
    const role: GroupRole = { id: newId("gra"), groupId, type, created: org.now() };
    org.groupRoles.set(role.id, role);
    return Response.json(roleDocument(org, role));
  });

  routes.delete("/api/v1/groups/:id/roles/:role", manage, (context) => {
    const { id } = getGroup(org, context.req.param("id"));
    const role = groupRolesOf(org, id).find((one) => one.id === context.req.param("role"));
    if (role !== undefined) org.groupRoles.delete(role.id);
    return noContent();
  });
}

function roleDocument(org: Org, { id, groupId, type, created }: GroupRole): unknown {
  const time = new Date(created).toISOString();
  return {
    id,
    label: labelOf(type),
    type,
    status: "ACTIVE",
    created: time,
    lastUpdated: time,
    assignmentType: "GROUP",
    _links: { assignee: { href: `${org.url}/api/v1/groups/${groupId}` } },
  };
}

/** In Okta's words, such as "Super Administrator". */
function labelOf(type: string): string {
  const words = type
    .replace(/_ADMIN$/, "_ADMINISTRATOR")
    .toLowerCase()
    .split("_");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
}
