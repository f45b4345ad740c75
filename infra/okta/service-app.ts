import * as okta from "@pulumi/okta";
import type * as pulumi from "@pulumi/pulumi";
import type { SigningKeyVersion } from "../google/signing-key.ts";
import { mapRotated, type Rotated } from "../rotation.ts";

/** An API service app: a function calls Okta as this app. */
export interface ServiceApp {
  readonly clientId: pulumi.Output<string>;
  /** Client ids of the apps of all keys that exist. */
  readonly clientIds: pulumi.Output<string>[];
  readonly appId: pulumi.Output<string>;
  /** What has to be in place before it can do what it is for. */
  readonly ready: pulumi.Resource[];
}

/** What each app takes, whatever it is for. */
export interface ServiceAppArgs {
  readonly orgUrl: string;
  readonly stack: string;
  /** Each gets an app. */
  readonly keys: Rotated<SigningKeyVersion>;
}

/** The admin role that an app has. */
export interface AdminRole {
  readonly assignment: Omit<okta.app.OauthRoleAssignmentArgs, "clientId">;
  /**
   * What it consists of. Okta may refuse to delete these while the assignment binds them, so the app, with which the
   * assignment goes, is deleted first.
   */
  readonly parts: pulumi.Resource[];
}

/** Names of an app's resources, to which the number of its key is added. */
export interface ServiceAppNames {
  readonly app: string;
  readonly scopes: string;
  readonly roleAssignment: string;
}

/**
 * An app that authenticates with a key, with the scopes that it may ask for and the admin role that Okta requires in addition.
 *
 * Each version of the key has an app of its own, since an update of an app sends inline keys in a form that breaks them.
 * The app of the previous version stays until the next rotation with all its permissions: Okta refuses nothing to an older
 * revision of the function that is still ending, or that traffic is moved back to.
 *
 * @returns the app of the current key
 */
export function createServiceApp(
  names: ServiceAppNames,
  args: ServiceAppArgs & {
    readonly label: string;
    readonly scopes: string[];
    readonly role: AdminRole;
  },
  options: pulumi.CustomResourceOptions,
): ServiceApp {
  const createApp = ({ number, publicKey }: SigningKeyVersion): Omit<ServiceApp, "clientIds"> => {
    const app = new okta.app.OAuth(
      `${names.app}-${number}`,
      {
        label: `${args.label}, key ${number}`,
        type: "service",
        grantTypes: ["client_credentials"],
        responseTypes: ["token"],
        tokenEndpointAuthMethod: "private_key_jwt",
        jwks: [publicKey],
        // Without these the provider takes a client secret into the state, and assigns a sign-on policy at each update.
        omitSecret: true,
        skipAuthenticationPolicy: true,
      },
      // A key that moves with the region is another key under the same number: new key, new app.
      // The role's assignment is deleted with the app, and binds the role and its resource set until then.
      { ...options, dependsOn: args.role.parts, replaceOnChanges: ["jwks"] },
    );
    const scopes = new okta.AppOauthApiScope(
      `${names.scopes}-${number}`,
      { appId: app.id, issuer: args.orgUrl, scopes: args.scopes },
      { ...options, deletedWith: app },
    );
    const assignment = new okta.app.OauthRoleAssignment(
      `${names.roleAssignment}-${number}`,
      { ...args.role.assignment, clientId: app.clientId },
      { ...options, deletedWith: app },
    );
    return { clientId: app.clientId, appId: app.id, ready: [scopes, assignment] };
  };
  const apps = mapRotated(args.keys, createApp);
  const clientIds = [apps.current, apps.previous].flatMap((app) => (app === undefined ? [] : [app.clientId]));
  return { ...apps.current, clientIds };
}
