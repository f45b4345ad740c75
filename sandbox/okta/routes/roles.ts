import { isIP } from "node:net";
import type { JsonObject } from "../../../function/shared/json.ts";
import { administrator } from "../auth/access-control.ts";
import { isPermission } from "../auth/rights.ts";
import { invalidField, notFound, OktaError } from "../http/errors.ts";
import { readObject, text, texts } from "../http/fields.ts";
import { noContent, type Routes } from "../http/routes.ts";
import { newId } from "../model/ids.ts";
import type { Org } from "../model/org.ts";
import type { CustomRole } from "../model/roles.ts";

/**
 * By id or label.
 *
 * @decision A custom role is found by id or label; one that is not there is 404 E0000007 and the kind (CustomRole).
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_role_api_it/…test_create_get_delete_role (by label, and after deletion).
 * @matters deployment fails: the provider drops the role from the state at a refresh.
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
  const answer = (role: CustomRole): Response =>
    Response.json(roleDocument(org, role), { headers: selfLink(hrefOf(org, role)) });
  const change = (role: CustomRole, fields: Partial<CustomRole>): CustomRole => {
    const changed = { ...role, ...fields, lastUpdated: org.now() };
    org.roles.set(role.id, changed);
    return changed;
  };

  /**
   * @decision A custom role is made with 200 from label, description and permissions.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_role_api_it/…test_create_get_delete_role.
   * @matters deployment fails: the program makes one.
   */
  routes.post("/api/v1/iam/roles", manage, async (context) => {
    const body = await readObject(context.req);
    const permissions = new Set(texts(body, "permissions"));
    for (const permission of permissions) requirePermission(permission);
    const fields = { ...readLabel(body), id: newId("cr0"), permissions };
    requireUniqueLabel(org, fields);
    const role: CustomRole = { ...fields, created: org.now(), lastUpdated: org.now() };
    org.roles.set(role.id, role);
    return answer(role);
  });

  /**
   * @decision A custom role is read with 200, with `isCloneable` and a `self` link in the header.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_role_api_it/…test_create_get_delete_role.
   * @matters deployment fails: the provider reads label and description.
   */
  routes.get("/api/v1/iam/roles/:role", read, (context) => answer(getRole(org, context.req.param("role"))));

  /**
   * @decision Label and description of a custom role are replaced with 200.
   * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_role_api_it/…test_update_role.
   * @matters deployment fails: the provider changes the description so.
   */
  routes.put("/api/v1/iam/roles/:role", manage, async (context) => {
    const role = getRole(org, context.req.param("role"));
    const fields = readLabel(await readObject(context.req));
    requireUniqueLabel(org, { ...fields, id: role.id });
    return answer(change(role, fields));
  });

  /**
   * @decision A custom role is deleted with 204.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_role_api_it/…test_create_get_delete_role.
   * @matters deployment fails: a destroy ends with it.
   */
  routes.delete("/api/v1/iam/roles/:role", manage, (context) => {
    const role = getRole(org, context.req.param("role"));
    requireUnbound(org, "role", role.id);
    org.roles.delete(role.id);
    return noContent();
  });

  /**
   * @decision Each permission of a role is listed with its label and `conditions`, null when there are none.
   * @evidence recorded: okta/terraform-provider-okta v6.12.0
   * test/fixtures/vcr/idaas/TestAccResourceOktaAdminRoleCustom_crud
   * @matters deployment fails: the provider compares the labels with those declared.
   */
  routes.get("/api/v1/iam/roles/:role/permissions", read, (context) => {
    const role = getRole(org, context.req.param("role"));
    const href = hrefOf(org, role);
    const permissions = [...role.permissions].map((label) => ({
      label,
      created: new Date(role.created).toISOString(),
      lastUpdated: new Date(role.lastUpdated).toISOString(),
      conditions: null,
      _links: { self: { href: `${href}/permissions/${label}` }, role: { href } },
    }));
    return Response.json({ permissions });
  });

  /**
   * @decision A permission is added to a custom role with 204.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_role_api_it/…test_role_permissions_operations.
   * @matters deployment fails: the provider adds one after the other.
   */
  routes.post("/api/v1/iam/roles/:role/permissions/:permission", manage, (context) => {
    const role = getRole(org, context.req.param("role"));
    const permission = context.req.param("permission");
    requirePermission(permission);
    change(role, { permissions: new Set([...role.permissions, permission]) });
    return noContent();
  });

  /**
   * @decision A permission is taken from a custom role with 204.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_role_api_it/…test_role_permissions_operations.
   * @matters wrong access: the provider takes away what is not declared any more.
   *
   * @decision A permission that a role does not hold is answered with 404 E0000007.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, deleteRolePermission, 404.
   * @matters sandbox only: the provider takes away only what it read.
   */
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

