import { invalidField } from "../http/errors.ts";
import { newId } from "../model/ids.ts";
import type { Org } from "../model/org.ts";
import type { Resource, Scope } from "../model/roles.ts";

/**
 * A resource by the URL or the resource name (ORN) that names it (Okta, "Work with the resource set component").
 *
 * @decision A resource is named by its URL on the org's own address or by its ORN; another name is refused with 400
 *   E0000001.
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_resource_set_api_it/…test_create_get_delete_resource_set (ORN). URL:
 *   okta/okta-management-openapi-spec 2026.06.3, createResourceSet. The code of the refusal: 400 in the same place.
 * @matters deployment fails: the program names groups and users by URLs on the configured org.
 *
 * @throws OktaError E0000001 when it names nothing of this org
 */
export function readResource(org: Org, name: string): Resource {
  const scope = name.startsWith("orn:") ? scopeOfOrn(org, name) : scopeOfUrl(org, name);
  const known =
    scope !== undefined &&
    (!("id" in scope) || (scope.kind === "user" ? org.people : org.groups).has(scope.id));
  if (!known) throw invalidField("resources", `'${name}' is not a resource of this org (${org.url})`);
  return { id: newId("ire"), scope, created: org.now() };
}

/**
 * The resource as the API shows it: its ORN, and its URL on this org's own host.
 *
 * @param set address of the set that holds it
 */
export function resourceDocument(org: Org, set: string, resource: Resource): unknown {
  const time = new Date(resource.created).toISOString();
  const { path, orn } = names(resource.scope);
  return {
    id: resource.id,
    orn: `orn:okta:directory:${org.id}:${orn}`,
    created: time,
    lastUpdated: time,
    _links: {
      self: { href: `${org.url}/api/v1/${path}` },
      resource: { href: `${set}/resources/${resource.id}` },
    },
  };
}

function names(scope: Scope): { readonly path: string; readonly orn: string } {
  switch (scope.kind) {
    case "all-users":
      return { path: "users", orn: "users" };
    case "user":
      return { path: `users/${scope.id}`, orn: `users:${scope.id}` };
    case "all-groups":
      return { path: "groups", orn: "groups" };
    case "group":
      return { path: `groups/${scope.id}`, orn: `groups:${scope.id}` };
    case "users-of-group":
      return { path: `groups/${scope.id}/users`, orn: `groups:${scope.id}:contained_resources` };
  }
}

function scopeOfUrl(org: Org, url: string): Scope | undefined {
  const base = `${org.url}/api/v1/`;
  if (!url.startsWith(base)) return undefined;
  return scopeOf(url.slice(base.length).split("/"), "users");
}

function scopeOfOrn(org: Org, orn: string): Scope | undefined {
  const base = `orn:okta:directory:${org.id}:`;
  if (!orn.startsWith(base)) return undefined;
  return scopeOf(orn.slice(base.length).split(":"), "contained_resources");
}

function scopeOf(parts: readonly string[], contained: string): Scope | undefined {
  const [kind, id, part] = parts;
  if (parts.length === 1 && kind === "users") return { kind: "all-users" };
  if (parts.length === 1 && kind === "groups") return { kind: "all-groups" };
  if (id === undefined || id === "") return undefined;
  if (parts.length === 2 && kind === "users") return { kind: "user", id };
  if (parts.length === 2 && kind === "groups") return { kind: "group", id };
  if (parts.length === 3 && kind === "groups" && part === contained) return { kind: "users-of-group", id };
  return undefined;
}
