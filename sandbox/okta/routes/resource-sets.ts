import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../../../function/shared/json.ts";
import { administrator } from "../auth/access-control.ts";
import { duplicate, invalidField, notFound } from "../http/errors.ts";
import { readObject, text, texts } from "../http/fields.ts";
import { noContent, type Routes } from "../http/routes.ts";
import { newId } from "../model/ids.ts";
import type { Org } from "../model/org.ts";
import type { Resource, ResourceSet } from "../model/roles.ts";
import { readResource, resourceDocument } from "./resources.ts";
import { requireUnbound, selfLink } from "./roles.ts";

/** How many resources a set can hold (Okta, "Resource Sets API"). */
const MAXIMUM_RESOURCES = 1000;

/** How many resources a page shows by default. */
const PAGE = 100;

/**
 * By id or label.
 *
 * @decision A resource set is found by id or label; one that is not there is 404 E0000007 and the kind (IAMPolicy).
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_resource_set_api_it/…test_create_get_delete_resource_set.
 * @matters deployment fails: the provider drops the set from the state at a refresh.
 *
 * @throws OktaError E0000007 when there is none
 */
export function getResourceSet(org: Org, idOrLabel: string): ResourceSet {
  const found =
    org.resourceSets.get(idOrLabel) ??
    [...org.resourceSets.values()].find(({ label }) => label === idOrLabel);
  if (found === undefined) throw notFound(idOrLabel, "IAMPolicy");
  return found;
}

/** Resource Sets API: sets and their resources. */
export function addResourceSetRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.roles.read");
  const manage = administrator(org, "okta.roles.manage");
  const answer = (set: ResourceSet): Response =>
    Response.json(setDocument(org, set), { headers: selfLink(hrefOf(org, set)) });
  const change = (set: ResourceSet, fields: Partial<ResourceSet>): Response => {
    const changed = { ...set, ...fields, lastUpdated: org.now() };
    org.resourceSets.set(set.id, changed);
    return answer(changed);
  };

  /**
   * @decision A resource set is made with 200 from label, description and resources.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_resource_set_api_it/…test_create_get_delete_resource_set.
   * @matters deployment fails: the program makes one.
   */
  routes.post("/api/v1/iam/resource-sets", manage, async (context) => {
    const body = await readObject(context.req);
    const resources = readResources(org, texts(body, "resources"));
    const fields = { ...readLabel(body), id: newId("iam"), resources };
    requireUniqueLabel(org, fields);
    const set: ResourceSet = { ...fields, created: org.now(), lastUpdated: org.now() };
    org.resourceSets.set(set.id, set);
    return answer(set);
  });

  /**
   * @decision A resource set is read with 200, without its resources.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_resource_set_api_it/…test_create_get_delete_resource_set.
   * @matters deployment fails: the provider reads the resources by another call.
   */
  routes.get("/api/v1/iam/resource-sets/:set", read, (context) =>
    answer(getResourceSet(org, context.req.param("set"))),
  );

  /**
   * @decision Label and description of a resource set are replaced with 200.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_resource_set_api_it/…test_update_resource_set.
   * @matters deployment fails: the provider changes both in place.
   */
  routes.put("/api/v1/iam/resource-sets/:set", manage, async (context) => {
    const set = getResourceSet(org, context.req.param("set"));
    const fields = readLabel(await readObject(context.req));
    requireUniqueLabel(org, { ...fields, id: set.id });
    return change(set, fields);
  });

  /**
   * @decision A resource set is deleted with 204.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_resource_set_api_it/…test_create_get_delete_resource_set.
   * @matters deployment fails: a destroy ends with it.
   */
  routes.delete("/api/v1/iam/resource-sets/:set", manage, (context) => {
    const set = getResourceSet(org, context.req.param("set"));
    requireUnbound(org, "resourceSet", set.id);
    org.resourceSets.delete(set.id);
    return noContent();
  });

  /**
   * @decision The resources of a set are listed in pages, by `limit` and `after`.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listResourceSetResources.
   * @matters deployment fails: the provider reads them all.
   */
  routes.get("/api/v1/iam/resource-sets/:set/resources", read, (context) => {
    const set = getResourceSet(org, context.req.param("set"));
    const limit = readLimit(context.req.query("limit"));
    const after = context.req.query("after");
    const start = after === undefined ? 0 : set.resources.findIndex(({ id }) => id === after) + 1;
    const page = set.resources.slice(start, start + limit);
    const href = hrefOf(org, set);
    const last = page.at(-1)?.id;
    const more = last !== undefined && start + limit < set.resources.length;
    const self = `${href}/resources`;
    /**
     * @decision A page of resources names the set, itself, and the next page in its body. Each resource links to the thing
     * itself (`self`) and to its entry in the set (`resource`).
     * @evidence recorded: okta/okta-sdk-python v3.4.4
     * tests/integration/cassettes/test_resource_set_api_it/…test_resource_set_resources_operations (one page); the next page:
     * vendor-code: okta/terraform-provider-okta v6.12.0 okta/services/idaas/resource_okta_resource_set.go
     * @matters deployment fails: the provider compares `self` with the declared URL, and follows `next`.
     */
    return Response.json(
      {
        resources: page.map((resource) => resourceDocument(org, href, resource)),
        _links: {
          ...(more ? { next: { href: `${self}?limit=${limit}&after=${last}` } } : {}),
          "resource-set": { href },
          self: { href: self },
        },
      },
      { headers: selfLink(self) },
    );
  });

  /**
   * @decision Resources are added to a set with 200, and the set is answered.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_resource_set_api_it/…test_resource_set_resources_operations.
   * @matters sign-in lost: a further rule's group gets into the set so.
   */
  routes.patch("/api/v1/iam/resource-sets/:set/resources", manage, async (context) => {
    const set = getResourceSet(org, context.req.param("set"));
    const additions = readResources(org, texts(await readObject(context.req), "additions"));
    const resources = [...set.resources];
    for (const addition of additions) {
      if (!resources.some(({ scope }) => isDeepStrictEqual(scope, addition.scope))) resources.push(addition);
    }
    requireRoom(resources);
    return change(set, { resources });
  });

  /**
   * @decision A resource is taken from a set with 204; one that is not in it is 404 E0000007.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_resource_set_api_it/…test_resource_set_resources_operations (204). The 404:
   *   okta/okta-management-openapi-spec 2026.06.3, deleteResourceSetResource.
   * @matters wrong access: a group of a rule that was removed leaves the set.
   */
  routes.delete("/api/v1/iam/resource-sets/:set/resources/:resourceId", manage, (context) => {
    const set = getResourceSet(org, context.req.param("set"));
    const resourceId = context.req.param("resourceId");
    const resources = set.resources.filter(({ id }) => id !== resourceId);
    if (resources.length === set.resources.length) throw notFound(resourceId, "Resource");
    change(set, { resources });
    return noContent();
  });
}

