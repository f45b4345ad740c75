import { describe, expect, it } from "vitest";
import { appBody, makeApp, makeGroup, newKey, startTestOkta, type TestOkta } from "./local.ts";

const key = newKey();
const TAKEN = "An object with this field already exists in the current organization";

describe("groups", () => {
  it("are created, shown, replaced and deleted", async () => {
    const okta = await startTestOkta();
    const profile = { name: "App Users", description: "Signed in" };
    const created = await okta.call("POST", "/api/v1/groups", { profile });
    const id: string = created.body.id;

    expect(id).toMatch(/^00g\w{17}$/);
    expect(created.body).toMatchObject({ type: "OKTA_GROUP", profile, objectClass: ["okta:user_group"] });
    expect((await okta.call("GET", `/api/v1/groups/${id}`)).body).toEqual(created.body);
    const changed = await okta.call("PUT", `/api/v1/groups/${id}`, { profile: { name: "Users" } });
    expect(changed.body.profile).toEqual({ name: "Users", description: null });
    expect(okta.leftovers()).toEqual([`group "Users" (${id})`]);
    expect((await okta.call("DELETE", `/api/v1/groups/${id}`)).status).toBe(204);
    expect((await okta.call("GET", `/api/v1/groups/${id}`)).status).toBe(404);
    expect(okta.leftovers()).toEqual([]);
  });

  it("keep their members when they are replaced", async () => {
    const okta = await startTestOkta();
    const id = await makeGroup(okta, "App Users");
    const jane = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
    await okta.call("PUT", `/api/v1/groups/${id}/users/${jane.id}`);
    await okta.call("PUT", `/api/v1/groups/${id}`, { profile: { name: "Users" } });
    expect(okta.isMember(id, jane.id)).toBe(true);
  });

  it("are found by a search for their name, with how many members they have", async () => {
    const okta = await startTestOkta();
    const id = await makeGroup(okta, 'The "App" Users');
    await makeGroup(okta, 'The "App" Users of old');
    okta.importGroup('The "App" Users');
    okta.addMember(id, okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" }).id);
    const find = (search: string) =>
      okta.call("GET", `/api/v1/groups?${new URLSearchParams({ search, expand: "stats" })}`);
    const { body } = await find('type eq "OKTA_GROUP" and profile.name eq "The \\"App\\" Users"');
    expect(body).toEqual([
      expect.objectContaining({ id, _embedded: { stats: expect.objectContaining({ usersCount: 1 }) } }),
    ]);
    expect((await find('profile.name sw "The"')).status).toBe(400);
  });

  const wrong: readonly (readonly [string, unknown, string])[] = [
    ["no profile", {}, "profile: The field must be an object"],
    ["no name", { profile: {} }, "name: The field cannot be left blank"],
    [
      "a name that is too long",
      { profile: { name: "x".repeat(256) } },
      "name: The field cannot exceed 255 characters",
    ],
    ["a name that is taken", { profile: { name: "App Users" } }, `name: ${TAKEN}`],
    ["the name of the built-in group", { profile: { name: "Everyone" } }, `name: ${TAKEN}`],
  ];
  it.each(wrong)("with %s are refused", async (_case, body, cause) => {
    const okta = await startTestOkta();
    await makeGroup(okta, "App Users");
    const answer = await okta.call("POST", "/api/v1/groups", body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ errorCode: "E0000001", errorCauses: [{ errorSummary: cause }] });
  });

  it("Everyone can be neither replaced nor deleted", async () => {
    const okta = await startTestOkta();
    const everyone = (await okta.call("GET", "/api/v1/groups")).body[0];
    expect(everyone).toMatchObject({ type: "BUILT_IN", profile: { name: "Everyone" } });
    const path = `/api/v1/groups/${everyone.id}`;
    expect((await okta.call("PUT", path, { profile: { name: "Us" } })).status).toBe(403);
    expect((await okta.call("DELETE", path)).status).toBe(403);
  });
});

