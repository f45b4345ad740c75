import * as okta from "@pulumi/okta";
import type * as pulumi from "@pulumi/pulumi";
import type { PublicKey } from "../google/signing-key.ts";

/** An API service app: as whom a function speaks to Okta. */
export interface ServiceApp {
  readonly clientId: pulumi.Output<string>;
  readonly appId: pulumi.Output<string>;
  readonly resource: okta.app.OAuth;
  /** What has to be in place before it can do what it is for. */
  readonly ready: pulumi.Resource[];
}

/** What each app takes, whatever it is for. */
export interface ServiceAppArgs {
  readonly orgUrl: string;
  readonly stack: string;
  readonly publicKey: pulumi.Output<PublicKey>;
}

/**
 * An app that proves who it is by a key, with the scopes that it may ask for. It may do nothing yet: Okta wants an admin
 * role besides the scope.
 */
export function createServiceApp(
  names: { readonly app: string; readonly scopes: string },
  args: ServiceAppArgs & { readonly label: string; readonly scopes: string[] },
  options: pulumi.CustomResourceOptions,
): ServiceApp {
  const app = new okta.app.OAuth(
    names.app,
    {
      label: args.label,
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
    names.scopes,
    { appId: app.id, issuer: args.orgUrl, scopes: args.scopes },
    { ...options, deletedWith: app },
  );
  return { clientId: app.clientId, appId: app.id, resource: app, ready: [scopes] };
}