function readResources(org: Org, names: readonly string[]): readonly Resource[] {
  requireRoom(names);
  return names.map((name) => readResource(org, name));
}

/**
 * @decision A resource set holds at most 1,000 resources: 400 E0000001 beyond.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, createResourceSet.
 * @matters deployment fails: one resource for each group and one for all users, so at most 999 groups.
 */
function requireRoom(list: readonly unknown[]): void {
  if (list.length > MAXIMUM_RESOURCES) {
    throw invalidField("resources", `A resource set can hold at most ${MAXIMUM_RESOURCES} resources`);
  }
}

/**
 * @decision A page of resources holds 100 unless `limit` says otherwise; a limit that is not a number is refused with 400
 *   E0000001.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listResourceSetResources, limit (default 100).
 *   The refusal is the sandbox's.
 * @matters deployment fails: the provider asks for 200.
 */
function readLimit(value: string | undefined): number {
  if (value === undefined) return PAGE;
  const limit = Number(value);
  if (!Number.isInteger(limit) || limit < 1)
    throw invalidField("limit", "The limit must be a positive number");
  return Math.min(limit, MAXIMUM_RESOURCES);
}

/**
 * @decision A resource set without a label is refused with "Label must be specified".
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_resource_set_api_it/…test_resource_set_error_handling.
 * @matters sandbox only: the program labels its set.
 */
function readLabel(body: JsonObject): Pick<ResourceSet, "label" | "description"> {
  if ((body["label"] ?? "") === "") throw invalidField("label", "Label must be specified");
  return { label: text(body, "label", 255), description: text(body, "description") };
}

function hrefOf(org: Org, set: ResourceSet): string {
  return `${org.url}/api/v1/iam/resource-sets/${set.id}`;
}

/**
 * @decision Two resource sets can't have the same label: 400 E0000001.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, createResourceSet, label ("Unique name"). The
 *   words are the sandbox's.
 * @matters deployment fails: an update stops at a label that is taken.
 */
function requireUniqueLabel(org: Org, set: Pick<ResourceSet, "id" | "label">): void {
  for (const other of org.resourceSets.values()) {
    if (other.id !== set.id && other.label === set.label) throw duplicate("label");
  }
}

function setDocument(org: Org, set: ResourceSet): unknown {
  const href = hrefOf(org, set);
  return {
    id: set.id,
    label: set.label,
    description: set.description,
    created: new Date(set.created).toISOString(),
    lastUpdated: new Date(set.lastUpdated).toISOString(),
    _links: {
      self: { href },
      resources: { href: `${href}/resources` },
      bindings: { href: `${href}/bindings` },
    },
  };
}
