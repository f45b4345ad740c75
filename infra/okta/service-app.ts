import * as okta from "@pulumi/okta";
import * as pulumi from "@pulumi/pulumi";
import type { PublicKey } from "../google/signing-key.ts";

/** The API service app as which `grant` writes memberships. */
export interface ServiceApp {
  readonly clientId: pulumi.Output<string>;
  readonly appId: pulumi.Output<string>;
  /** What has to be in place before it can write. */
  readonly ready: pulumi.Resource[];
}

/**
 * The app may do one thing: manage the members of the rules' groups. That takes a scope and, besides it, an admin role;
 * a custom role over a resource set of just these groups is the narrowest (Okta, "Custom admin roles"). The users are
 * in the set because adding a member needs rights on the user, too.
 */
export function createServiceApp(
  name: string,
  args: {
    readonly orgUrl: string;
    readonly stack: string;
    readonly publicKey: pulumi.Output<PublicKey>;
    readonly groupIds: pulumi.Output<string>[];
  },
  options: pulumi.CustomResourceOptions,
): ServiceApp {
  const { orgUrl, stack } = args;
  const app = new okta.app.OAuth(
    `${name}-service-app`,
    {
      label: `${name} (${stack})`,
      type: "service",
      grantTypes: ["client_credentials"],
      responseTypes: ["token"],
      tokenEndpointAuthMethod: "private_key_jwt",
      jwks: [args.publicKey],
      // Without these the provider takes a client secret into the state, and assigns a sign-on policy at each update.
      omitSecret: true,
      skipAuthenticationPolicy: true,
    },
    // An update sends inline keys in a form that breaks them: new keys, new app.
    { ...options, replaceOnChanges: ["jwks"] },
  );
  const scopes = new okta.AppOauthApiScope(
    `${name}-scopes`,
    { appId: app.id, issuer: orgUrl, scopes: ["okta.groups.manage"] },
    { ...options, deletedWith: app },
  );
  const role = new okta.AdminRoleCustom(
    `${name}-role`,
    {
      label: `${name} (${stack}): manage members`,
      description: "Adds people to the groups in its resource set.",
      permissions: ["okta.groups.members.manage", "okta.users.groupMembership.manage"],
    },
    options,
  );
  const resourceSet = new okta.ResourceSet(
    `${name}-resource-set`,
    {
      label: `${name} (${stack}): groups`,
      description: "The groups that people get into by signing in, and all people.",
      resources: pulumi
        .all(args.groupIds)
        .apply((ids) => [`${orgUrl}/api/v1/users`, ...ids.map((id) => `${orgUrl}/api/v1/groups/${id}`)]),
    },
    options,
  );
  const assignment = new okta.app.OauthRoleAssignment(
    `${name}-role-assignment`,
    { clientId: app.clientId, type: "CUSTOM", role: role.id, resourceSet: resourceSet.id },
    // It must go before the app, the role and the set: the provider fails on an assignment that went with them.
    { ...options, dependsOn: [app, role, resourceSet] },
  );
  return { clientId: app.clientId, appId: app.id, ready: [scopes, assignment] };
}
