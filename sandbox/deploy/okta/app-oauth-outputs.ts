import { isObject, type JsonObject } from "../../../function/shared/json.ts";
import { type Properties, ProviderError } from "../handler.ts";
import { answeredObject, answeredObjects, answeredText, answeredTexts, optionalText } from "./answers.ts";
import { keyFields } from "./app-oauth-inputs.ts";
import { inOrderOf, present, textsOf } from "./inputs.ts";

/**
 * What Okta says of an app, in the form in which it was asked for. What it does not tell, or what the provider does not
 * compare, is kept.
 *
 * @decision An app without grant types in its answer stops the provider.
 * @evidence vendor-code: the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a
 *   recording server.
 * @matters deployment fails: a recorded app has them.
 *
 * @decision The state of an app has what the provider would else write by an update when it takes the app over (its own
 *   defaults), every field of each key, empty where it does not apply, and no policy with `skipAuthenticationPolicy`.
 * @evidence vendor-code: pulumi/pulumi-okta 82924e83 with terraform-provider-okta v6.12.0, built and run on stacks that
 *   these handlers made; okta/services/idaas/resource_okta_app_oauth.go, resourceAppOAuthRead (v6.12.0).
 * @matters sandbox only: with a key in another form the plugin replaces the app.
 *
 * @throws ProviderError when a part is missing without which the provider fails, too
 */
export function appOutputs(known: Properties, app: JsonObject): Properties {
  const credentials = need(app, "credentials");
  const credential = answeredObject(credentials, "oauthClient");
  const template = answeredObject(credentials, "userNameTemplate");
  const settings = need(app, "settings");
  const client = answeredObject(settings, "oauthClient");
  const notes = answeredObject(settings, "notes");
  const visibility = answeredObject(app, "visibility");
  const hide = answeredObject(visibility, "hide");
  const refreshToken = answeredObject(client, "refresh_token");
  const grantTypes = answeredTexts(client, "grant_types");
  if (grantTypes === undefined) throw new ProviderError('Okta answered with an app without "grant_types".');
  const responseTypes = answeredTexts(client, "response_types");
  const kept = (name: string, value: string | undefined) => value ?? known[name];
  return present({
    clientId: optionalText(credential, "client_id"),
    name: answeredText(app, "name"),
    label: answeredText(app, "label"),
    signOnMode: answeredText(app, "signOnMode"),
    status: optionalText(app, "status"),
    type: optionalText(client, "application_type"),
    grantTypes: inOrderOf(textsOf(known, "grantTypes"), grantTypes),
    responseTypes: responseTypes && inOrderOf(textsOf(known, "responseTypes"), responseTypes),
    tokenEndpointAuthMethod: optionalText(credential, "token_endpoint_auth_method"),
    issuerMode: optionalText(client, "issuer_mode"),
    consentMethod: kept("consentMethod", optionalText(client, "consent_method")),
    loginMode: kept("loginMode", optionalText(answeredObject(client, "idp_initiated_login"), "mode")),
    wildcardRedirect: optionalText(client, "wildcard_redirect"),
    userNameTemplate: kept("userNameTemplate", optionalText(template, "template")),
    userNameTemplateType: kept("userNameTemplateType", optionalText(template, "type")),
    adminNote: optionalText(notes, "admin"),
    enduserNote: optionalText(notes, "enduser"),
    accessibilitySelfService: flagOf(answeredObject(app, "accessibility"), "selfService") ?? false,
    autoSubmitToolbar: flagOf(visibility, "autoSubmitToolbar") ?? false,
    refreshTokenRotation: optionalText(refreshToken, "rotation_type") ?? "STATIC",
    refreshTokenLeeway: typeof refreshToken["leeway"] === "number" ? refreshToken["leeway"] : 0,
    hideIos: flagOf(hide, "iOS"),
    hideWeb: flagOf(hide, "web"),
    autoKeyRotation: flagOf(credential, "autoKeyRotation"),
    pkceRequired: known["pkceRequired"] ?? false,
    omitSecret: known["omitSecret"] ?? false,
    skipAuthenticationPolicy: known["skipAuthenticationPolicy"] ?? false,
    jwks: isObject(client["jwks"]) ? keysOf(client["jwks"]) : known["jwks"],
    jwksUri: optionalText(client, "jwks_uri"),
    authenticationPolicy: known["skipAuthenticationPolicy"] === true ? "" : policyOf(app),
  });
}

/** The keys without what Okta adds to each, and with every field that a key of another kind has. */
function keysOf(jwks: JsonObject): readonly Properties[] {
  return answeredObjects(jwks, "keys").map((key) =>
    Object.fromEntries(keyFields.map((field) => [field, optionalText(key, field) ?? ""])),
  );
}

/** The id of the policy that the app links to. */
function policyOf(app: JsonObject): string | undefined {
  const { href } = answeredObject(answeredObject(app, "_links"), "accessPolicy");
  return typeof href === "string" ? href.split("/").at(-1) : undefined;
}

function flagOf(answer: JsonObject, field: string): boolean | undefined {
  const value = answer[field];
  return typeof value === "boolean" ? value : undefined;
}

/**
 * @decision An app without credentials or settings in its answer stops the provider.
 * @evidence vendor-code: the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a
 *   recording server.
 * @matters deployment fails: a recorded app has both.
 */
function need(app: JsonObject, field: string): JsonObject {
  const value = app[field];
  if (isObject(value)) return value;
  throw new ProviderError(`Okta answered with an app without "${field}".`);
}
