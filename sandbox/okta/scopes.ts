import { narrowerAmong } from "./covering.ts";

/**
 * What Okta's API has scopes for (Okta, "OAuth 2.0 scopes"), each with `.read` and `.manage`.
 *
 * @decision The scopes of Okta's API are those of its list: one to read and one to manage for each area, and
 *   okta.logs.read.
 * @evidence documentation: Okta, "OAuth 2.0 scopes" (https://developer.okta.com/docs/api/oauth2/).
 * @matters deployment fails: the program grants okta.groups.manage and okta.logs.read.
 */
const AREAS = [
  "agentPools",
  "apiTokens",
  "appGrants",
  "apps",
  "authenticators",
  "authorizationServers",
  "behaviors",
  "brands",
  "captchas",
  "clients",
  "deviceAssurance",
  "devices",
  "domains",
  "emailDomains",
  "eventHooks",
  "factors",
  "features",
  "groups",
  "identitySources",
  "idps",
  "inlineHooks",
  "linkedObjects",
  "logStreams",
  "networkZones",
  "orgs",
  "policies",
  "principalRateLimits",
  "profileMappings",
  "pushProviders",
  "rateLimits",
  "realms",
  "roles",
  "schemas",
  "sessions",
  "templates",
  "threatInsights",
  "trustedOrigins",
  "uischemas",
  "users",
  "userTypes",
];

const SCOPES = new Set([
  "okta.logs.read",
  ...AREAS.flatMap((area) => [`okta.${area}.read`, `okta.${area}.manage`]),
]);

/** Whether Okta's API has this scope. */
export function isScope(name: string): boolean {
  return SCOPES.has(name);
}

/** The scopes that allow some of what another does. */
export function narrowerScopes(scope: string): readonly string[] {
  return narrowerAmong(SCOPES, scope);
}