/**
 * @decision A permission that Okta does not have is refused with 400 E0000001.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, createRole, 400; Okta, "Permissions in Okta".
 * @matters deployment fails: the program's permissions are of the list.
 */
function requirePermission(name: string): void {
  if (!isPermission(name)) throw invalidField("permissions", `There is no permission '${name}'`);
}

/**
 * @decision Two custom roles can't have the same label: 400 E0000001.
 * @evidence recorded: okta/okta-sdk-python v3.4.4
 * tests/integration/cassettes/test_role_api_it/…test_role_error_handling
 * @matters deployment fails: a second stack with the same label fails with this.
 */
function requireUniqueLabel(org: Org, role: Pick<CustomRole, "id" | "label">): void {
  for (const other of org.roles.values()) {
    if (other.id !== role.id && other.label === role.label) {
      throw invalidField("label", "There is already an admin role with this name.");
    }
  }
}

function hrefOf(org: Org, role: CustomRole): string {
  return `${adminUrlOf(org.url)}/api/v1/iam/roles/${role.id}`;
}

function roleDocument(org: Org, role: CustomRole): unknown {
  const href = hrefOf(org, role);
  return {
    id: role.id,
    label: role.label,
    isCloneable: false,
    description: role.description,
    created: new Date(role.created).toISOString(),
    lastUpdated: new Date(role.lastUpdated).toISOString(),
    _links: { self: { href }, permissions: { href: `${href}/permissions` } },
  };
}

/**
 * The address of an org's admin console, where links of the Roles API point: `https://acme-admin.okta.com` for
 * `https://acme.okta.com`. A loopback address has no name to be changed so; `admin.localhost` stands in for it (RFC 6761).
 *
 * @decision Links in answers about custom roles are on the admin console's host, not on the org's.
 * @evidence recorded: okta/terraform-provider-okta v6.12.0 test/fixtures/vcr/idaas/TestAccResourceOktaAdminRoleCustom_crud
 * @matters sandbox only: nothing of the product follows these links.
 */
function adminUrlOf(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  const [name = "", ...domain] = hostname.split(".");
  const host = isIP(hostname) === 0 ? [`${name}-admin`, ...domain].join(".") : "admin.localhost";
  return `${protocol}//${host}${port === "" ? "" : `:${port}`}`;
}

/**
 * Roles and resource sets can't be deleted while an assignment binds them.
 *
 * @decision A custom role or a resource set that an assignment binds can't be deleted: 400 E0000001.
 * @evidence assumed: neither documentation nor a recording was found for the deletion of a bound role or set.
 * @show what happens to an assignment whose role or resource set is deleted by hand: a refusal, or the assignment goes
 *   too.
 * @matters deployment fails: a destroy deletes the apps, and with them the assignments, before roles and resource sets.
 *
 * @throws OktaError E0000001 when one does
 */
export function requireUnbound(org: Org, part: "role" | "resourceSet", id: string): void {
  const bound = [...org.roleAssignments.values()].filter(
    (assignment) => assignment.type === "CUSTOM" && assignment[part] === id,
  );
  if (bound.length === 0) return;
  throw new OktaError(400, "E0000001", `Api validation failed: ${id}`, {
    causes: bound.map((assignment) => `${id}: It is bound by role assignment ${assignment.id}`),
  });
}

/** The header by which an answer names its own address, as the Roles and Resource Sets APIs do. */
export function selfLink(href: string): { readonly link: string } {
  return { link: `<${href}>; rel="self"` };
}
