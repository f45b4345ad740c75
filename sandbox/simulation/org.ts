import type { InMemoryOkta } from "../okta/in-memory.ts";

/** What the program would have made in the org. */
export interface PreparedOrg {
  /** Ids of the groups, in the order of their names. */
  readonly groupIds: readonly string[];
  /** Client ids of the two service apps. */
  readonly clients: { readonly grant: string; readonly reconcile: string };
}

/**
 * Makes groups, service apps with their rights, and a verified event hook, by the calls that the provider makes.
 *
 * @param hook where events go; it must answer the challenge
 */
export async function prepareOrg(
  okta: InMemoryOkta,
  wanted: {
    readonly groups: readonly string[];
    readonly publicKey: object;
    readonly hook: { readonly uri: string; readonly secret: string; readonly events: readonly string[] };
  },
): Promise<PreparedOrg> {
  const call = async (method: string, path: string, body?: unknown): Promise<string> => {
    const response = await okta.fetch(
      new Request(`${okta.url}${path}`, {
        method,
        headers: { authorization: `SSWS ${okta.apiToken}`, "content-type": "application/json" },
        body: body === undefined ? null : JSON.stringify(body),
      }),
    );
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    const answer: unknown = text === "" ? undefined : JSON.parse(text);
    const hasId = typeof answer === "object" && answer !== null && "id" in answer;
    return hasId ? String(answer.id) : "";
  };

  const app = async (label: string, scope: string): Promise<string> => {
    const client = await call("POST", "/api/v1/apps", serviceAppBody(label, [wanted.publicKey]));
    await call("POST", `/api/v1/apps/${client}/grants`, { issuer: okta.url, scopeId: scope });
    return client;
  };

  const groupIds: string[] = [];
  for (const name of wanted.groups)
    groupIds.push(await call("POST", "/api/v1/groups", { profile: { name } }));
  const grant = await app("grant", "okta.groups.manage");
  const permissions = ["okta.groups.members.manage", "okta.groups.read", "okta.users.groupMembership.manage"];
  const role = await call("POST", "/api/v1/iam/roles", {
    label: "members",
    description: "members",
    permissions,
  });
  const resources = [`${okta.url}/api/v1/users`, ...groupIds.map((id) => `${okta.url}/api/v1/groups/${id}`)];
  const set = await call("POST", "/api/v1/iam/resource-sets", {
    label: "groups",
    description: "groups",
    resources,
  });
  await call("POST", `/oauth2/v1/clients/${grant}/roles`, { type: "CUSTOM", role, "resource-set": set });
  const reconcile = await app("reconcile", "okta.logs.read");
  await call("POST", `/oauth2/v1/clients/${reconcile}/roles`, { type: "REPORT_ADMIN" });
  const { uri, secret, events } = wanted.hook;
  const hook = await call("POST", "/api/v1/eventHooks", {
    name: "hook",
    events: { type: "EVENT_TYPE", items: events },
    channel: {
      type: "HTTP",
      version: "1.0.0",
      config: { uri, authScheme: { type: "HEADER", key: "Authorization", value: `Bearer ${secret}` } },
    },
  });
  await call("POST", `/api/v1/eventHooks/${hook}/lifecycle/verify`);
  return { groupIds, clients: { grant, reconcile } };
}

/** The body that makes a service app with these public keys. @param client what its OAuth settings have besides */
export function serviceAppBody(
  label: string,
  keys: readonly unknown[],
  client: Readonly<Record<string, unknown>> = {},
) {
  return {
    name: "oidc_client",
    label,
    signOnMode: "OPENID_CONNECT",
    credentials: { oauthClient: { token_endpoint_auth_method: "private_key_jwt" } },
    settings: {
      oauthClient: {
        application_type: "service",
        grant_types: ["client_credentials"],
        response_types: ["token"],
        jwks: { keys },
        ...client,
      },
    },
  };
}
