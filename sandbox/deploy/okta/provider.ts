import { type Provider, ProviderError, type ResourceHandler, type ResourceState } from "../handler.ts";
import { adminRoleCustomHandler } from "./admin-role-custom.ts";
import { appOauthHandler } from "./app-oauth.ts";
import { appOauthApiScopeHandler } from "./app-oauth-api-scope.ts";
import { createOktaClient, type Patience, shortPatience } from "./client.ts";
import { eventHookHandler, eventHookVerificationHandler } from "./event-hook.ts";
import { getGroup, groupHandler } from "./group.ts";
import { oauthRoleAssignmentHandler } from "./oauth-role-assignment.ts";
import { resourceSetHandler } from "./resource-set.ts";

/** Where the provider finds the org, and how. */
export interface OktaConfiguration {
  /** Without a slash at the end. */
  readonly url: string;
  /** Of a super administrator. */
  readonly apiToken: string;
  readonly patience?: Patience;
}

/**
 * @decision A configuration without credentials is refused, and so is an API token together with an app's credentials.
 * @evidence vendor-code: okta/terraform-provider-okta 7d9f625, okta/provider/provider.go (ConflictsWith), and the plugin of
 *   @pulumi/okta 6.8.0 as it was run ("no Okta credentials provided", "Conflicting configuration arguments")
 * @matters deployment fails: `pulumi preview` fails before it declares anything.
 */
function checkCredentials(settings: Readonly<Record<string, string>>): void {
  const given = (...keys: readonly string[]) => keys.filter((key) => settings[key]);
  if (given("accessToken", "apiToken", "privateKey").length === 0) {
    throw new ProviderError("no Okta credentials provided");
  }
  const conflicting = given("apiToken", "accessToken", "clientId", "scopes", "privateKey");
  if (settings["apiToken"] && conflicting.length > 1) {
    throw new ProviderError(`Conflicting configuration arguments: ${conflicting.join(", ")}`);
  }
}

/**
 * The Okta resources of the program, through the HTTP calls that Okta's provider for Pulumi makes, in their order.
 *
 * @decision The plugin of @pulumi/okta 7.0.0, which the program installs, makes the calls of 6.8.0.
 * @evidence assumed: 7.0.0 has the same inputs and outputs for these resources. Its calls were not recorded: the plugin that
 *   ran this program was built of pulumi/pulumi-okta 82924e83 with terraform-provider-okta v6.12.0, the newest to be had.
 * @show a preview, an update, a refresh and a destroy with the plugin of 7.0.0.
 * @matters deployment fails: a call that differs may need another right, or show as drift.
 */
export function oktaProvider({ url, apiToken, patience = shortPatience }: OktaConfiguration): Provider {
  const client = createOktaClient(url, apiToken, patience);
  return {
    async configure(settings) {
      checkCredentials(settings);
      // By a private key the real provider gets a token at its first call. The handlers keep to the token that they have.
      if (settings["apiToken"]) await client.configure(settings["apiToken"]);
    },
    resources: identifiedAll({
      "okta:group/group:Group": groupHandler(client),
      "okta:app/oAuth:OAuth": appOauthHandler(client),
      "okta:index/appOauthApiScope:AppOauthApiScope": appOauthApiScopeHandler(client),
      "okta:index/adminRoleCustom:AdminRoleCustom": adminRoleCustomHandler(client),
      "okta:index/resourceSet:ResourceSet": resourceSetHandler(client),
      "okta:app/oauthRoleAssignment:OauthRoleAssignment": oauthRoleAssignmentHandler(client),
      "okta:index/eventHook:EventHook": eventHookHandler(client),
      "okta:index/eventHookVerification:EventHookVerification": eventHookVerificationHandler(client),
    }),
    functions: { "okta:group/getGroup:getGroup": getGroup(client) },
  };
}

function identifiedAll(
  handlers: Readonly<Record<string, ResourceHandler>>,
): Readonly<Record<string, ResourceHandler>> {
  return Object.fromEntries(Object.entries(handlers).map(([type, handler]) => [type, identified(handler)]));
}

/**
 * The handler with the resource's id among its outputs.
 *
 * @decision The outputs of every resource hold its id, and the plugin reads and deletes a role assignment by that id only.
 * @evidence vendor-code: pulumi/pulumi-okta 82924e83 with terraform-provider-okta v6.12.0, built and run against this org:
 *   without it a refresh fails with "cannot unmarshal array into Go value of type sdk.ClientRole".
 * @matters sandbox only: the plugin can take over a stack that these handlers made.
 */
function identified(handler: ResourceHandler): ResourceHandler {
  const { update } = handler;
  return {
    ...handler,
    create: async (inputs) => identify(await handler.create(inputs)),
    read: async (state) => {
      const found = await handler.read(state);
      return found && identify(found);
    },
    ...(update === undefined
      ? {}
      : { update: async (state, inputs) => identify(await update(state, inputs)) }),
  };
}

function identify({ id, outputs }: ResourceState): ResourceState {
  return { id, outputs: { ...outputs, id } };
}