describe("users", () => {
  it("are found by id and by login", async () => {
    const okta = await startTestOkta();
    const jane = okta.createPerson({ login: "Jane@example.com", displayName: "Jane Doe" });
    expect(jane.id).toMatch(/^00u\w{17}$/);
    for (const name of [jane.id, "Jane@example.com", "JANE@example.com"]) {
      const { body } = await okta.call("GET", `/api/v1/users/${encodeURIComponent(name)}`);
      expect(body).toMatchObject({
        id: jane.id,
        status: "ACTIVE",
        profile: { login: "Jane@example.com", firstName: "Jane", lastName: "Doe" },
      });
    }
    expect(await okta.call("GET", "/api/v1/users/00unone")).toMatchObject({
      status: 404,
      body: { errorSummary: "Not found: Resource not found: 00unone (User)" },
    });
  });

  it("have a login of their own", async () => {
    const okta = await startTestOkta();
    okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
    expect(() => okta.createPerson({ login: "Jane@example.com", displayName: "Jane" })).toThrow("login");
    expect(() => okta.createPerson({ login: " ", displayName: "Nobody" })).toThrow("login");
  });
});

describe("apps", () => {
  it("are shown with all that the provider reads", async () => {
    const okta = await startTestOkta();
    const created = await okta.call(
      "POST",
      "/api/v1/apps?activate=true",
      appBody("Service", [key.publicJwk]),
    );
    const id: string = created.body.id;

    expect(id).toMatch(/^0oa\w{17}$/);
    expect(created.body).toMatchObject({
      name: "oidc_client",
      label: "Service",
      status: "ACTIVE",
      signOnMode: "OPENID_CONNECT",
      credentials: { oauthClient: { client_id: id, token_endpoint_auth_method: "private_key_jwt" } },
      settings: {
        oauthClient: {
          application_type: "service",
          grant_types: ["client_credentials"],
          response_types: ["token"],
          jwks: { keys: [{ ...key.publicJwk, status: "ACTIVE" }] },
        },
      },
    });
    expect((await okta.call("GET", `/api/v1/apps/${id}`)).body).toEqual(created.body);
    const replaced = await okta.call("PUT", `/api/v1/apps/${id}`, appBody("Renamed", [key.publicJwk]));
    expect(replaced.body).toMatchObject({ id, label: "Renamed" });
    expect(
      (await okta.call("POST", "/api/v1/apps?activate=false", appBody("Off", [key.publicJwk]))).body.status,
    ).toBe("INACTIVE");
  });

  it("are super administrators once they have a scope, while the org makes apps that", async () => {
    const okta = await startTestOkta();
    const setting = "/api/v1/org/settings/clientPrivilegesSetting";
    const rolesOf = async (appId: string) => {
      const { body } = await okta.call("GET", `/oauth2/v1/clients/${appId}/roles`);
      return body.map(({ type }: { type: string }) => type);
    };
    expect((await okta.call("GET", setting)).body).toEqual({ clientPrivilegesSetting: false });
    const before = await makeApp(okta, key, ["okta.groups.read"]);
    await okta.call("PUT", setting, { clientPrivilegesSetting: true });
    const without = await makeApp(okta, key, []);
    const after = await makeApp(okta, key, ["okta.groups.read", "okta.logs.read"]);
    expect(await Promise.all([before, without, after].map(rolesOf))).toEqual([[], [], ["SUPER_ADMIN"]]);
  });

  it("can be deleted only when inactive, and take their grants and roles along", async () => {
    const okta = await startTestOkta();
    const id = await makeApp(okta, key, ["okta.groups.manage"]);
    await okta.call("POST", `/oauth2/v1/clients/${id}/roles`, { type: "USER_ADMIN" });
    expect(okta.leftovers()).toHaveLength(3);

    const refused = await okta.call("DELETE", `/api/v1/apps/${id}`);
    expect(refused).toMatchObject({ status: 403, body: { errorCode: "E0000056" } });
    await okta.call("POST", `/api/v1/apps/${id}/lifecycle/deactivate`);
    expect((await okta.call("DELETE", `/api/v1/apps/${id}`)).status).toBe(204);
    expect(okta.leftovers()).toEqual([]);
    expect((await okta.call("GET", `/api/v1/apps/${id}`)).status).toBe(404);
  });

  it("have a policy, and settings of their ID tokens", async () => {
    const okta = await startTestOkta();
    const id = await makeApp(okta, key, []);
    const { body } = await okta.call("GET", `/api/v1/apps/${id}`);
    const policyId: string = body._links.accessPolicy.href.split("/").at(-1);
    const [policy] = (await okta.call("GET", "/api/v1/policies?type=ACCESS_POLICY")).body;

    expect(policy).toMatchObject({ id: policyId, system: true });
    expect((await okta.call("PUT", `/api/v1/apps/${id}/policies/${policyId}`)).status).toBe(204);
    expect((await okta.call("PUT", `/api/v1/apps/${id}/policies/rstnone`)).status).toBe(404);
    const idToken = `/api/v1/internal/apps/${id}/settings/oauth/idToken`;
    expect((await okta.call("POST", idToken, { issuerMode: "ORG_URL" })).status).toBe(200);
    expect((await okta.call("GET", idToken)).body).toMatchObject({ issuerMode: "ORG_URL" });
    expect((await okta.call("GET", idToken.replace(id, "0oanone"))).status).toBe(404);
  });

  const { publicJwk } = key;
  const good = appBody("App", [publicJwk]);
  const wrong: readonly (readonly [string, unknown, string])[] = [
    ["no label", { ...good, label: "" }, "label"],
    ["another sign-on mode", { ...good, signOnMode: "SAML_2_0" }, "signOnMode"],
    [
      "another authentication",
      { ...good, credentials: { oauthClient: { token_endpoint_auth_method: "none_such" } } },
      "token_endpoint_auth_method",
    ],
    ["another type", appBody("App", [publicJwk], { application_type: "robot" }), "application_type"],
    ["another grant type", appBody("App", [publicJwk], { grant_types: ["password"] }), "grant_types"],
    ["no keys", appBody("App", []), "jwks"],
    ["keys at a URI", appBody("App", [publicJwk], { jwks_uri: "https://example.com/" }), "jwks_uri"],
    ["DPoP", appBody("App", [publicJwk], { dpop_bound_access_tokens: true }), "dpop_bound_access_tokens"],
    ["a key without kid", appBody("App", [{ ...publicJwk, kid: undefined }]), "kid"],
    ["a key without modulus", appBody("App", [{ ...publicJwk, n: undefined }]), "jwks.keys.n"],
    ["a key of another type", appBody("App", [{ ...publicJwk, kty: "oct" }]), "kty"],
    ["a private key", appBody("App", [{ ...publicJwk, d: "AQAB" }]), "must be public"],
    ["two keys of one kid", appBody("App", [publicJwk, publicJwk]), "kid of its own"],
    ["too many keys", appBody("App", many(51)), "at most 50 keys"],
  ];
  it.each(wrong)("with %s are refused", async (_case, body, cause) => {
    const okta = await startTestOkta();
    const answer = await okta.call("POST", "/api/v1/apps", body);
    expect([answer.status, answer.body.errorCode]).toEqual([400, "E0000001"]);
    expect(answer.body.errorCauses[0].errorSummary).toContain(cause);
  });

  function many(count: number) {
    return Array.from({ length: count }, (_, index) => ({ ...publicJwk, kid: `key-${index}` }));
  }
});

