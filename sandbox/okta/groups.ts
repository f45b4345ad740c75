import { administrator } from "./administration.ts";
import { duplicate, forbidden, notFound } from "./errors.ts";
import { type JsonObject, object, optionalText, readObject, text } from "./fields.ts";
import { groupRolesOf, keyOf } from "./group-roles.ts";
import { newId } from "./ids.ts";
import { createMembers, type Members } from "./members.ts";
import { noContent, type Routes } from "./routes.ts";
import type { Org } from "./state.ts";

/** A group: made here, built in, or brought in by an app or a directory. */
export interface Group {
  readonly id: string;
  readonly type: "OKTA_GROUP" | "BUILT_IN" | "APP_GROUP";
  readonly name: string;
  readonly description: string | null;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly lastUpdated: number;
  readonly members: Members;
}

/** A group with no members. */
export function newGroup(fields: Pick<Group, "type" | "name" | "description">, now: number): Group {
  return { ...fields, id: newId("00g"), created: now, lastUpdated: now, members: createMembers() };
}

/** The built-in group that every user is in. */
export function createEveryone(now: number): Group {
  const description = "All users in your organization";
  return newGroup({ type: "BUILT_IN", name: "Everyone", description }, now);
}

/** @throws OktaError E0000007 when there is none */
export function getGroup(org: Org, id: string): Group {
  const group = org.groups.get(id);
  if (group === undefined) throw notFound(id, "UserGroup");
  return group;
}

/** Groups API: list, one group, create, replace, delete. */
export function addGroupRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.groups.read");
  const manage = administrator(org, "okta.groups.manage");
  routes.get("/api/v1/groups", read, (context) => {
    const start = context.req.query("q") ?? "";
    const found = [...org.groups.values()].filter(({ name }) => name.startsWith(start));
    return Response.json(found.map((group) => groupDocument(org, group)));
  });

  routes.post("/api/v1/groups", manage, async (context) => {
    const group = newGroup({ type: "OKTA_GROUP", ...readProfile(await readObject(context.req)) }, org.now());
    requireUniqueName(org, group);
    org.groups.set(group.id, group);
    return Response.json(groupDocument(org, group));
  });

  routes.get("/api/v1/groups/:id", read, (context) =>
    Response.json(groupDocument(org, getGroup(org, context.req.param("id")))),
  );

  routes.put("/api/v1/groups/:id", manage, async (context) => {
    const group = getGroup(org, context.req.param("id"));
    if (group.type !== "OKTA_GROUP") throw forbidden();
    const profile = readProfile(await readObject(context.req));
    const changed = { ...group, ...profile, lastUpdated: org.now() };
    requireUniqueName(org, changed);
    org.groups.set(group.id, changed);
    return Response.json(groupDocument(org, changed));
  });

  routes.delete("/api/v1/groups/:id", manage, (context) => {
    const group = getGroup(org, context.req.param("id"));
    if (group.type === "BUILT_IN") throw forbidden();
    org.groups.delete(group.id);
    for (const role of groupRolesOf(org, group.id)) org.groupRoles.delete(keyOf(role));
    return noContent();
  });
}

function readProfile(body: JsonObject): Pick<Group, "name" | "description"> {
  const profile = object(body, "profile");
  return { name: text(profile, "name", 255), description: optionalText(profile, "description") };
}

function requireUniqueName(org: Org, group: Group): void {
  for (const other of org.groups.values()) {
    if (other.id !== group.id && other.name === group.name) throw duplicate("name");
  }
}

function groupDocument(org: Org, group: Group): unknown {
  const href = `${org.url}/api/v1/groups/${group.id}`;
  return {
    id: group.id,
    created: new Date(group.created).toISOString(),
    lastUpdated: new Date(group.lastUpdated).toISOString(),
    lastMembershipUpdated: new Date(group.lastUpdated).toISOString(),
    objectClass: ["okta:user_group"],
    type: group.type,
    profile: { name: group.name, description: group.description },
    _links: {
      logo: ["medium", "large"].map((name) => ({
        name,
        href: `${org.url}/assets/img/logos/groups/okta-${name}.png`,
        type: "image/png",
      })),
      ...(group.type === "BUILT_IN" ? {} : { owners: { href: `${href}/owners` } }),
      users: { href: `${href}/users` },
      apps: { href: `${href}/apps` },
    },
  };
}
