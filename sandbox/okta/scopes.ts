import { narrowerAmong } from "./covering.ts";

/** What Okta's API has scopes for (Okta, "OAuth 2.0 scopes"), each with `.read` and `.manage`. */
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
