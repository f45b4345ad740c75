import { textOf } from "../../../sandbox/deploy/okta/inputs.ts";
import type { Deployed } from "./deployment.ts";

/** Something that one could do at Okta's API. */
export interface OktaCall {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** What the app of each function may do; every other call is to be refused. */
export const mayDoAtOkta: Readonly<Record<string, readonly string[]>> = {
  grant: [
    "add a member to a group of the rules",
    "list the members of a group of the rules",
    "remove a member of a group of the rules",
  ],
  reconcile: ["read the System Log"],
};

/** The calls by which an app could do what it needs, or harm. */
export async function oktaCalls(
  { clouds, groupId, okta, one }: Deployed,
  name: string,
): Promise<readonly OktaCall[]> {
  const { administrator } = okta;
  const { id: userId } = clouds.okta.createPerson({
    login: `victim-of-${name}@acme.example`,
    displayName: "Victim",
  });
  const profile = { name: `Beyond the reach of ${name}`, description: "" };
  const other = await administrator.call("POST", "/api/v1/groups", { profile });
  const otherGroup = `/api/v1/groups/${String(other["id"])}`;
  const group = `/api/v1/groups/${groupId}`;
  const user = `/api/v1/users/${userId}`;
  const app = one("okta:app/oAuth:OAuth", ({ inputs }) => textOf(inputs, "label").includes("log reader"));
  const apps = `/api/v1/apps/${app.state.id}`;
  const role = `/api/v1/iam/roles/${one("okta:index/adminRoleCustom:AdminRoleCustom").state.id}`;
  const set = `/api/v1/iam/resource-sets/${one("okta:index/resourceSet:ResourceSet").state.id}`;
  const hook = `/api/v1/eventHooks/${one("okta:index/eventHook:EventHook").state.id}`;
  const call = (name: string, method: string, path: string, body?: unknown): OktaCall => ({
    name,
    method,
    path,
    body,
  });
  return [
    call("add a member to a group of the rules", "PUT", `${group}/users/${userId}`),
    call("list the members of a group of the rules", "GET", `${group}/users`),
    call("remove a member of a group of the rules", "DELETE", `${group}/users/${userId}`),
    call("add a member to another group", "PUT", `${otherGroup}/users/${userId}`),
    call("remove a member of another group", "DELETE", `${otherGroup}/users/${userId}`),
    call("list the members of another group", "GET", `${otherGroup}/users`),
    call("read the System Log", "GET", "/api/v1/logs?limit=1"),
    call("list groups", "GET", "/api/v1/groups"),
    call("create a group", "POST", "/api/v1/groups", { profile: { name: "Mine", description: "" } }),
    call("change a group of the rules", "PUT", group, { profile }),
    call("delete a group of the rules", "DELETE", group),
    call("read a user", "GET", user),
    call("deactivate a user", "POST", `${user}/lifecycle/deactivate`),
    call("read an app", "GET", apps),
    call("change an app", "PUT", apps, {}),
    call("deactivate an app", "POST", `${apps}/lifecycle/deactivate`),
    call("grant itself a scope", "POST", `${apps}/grants`, {
      scopeId: "okta.users.manage",
      issuer: clouds.okta.url,
    }),
    call("give itself a role", "POST", `/oauth2/v1/clients/${app.state.id}/roles`, { type: "SUPER_ADMIN" }),
    call("widen its role", "POST", `${role}/permissions/okta.users.manage`),
    call("widen its resource set", "PATCH", `${set}/resources`, {
      additions: [`${clouds.okta.url}/api/v1/groups`],
    }),
    call("read event hooks", "GET", "/api/v1/eventHooks"),
    call("deactivate the event hook", "POST", `${hook}/lifecycle/deactivate`),
  ];
}
