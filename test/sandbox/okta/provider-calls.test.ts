import { describe, expect, it } from "vitest";
import { makeApp, startTestOkta, type TestOkta } from "./local.ts";
import { type ProviderCall, providerClient } from "./provider-client.ts";
import { eventHook, key, serviceApp, superAdministrator, tokenOf } from "./provider-fixtures.ts";
import { startReceiver } from "./receiver.ts";

const credentials: readonly (readonly [string, boolean])[] = [
  ["an API token", true],
  ["the token of a super administrator's app", false],
];

describe.each(credentials)("with %s, the provider makes, reads, changes and deletes", (_case, byApiToken) => {
  async function start(): Promise<{ okta: TestOkta; call: ProviderCall }> {
    const okta = await startTestOkta();
    const authorization = byApiToken
      ? `SSWS ${okta.apiToken}`
      : await tokenOf(okta, await superAdministrator(okta));
    return { okta, call: providerClient(okta, authorization) };
  }

  it("a group", async () => {
    const { call } = await start();
    const profile = { name: "Users", description: "Signed in" };
    const made = await call("v2", "POST", "/api/v1/groups", { profile });
    const path = `/api/v1/groups/${made.body.id}`;
    for (let time = 0; time < 2; time += 1) {
      expect(await call("v2", "GET", path)).toMatchObject({
        status: 200,
        body: { id: made.body.id, profile },
      });
    }
    const changed = { name: "People", description: "Still" };
    expect((await call("v2", "PUT", path, { profile: changed })).status).toBe(200);
    expect((await call("v2", "GET", path)).body.profile).toEqual(changed);
    expect((await call("v2", "DELETE", path)).status).toBe(204);
    expect((await call("v2", "GET", path)).status).toBe(404);
  });

  it("a service app", async () => {
    const { call } = await start();
    const made = await call("v6", "POST", "/api/v1/apps?activate=true", serviceApp("Service"));
    expect(made.status).toBe(200);
    const { id } = made.body;
    const path = `/api/v1/apps/${id}`;
    const idToken = `/api/v1/internal/apps/${id}/settings/oauth/idToken`;
    const allowed = byApiToken ? 200 : 403;
    expect((await call("v6", "POST", idToken, { issuerMode: "ORG_URL" })).status).toBe(allowed);

    const read = await call("v6", "GET", path);
    expect(read.body).toMatchObject({
      id,
      name: "oidc_client",
      label: "Service",
      status: "ACTIVE",
      signOnMode: "OPENID_CONNECT",
      visibility: { hide: { iOS: true, web: true } },
      credentials: {
        oauthClient: { client_id: id, autoKeyRotation: true, token_endpoint_auth_method: "private_key_jwt" },
        userNameTemplate: { template: "$" + "{source.login}", type: "BUILT_IN" },
      },
      settings: {
        oauthClient: {
          application_type: "service",
          grant_types: ["client_credentials"],
          response_types: ["token"],
          consent_method: "TRUSTED",
          issuer_mode: "ORG_URL",
          wildcard_redirect: "DISABLED",
          idp_initiated_login: { mode: "DISABLED", default_scope: [] },
        },
      },
    });
    const [shown] = read.body.settings.oauthClient.jwks.keys;
    expect(shown).toEqual({ ...key.publicJwk, status: "ACTIVE", use: null, id: expect.any(String) });
    expect(JSON.stringify(read.body)).not.toContain("client_secret");
    expect((await call("v6", "GET", "/.well-known/okta-organization")).body.pipeline).toBe("idx");
    expect((await call("v6", "GET", idToken)).status).toBe(allowed);

    const replacement = serviceApp("Other", { client_id: id, client_secret: "" });
    expect((await call("v6", "PUT", path, replacement)).body).toMatchObject({ id, label: "Other" });
    const policyId = read.body._links.accessPolicy.href.split("/").at(-1);
    expect((await call("v6", "PUT", `${path}/policies/${policyId}`)).status).toBe(204);
    const policies = await call("v6", "GET", "/api/v1/policies?type=ACCESS_POLICY");
    expect(policies.body.filter(({ system }: { system: boolean }) => system)).toMatchObject([
      { id: policyId },
    ]);
    expect((await call("v6", "GET", "/api/v1/policies?type=PASSWORD")).body).toEqual([]);
    expect((await call("v6", "GET", "/api/v1/policies")).status).toBe(400);

    for (const [change, status] of [
      ["deactivate", "INACTIVE"],
      ["activate", "ACTIVE"],
      ["deactivate", "INACTIVE"],
    ]) {
      expect((await call("v6", "POST", `${path}/lifecycle/${change}`)).status).toBe(200);
      expect((await call("v6", "GET", path)).body.status).toBe(status);
    }
    expect((await call("v6", "DELETE", path)).status).toBe(204);
    expect((await call("v6", "GET", path)).status).toBe(404);
  });

  it("scopes", async () => {
    const { okta, call } = await start();
    const appId = await makeApp(okta, key, []);
    const path = `/api/v1/apps/${appId}/grants`;
    const issuer = okta.url;
    expect(await call("v2", "GET", path)).toEqual({ status: 200, body: [] });
    for (const scopeId of ["okta.groups.manage", "okta.logs.read"]) {
      const granted = await call("v2", "POST", path, { issuer, scopeId });
      expect(granted).toMatchObject({ status: 200, body: { scopeId, issuer } });
    }
    const { body } = await call("v2", "GET", path);
    expect(body).toMatchObject([
      { id: expect.stringMatching(/^oag/), scopeId: "okta.groups.manage", issuer },
      { scopeId: "okta.logs.read", issuer },
    ]);
    expect((await call("v2", "DELETE", `${path}/${body[0].id}`)).status).toBe(204);
    expect((await call("v2", "GET", path)).body).toEqual([body[1]]);
    expect((await call("v2", "DELETE", `${path}/${body[0].id}`)).status).toBe(404);
    expect((await call("v2", "GET", "/api/v1/apps/0oanone/grants")).status).toBe(404);
  });

  it("a custom role", async () => {
    const { call } = await start();
    const role = { label: "Members", description: "Adds", permissions: ["okta.groups.members.manage"] };
    const made = await call("v2", "POST", "/api/v1/iam/roles", role);
    const path = `/api/v1/iam/roles/${made.body.id}`;
    const permissions = async () =>
      (await call("v2", "GET", `${path}/permissions`)).body.permissions.map(
        ({ label }: { label: string }) => label,
      );

    expect((await call("v2", "GET", path)).body).toMatchObject({
      id: made.body.id,
      label: "Members",
      description: "Adds",
    });
    expect(await permissions()).toEqual(role.permissions);
    const changed = { label: "Members", description: "Other" };
    expect((await call("v2", "PUT", path, changed)).body).toMatchObject(changed);
    const other = "okta.users.groupMembership.manage";
    expect((await call("v2", "POST", `${path}/permissions/${other}`)).status).toBe(204);
    expect((await call("v2", "DELETE", `${path}/permissions/${role.permissions[0]}`)).status).toBe(204);
    expect(await permissions()).toEqual([other]);
    expect((await call("v2", "DELETE", path)).status).toBe(204);
    for (const gone of [path, `${path}/permissions`]) {
      expect((await call("v2", "GET", gone)).status).toBe(404);
    }
    expect((await call("v2", "DELETE", path)).status).toBe(404);
  });

  it("a resource set", async () => {
    const { okta, call } = await start();
    const [users, groups] = [`${okta.url}/api/v1/users`, `${okta.url}/api/v1/groups`];
    const set = { label: "Set", description: "A set", resources: [users] };
    const made = await call("v2", "POST", "/api/v1/iam/resource-sets", set);
    const path = `/api/v1/iam/resource-sets/${made.body.id}`;
    const resources = async () =>
      (await call("v2", "GET", `${path}/resources?limit=200`)).body.resources.map(
        (resource: { _links: { self: { href: string } } }) => resource._links.self.href,
      );

    const read = await call("v2", "GET", path);
    expect(read.body).toMatchObject({ id: made.body.id, label: "Set", description: "A set" });
    const page = await call("v2", "GET", `${path}/resources?limit=200`);
    expect(page.body.resources).toEqual([
      {
        id: expect.stringMatching(/^ire/),
        orn: expect.stringMatching(/^orn:okta:directory:00o\w+:users$/),
        created: expect.toSatisfy((time: string) => new Date(time).toISOString() === time),
        lastUpdated: expect.toSatisfy((time: string) => new Date(time).toISOString() === time),
        _links: { self: { href: users }, resource: { href: expect.any(String) } },
      },
    ]);
    expect(page.body._links.next).toBeUndefined();
    const renamed = { label: "Renamed", description: "Other" };
    expect((await call("v2", "PUT", path, { id: made.body.id, ...renamed })).body).toMatchObject(renamed);
    const added = await call("v2", "PATCH", `${path}/resources`, { additions: [groups, users] });
    expect(added.status).toBe(200);
    expect(await resources()).toEqual([users, groups]);

    const first = await call("v2", "GET", `${path}/resources?limit=1`);
    const after = new URL(first.body._links.next.href).searchParams.get("after");
    const second = await call("v2", "GET", `${path}/resources?after=${after}&limit=1`);
    expect(second.body.resources[0]._links.self.href).toBe(groups);
    expect(second.body._links.next).toBeUndefined();

    const [{ id: resourceId }] = first.body.resources;
    expect((await call("v2", "DELETE", `${path}/resources/${resourceId}`)).status).toBe(204);
    expect(await resources()).toEqual([groups]);
    expect((await call("v2", "DELETE", path)).status).toBe(204);
    for (const gone of [path, `${path}/resources?limit=200`]) {
      expect((await call("v2", "GET", gone)).status).toBe(404);
    }
    expect((await call("v2", "DELETE", path)).status).toBe(404);
  });

  it("a role assignment", async () => {
    const { okta, call } = await start();
    const clientId = await makeApp(okta, key, []);
    const role = await call("v2", "POST", "/api/v1/iam/roles", {
      label: "Role",
      description: "A role",
      permissions: ["okta.groups.read"],
    });
    const set = await call("v2", "POST", "/api/v1/iam/resource-sets", {
      label: "Set",
      description: "A set",
      resources: [`${okta.url}/api/v1/groups`],
    });
    const wanted = { type: "CUSTOM", role: role.body.id, "resource-set": set.body.id };
    const path = `/oauth2/v1/clients/${clientId}/roles`;
    const made = await call("v2", "POST", path, wanted);
    expect(made.body).toMatchObject({
      id: expect.stringMatching(/./),
      status: "ACTIVE",
      label: "Role",
      ...wanted,
    });
    const one = `${path}/${made.body.id}`;
    expect(await call("v2", "GET", one)).toEqual({ status: 200, body: made.body });
    expect((await call("v2", "DELETE", one)).status).toBe(204);
    for (const method of ["GET", "DELETE"]) expect((await call("v2", method, one)).status).toBe(404);
  });

  it("an event hook and its verification", async () => {
    const { call } = await start();
    const receiver = await startReceiver();
    const made = await call("v2", "POST", "/api/v1/eventHooks", eventHook(receiver.url));
    const path = `/api/v1/eventHooks/${made.body.id}`;
    expect(made.body).toMatchObject({ status: "ACTIVE" });
    const read = await call("v2", "GET", path);
    expect(read.body).toMatchObject({
      id: made.body.id,
      name: "Sign-ins",
      status: "ACTIVE",
      verificationStatus: "UNVERIFIED",
      events: { type: "EVENT_TYPE", items: ["user.session.start"] },
      channel: { type: "HTTP", version: "1.0.0", config: { uri: receiver.url } },
    });
    expect(read.body.channel.config.authScheme).toEqual({ type: "HEADER", key: "Authorization" });

    const verified = await call("v6", "POST", `${path}/lifecycle/verify`);
    expect(verified).toMatchObject({ status: 200, body: { verificationStatus: "VERIFIED" } });
    const verificationStatus = async () => (await call("v6", "GET", path)).body.verificationStatus;
    expect(await verificationStatus()).toBe("VERIFIED");
    await call("v2", "PUT", path, eventHook(receiver.url));
    expect(await verificationStatus()).toBe("VERIFIED");
    const replaced = await call("v2", "PUT", path, eventHook(`${receiver.url}?new`));
    expect(replaced).toMatchObject({ status: 200, body: { status: "ACTIVE" } });
    expect(await verificationStatus()).toBe("UNVERIFIED");
    receiver.behave((response) => response.writeHead(401).end());
    expect((await call("v6", "POST", `${path}/lifecycle/verify`)).status).toBe(400);

    for (const [change, status] of [
      ["deactivate", "INACTIVE"],
      ["activate", "ACTIVE"],
      ["deactivate", "INACTIVE"],
    ]) {
      expect((await call("v2", "POST", `${path}/lifecycle/${change}`)).body.status).toBe(status);
    }
    expect((await call("v2", "DELETE", path)).status).toBe(204);
    for (const method of ["GET", "DELETE"]) expect((await call("v2", method, path)).status).toBe(404);
  });
});
