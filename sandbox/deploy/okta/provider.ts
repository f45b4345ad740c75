import type { Provider } from "../handler.ts";
import { adminRoleCustomHandler } from "./admin-role-custom.ts";
import { appOauthHandler } from "./app-oauth.ts";
import { appOauthApiScopeHandler } from "./app-oauth-api-scope.ts";
import { createOktaClient } from "./client.ts";
import { eventHookHandler } from "./event-hook.ts";
import { eventHookVerificationHandler } from "./event-hook-verification.ts";
import { getGroup, groupHandler } from "./group.ts";
import { oauthRoleAssignmentHandler } from "./oauth-role-assignment.ts";
import { type Patience, shortPatience } from "./patience.ts";
import { resourceSetHandler } from "./resource-set.ts";

/** Where the provider finds the org, and how. */
export interface OktaConfiguration {
  /** Without a slash at the end. */
  readonly url: string;
  /** Of a super administrator. */
  readonly apiToken: string;
  readonly patience?: Patience;
}

/** The Okta resources of the program, through the HTTP calls that Okta's provider for Pulumi makes, in their order. */
export function oktaProvider({ url, apiToken, patience = shortPatience }: OktaConfiguration): Provider {
  const client = createOktaClient(url, apiToken, patience);
  return {
    resources: {
      "okta:group/group:Group": groupHandler(client),
      "okta:app/oAuth:OAuth": appOauthHandler(client),
      "okta:index/appOauthApiScope:AppOauthApiScope": appOauthApiScopeHandler(client),
      "okta:index/adminRoleCustom:AdminRoleCustom": adminRoleCustomHandler(client),
      "okta:index/resourceSet:ResourceSet": resourceSetHandler(client),
      "okta:app/oauthRoleAssignment:OauthRoleAssignment": oauthRoleAssignmentHandler(client),
      "okta:index/eventHook:EventHook": eventHookHandler(client),
      "okta:index/eventHookVerification:EventHookVerification": eventHookVerificationHandler(client),
    },
    functions: { "okta:group/getGroup:getGroup": getGroup(client) },
  };
}
