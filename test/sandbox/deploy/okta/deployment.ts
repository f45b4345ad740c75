import { type Properties, ProviderError, type ResourceState } from "../../../../sandbox/deploy/handler.ts";
import { oktaProvider } from "../../../../sandbox/deploy/okta/provider.ts";
import { newKey, startTestOkta, type TestKey, type TestOkta } from "../../okta/local.ts";

/** Tokens of the resource types, by their short names. */
export const TYPES = {
  group: "okta:group/group:Group",
  app: "okta:app/oAuth:OAuth",
  scopes: "okta:index/appOauthApiScope:AppOauthApiScope",
  role: "okta:index/adminRoleCustom:AdminRoleCustom",
  resourceSet: "okta:index/resourceSet:ResourceSet",
  assignment: "okta:app/oauthRoleAssignment:OauthRoleAssignment",
  hook: "okta:index/eventHook:EventHook",
  verification: "okta:index/eventHookVerification:EventHookVerification",
} as const;

/** What a test deploys with. */
export interface Deployer {
  readonly okta: TestOkta;
  readonly key: TestKey;
  create(type: keyof typeof TYPES, name: string, inputs: Properties): Promise<ResourceState>;
  delete(type: keyof typeof TYPES, state: ResourceState): Promise<void>;
  invoke(token: string, inputs: Properties): Promise<Properties>;
  /** What an operation called, `METHOD /path` each, without the configuration's calls. */
  callsOf(operation: () => Promise<unknown>): Promise<string[]>;
}

/** An org, and the handlers aimed at it. */
export async function startDeployer(): Promise<Deployer> {
  const okta = await startTestOkta();
  const provider = oktaProvider(okta);
  const handler = (type: keyof typeof TYPES) => {
    const found = provider.resources[TYPES[type]];
    if (found === undefined) throw new ProviderError(`no handler for ${type}`);
    return found;
  };
  return {
    okta,
    key: newKey(),
    create: (type, name, inputs) => handler(type).create(name, inputs),
    delete: (type, state) => handler(type).delete(state),
    async invoke(token, inputs) {
      const invoke = provider.functions[token];
      if (invoke === undefined) throw new ProviderError(`no function ${token}`);
      return invoke(inputs);
    },
    async callsOf(operation) {
      const before = okta.noticesOf("request").length;
      await operation();
      return okta
        .noticesOf("request")
        .slice(before)
        .map(({ method, path }) => `${method} ${path}`)
        .filter((call) => call !== "GET /api/v1/users/me");
    },
  };
}

/** The inputs of a service app as the program gives them. */
export function appInputs(key: TestKey): Properties {
  return {
    label: "Sign-in groups",
    type: "service",
    grantTypes: ["client_credentials"],
    responseTypes: ["token"],
    tokenEndpointAuthMethod: "private_key_jwt",
    jwks: [key.publicJwk],
    omitSecret: true,
    skipAuthenticationPolicy: true,
  };
}

/** Deploys what an app needs to manage one group's members, all but the role's assignment. */
export async function deployApp(deployer: Deployer) {
  const { okta, key, create } = deployer;
  const group = await create("group", "app-users", { name: "App Users", description: "Signed in" });
  const app = await create("app", "app", appInputs(key));
  const scopes = await create("scopes", "scopes", {
    appId: app.id,
    issuer: okta.url,
    scopes: ["okta.groups.manage", "okta.groups.read"],
  });
  const role = await create("role", "role", {
    label: "Members",
    description: "Manages members",
    permissions: ["okta.groups.members.manage", "okta.users.groupMembership.manage"],
  });
  const resourceSet = await create("resourceSet", "set", {
    label: "One group",
    description: "The group and everybody",
    resources: [`${okta.url}/api/v1/groups/${group.id}`, `${okta.url}/api/v1/users`],
  });
  return { group, app, scopes, role, resourceSet };
}

/** The inputs that give the deployed app its role. */
export function assignmentInputs({
  app,
  role,
  resourceSet,
}: Awaited<ReturnType<typeof deployApp>>): Properties {
  return {
    clientId: app.outputs["clientId"] ?? null,
    type: "CUSTOM",
    role: role.id,
    resourceSet: resourceSet.id,
  };
}