describe("grants", () => {
  it("are listed and revoked", async () => {
    const okta = await startTestOkta();
    const id = await makeApp(okta, key, ["okta.groups.manage", "okta.logs.read"]);
    const path = `/api/v1/apps/${id}/grants`;
    const { body } = await okta.call("GET", path);

    expect(body).toMatchObject([
      { scopeId: "okta.groups.manage", issuer: okta.url, clientId: id, status: "ACTIVE" },
      { scopeId: "okta.logs.read" },
    ]);
    expect((await okta.call("DELETE", `${path}/${body[0].id}`)).status).toBe(204);
    expect((await okta.call("DELETE", `${path}/${body[0].id}`)).status).toBe(404);
    expect((await okta.call("GET", path)).body).toHaveLength(1);
  });

  const wrong: readonly (readonly [string, (okta: TestOkta) => object, string])[] = [
    ["an unknown scope", (okta) => ({ scopeId: "okta.groups.mangle", issuer: okta.url }), "no scope"],
    ["another issuer", () => ({ scopeId: "okta.users.read", issuer: "https://acme.okta.com" }), "issuer"],
    [
      "a scope that was granted already",
      (okta) => ({ scopeId: "okta.groups.manage", issuer: okta.url }),
      "already",
    ],
  ];
  it.each(wrong)("of %s are refused", async (_case, body, cause) => {
    const okta = await startTestOkta();
    const id = await makeApp(okta, key, ["okta.groups.manage"]);
    const answer = await okta.call("POST", `/api/v1/apps/${id}/grants`, body(okta));
    expect(answer.status).toBe(400);
    expect(answer.body.errorCauses[0].errorSummary).toContain(cause);
  });
});

