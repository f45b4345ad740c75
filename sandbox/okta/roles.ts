import { administrator } from "./administration.ts";
import { requireUnbound } from "./bindings.ts";
import { duplicate, invalidField, notFound } from "./errors.ts";
import { type JsonObject, readObject, text, texts } from "./fields.ts";
import { newId } from "./ids.ts";
import { isPermission } from "./permissions.ts";
import { noContent, type Routes } from "./routes.ts";
import type { Org } from "./state.ts";

/** A role with permissions of one's own choice. */
export interface CustomRole {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly permissions: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly lastUpdated: number;
}

/**
 * By id or label.
 *
 * @throws OktaError E0000007 when there is none
 */
export function getRole(org: Org, idOrLabel: string): CustomRole {
  const role = org.roles.get(idOrLabel) ?? [...org.roles.values()].find(({ label }) => label === idOrLabel);
  if (role === undefined) throw notFound(idOrLabel, "CustomRole");
  return role;
}

/** Roles API: custom roles and their permissions. */
export function addRoleRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.roles.read");
  const manage = administrator(org, "okta.roles.manage");
  const change = (role: CustomRole, fields: Partial<CustomRole>): CustomRole => {
    const changed = { ...role, ...fields, lastUpdated: org.now() };
    org.roles.set(role.id, changed);
    return changed;
  };

  routes.post("/api/v1/iam/roles", manage, async (context) => {
    const body = await readObject(context.req);
    const permissions = new Set(texts(body, "permissions"));
    for (const permission of permissions) requirePermission(permission);
    const fields = { ...readLabel(body), id: newId("cr0"), permissions };
    requireUniqueLabel(org, fields);
    const role: CustomRole = { ...fields, created: org.now(), lastUpdated: org.now() };
    org.roles.set(role.id, role);
    return Response.json(roleDocument(org, role));
  });

  routes.get("/api/v1/iam/roles/:role", read, (context) =>
    Response.json(roleDocument(org, getRole(org, context.req.param("role")))),
  );

  routes.put("/api/v1/iam/roles/:role", manage, async (context) => {
    const role = getRole(org, context.req.param("role"));
    const fields = readLabel(await readObject(context.req));
    requireUniqueLabel(org, { ...fields, id: role.id });
    return Response.json(roleDocument(org, change(role, fields)));
  });

  routes.delete("/api/v1/iam/roles/:role", manage, (context) => {
    const role = getRole(org, context.req.param("role"));
    requireUnbound(org, "role", role.id);
    org.roles.delete(role.id);
    return noContent();
  });

  routes.get("/api/v1/iam/roles/:role/permissions", read, (context) => {
    const role = getRole(org, context.req.param("role"));
    const href = `${org.url}/api/v1/iam/roles/${role.id}`;
    const permissions = [...role.permissions].map((label) => ({
      label,
      created: new Date(role.created).toISOString(),
      lastUpdated: new Date(role.lastUpdated).toISOString(),
      _links: { self: { href: `${href}/permissions/${label}` }, role: { href } },
    }));
    return Response.json({ permissions });
  });

  routes.post("/api/v1/iam/roles/:role/permissions/:permission", manage, (context) => {
    const role = getRole(org, context.req.param("role"));
    const permission = context.req.param("permission");
    requirePermission(permission);
    change(role, { permissions: new Set([...role.permissions, permission]) });
    return noContent();
  });

  routes.delete("/api/v1/iam/roles/:role/permissions/:permission", manage, (context) => {
    const role = getRole(org, context.req.param("role"));
    const permission = context.req.param("permission");
    if (!role.permissions.has(permission)) throw notFound(permission, "Permission");
    change(role, { permissions: new Set([...role.permissions].filter((one) => one !== permission)) });
    return noContent();
  });
}

function readLabel(body: JsonObject): Pick<CustomRole, "label" | "description"> {
  return { label: text(body, "label", 255), description: text(body, "description") };
}

function requirePermission(name: string): void {
  if (!isPermission(name)) throw invalidField("permissions", `There is no permission '${name}'`);
}

function requireUniqueLabel(org: Org, role: Pick<CustomRole, "id" | "label">): void {
  for (const other of org.roles.values()) {
    if (other.id !== role.id && other.label === role.label) throw duplicate("label");
  }
}

function roleDocument(org: Org, role: CustomRole): unknown {
  const href = `${org.url}/api/v1/iam/roles/${role.id}`;
  return {
    id: role.id,
    label: role.label,
    description: role.description,
    created: new Date(role.created).toISOString(),
    lastUpdated: new Date(role.lastUpdated).toISOString(),
    _links: { self: { href }, permissions: { href: `${href}/permissions` } },
  };
}
