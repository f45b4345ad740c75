import { checkInputs } from "../../../../sandbox/deploy/check.ts";
import { diffInputs, type InputsDiff } from "../../../../sandbox/deploy/diff.ts";
import { type Properties, ProviderError, type ResourceState } from "../../../../sandbox/deploy/handler.ts";
import type { Patience } from "../../../../sandbox/deploy/okta/client.ts";
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

/** A resource as the engine's state has it: what was asked for, and what the provider answered. */
export interface Deployed extends ResourceState {
  readonly inputs: Properties;
}

/** What a test deploys with. Every operation goes through the steps in which the engine takes it. */
export interface Deployer {
  readonly okta: TestOkta;
  readonly key: TestKey;
  /** What a preview says of the inputs: `path reason` each. */
  check(type: keyof typeof TYPES, inputs: Properties): string[];
  create(type: keyof typeof TYPES, name: string, inputs: Properties): Promise<Deployed>;
  /** What an update would change. */
  diff(type: keyof typeof TYPES, state: Deployed, inputs?: Properties): InputsDiff;
  /** Undefined when the resource is gone from the state. */
  refresh(type: keyof typeof TYPES, state: Deployed): Promise<Deployed | undefined>;
  update(type: keyof typeof TYPES, state: Deployed, inputs: Properties): Promise<Deployed>;
  import(type: keyof typeof TYPES, id: string): Promise<ResourceState | undefined>;
  delete(type: keyof typeof TYPES, state: ResourceState): Promise<void>;
  invoke(token: string, inputs: Properties): Promise<Properties>;
  /** What an operation called, `METHOD /path` each, without the configuration's calls. */
  callsOf(operation: () => Promise<unknown>): Promise<string[]>;
}

/** An org, and the handlers aimed at it. */
export async function startDeployer(patience?: Patience): Promise<Deployer> {
  const okta = await startTestOkta();
  const provider = oktaProvider({ ...okta, ...(patience === undefined ? {} : { patience }) });
  const handler = (type: keyof typeof TYPES) => {
    const found = provider.resources[TYPES[type]];
    if (found === undefined) throw new ProviderError(`no handler for ${type}`);
    return found;
  };
  const checked = (
    type: keyof typeof TYPES,
    name: string,
    old: Properties | undefined,
    given: Properties,
  ) => {
    const { inputs, failures } = checkInputs(handler(type), name, old, given);
    if (failures.length > 0) throw new ProviderError(JSON.stringify(failures));
    return inputs;
  };
  return {
    okta,
    key: newKey(),
    check: (type, inputs) =>
      checkInputs(handler(type), "mine", undefined, inputs).failures.map(
        ({ property, reason }) => `${property} ${reason}`,
      ),
    async create(type, name, given) {
      const inputs = checked(type, name, undefined, given);
      return { inputs, ...(await handler(type).create(inputs)) };
    },
    diff: (type, state, given = state.inputs) =>
      diffInputs(handler(type).schema, state, checked(type, "", state.inputs, given)),
    async refresh(type, state) {
      const read = await handler(type).read(state);
      return read && { inputs: state.inputs, ...read };
    },
    async update(type, state, given) {
      const inputs = checked(type, "", state.inputs, given);
      const updated = await handler(type).update?.(state, inputs);
      if (updated === undefined) throw new ProviderError(`${type} cannot be updated`);
      return { inputs, ...updated };
    },
    import: (type, id) => handler(type).read({ id, outputs: {} }),
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
    permissions: ["okta.groups.members.manage", "okta.groups.read", "okta.users.groupMembership.manage"],
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

/** The inputs of a hook, which goes to `uri`. */
export function hookInputs(uri: string): Properties {
  return {
    name: "Sign-ins",
    events: ["user.session.start"],
    channel: { type: "HTTP", version: "1.0.0", uri },
    auth: { type: "HEADER", key: "Authorization", value: "Bearer hook-secret" },
    status: "ACTIVE",
  };
}