describe("custom roles", () => {
  const role = {
    label: "Members",
    description: "Manages members",
    permissions: ["okta.groups.members.manage"],
  };

  it("are created, shown, replaced and deleted, with their permissions", async () => {
    const okta = await startTestOkta();
    const created = await okta.call("POST", "/api/v1/iam/roles", role);
    const path = `/api/v1/iam/roles/${created.body.id}`;
    const permissions = async () =>
      (await okta.call("GET", `${path}/permissions`)).body.permissions.map(
        ({ label }: { label: string }) => label,
      );

    expect(created.body).toMatchObject({ id: expect.stringMatching(/^cr0\w{17}$/), label: "Members" });
    expect((await okta.call("GET", "/api/v1/iam/roles/Members")).body).toEqual(created.body);
    expect(await permissions()).toEqual(role.permissions);
    expect((await okta.call("POST", `${path}/permissions/okta.users.read`)).status).toBe(204);
    expect((await okta.call("DELETE", `${path}/permissions/okta.groups.members.manage`)).status).toBe(204);
    expect((await okta.call("DELETE", `${path}/permissions/okta.groups.members.manage`)).status).toBe(404);
    expect(await permissions()).toEqual(["okta.users.read"]);
    const changed = await okta.call("PUT", path, { label: "Members", description: "Other" });
    expect(changed.body.description).toBe("Other");
    expect((await okta.call("DELETE", path)).status).toBe(204);
    expect((await okta.call("GET", path)).status).toBe(404);
  });

  const wrong: readonly (readonly [string, object, string])[] = [
    ["a label that is taken", role, "There is already an admin role with this name."],
    ["no permissions", { ...role, label: "Other", permissions: [] }, "permissions"],
    [
      "an unknown permission",
      { ...role, label: "Other", permissions: ["okta.groups.mangle"] },
      "no permission",
    ],
    ["no description", { ...role, label: "Other", description: "" }, "description"],
  ];
  it.each(wrong)("with %s are refused", async (_case, body, cause) => {
    const okta = await startTestOkta();
    await okta.call("POST", "/api/v1/iam/roles", role);
    const answer = await okta.call("POST", "/api/v1/iam/roles", body);
    expect(answer.status).toBe(400);
    expect(answer.body.errorCauses[0].errorSummary).toContain(cause);
  });
});
