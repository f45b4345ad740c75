import { notFound, OktaError } from "./errors.ts";
import { choice, type JsonObject, readObject, text } from "./fields.ts";
import { newId } from "./ids.ts";
import { getResourceSet } from "./resource-sets.ts";
import { getRole } from "./roles.ts";
import { noContent, type Routes, superAdministrator } from "./routes.ts";
import type { Org } from "./state.ts";

/** The standard roles that an app can have (Okta, "Client role assignments API"). */
const STANDARD_ROLES = [
  "SUPER_ADMIN",
  "ORG_ADMIN",
  "APP_ADMIN",
  "USER_ADMIN",
  "GROUP_MEMBERSHIP_ADMIN",
  "HELP_DESK_ADMIN",
  "API_ACCESS_MANAGEMENT_ADMIN",
  "READ_ONLY_ADMIN",
  "REPORT_ADMIN",
] as const;

/** A role that an app has: a standard one for the whole org, or a custom one for a resource set. */
export type RoleAssignment = {
  readonly id: string;
  readonly clientId: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
} & Assignable;

type Assignable =
  | { readonly type: (typeof STANDARD_ROLES)[number] }
  | { readonly type: "CUSTOM"; readonly role: string; readonly resourceSet: string };

/** The roles of an app. */
export function roleAssignmentsOf(org: Org, clientId: string): readonly RoleAssignment[] {
  return [...org.roleAssignments.values()].filter((assignment) => assignment.clientId === clientId);
}

/** Client role assignments API: list, assign, show, take away. */
export function addRoleAssignmentRoutes(routes: Routes, org: Org): void {
  const requireClient = (clientId: string): string => {
    if (!org.apps.has(clientId)) throw notFound(clientId, "PublicClientApp");
    return clientId;
  };
  const get = (clientId: string, id: string): RoleAssignment => {
    const assignment = org.roleAssignments.get(id);
    if (assignment?.clientId !== requireClient(clientId)) throw notFound(id, "RoleAssignment");
    return assignment;
  };

  routes.get("/oauth2/v1/clients/:clientId/roles", superAdministrator, (context) => {
    const assignments = roleAssignmentsOf(org, requireClient(context.req.param("clientId")));
    return Response.json(assignments.map((assignment) => assignmentDocument(org, assignment)));
  });

  routes.post("/oauth2/v1/clients/:clientId/roles", superAdministrator, async (context) => {
    const clientId = requireClient(context.req.param("clientId"));
    const assignable = readAssignable(org, await readObject(context.req));
    if (roleAssignmentsOf(org, clientId).some((other) => isSame(other, assignable))) {
      throw new OktaError(409, "E0000090", "The role specified is already assigned to the user.");
    }
    const assignment: RoleAssignment = { ...assignable, id: newId("ra1"), clientId, created: org.now() };
    org.roleAssignments.set(assignment.id, assignment);
    return Response.json(assignmentDocument(org, assignment));
  });

  routes.get("/oauth2/v1/clients/:clientId/roles/:id", superAdministrator, (context) =>
    Response.json(assignmentDocument(org, get(context.req.param("clientId"), context.req.param("id")))),
  );

  routes.delete("/oauth2/v1/clients/:clientId/roles/:id", superAdministrator, (context) => {
    org.roleAssignments.delete(get(context.req.param("clientId"), context.req.param("id")).id);
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
    label: assignment.type === "CUSTOM" ? getRole(org, assignment.role).label : assignment.type,
    type: assignment.type,
    status: "ACTIVE",
    created: time,
    lastUpdated: time,
    assignmentType: "CLIENT",
    ...custom,
    _links: { assignee: { href: `${org.url}/oauth2/v1/clients/${assignment.clientId}` } },
  };
}
