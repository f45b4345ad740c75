import { type Properties, ProviderError } from "../handler.ts";
import {
  type Answer,
  answeredObject,
  answeredObjects,
  answeredText,
  answeredTexts,
  isAnswer,
  optionalText,
} from "./answers.ts";
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
 * @throws ProviderError when a part is missing without which the provider fails, too
 */
export function appOutputs(known: Properties, app: Answer): Properties {
  const credentials = need(app, "credentials");
  const credential = answeredObject(credentials, "oauthClient");
  const template = answeredObject(credentials, "userNameTemplate");
  const settings = need(app, "settings");
  const client = answeredObject(settings, "oauthClient");
  const notes = answeredObject(settings, "notes");
  const hide = answeredObject(answeredObject(app, "visibility"), "hide");
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
    hideIos: flagOf(hide, "iOS"),
    hideWeb: flagOf(hide, "web"),
    autoKeyRotation: flagOf(credential, "autoKeyRotation"),
    pkceRequired: known["pkceRequired"] ?? false,
    omitSecret: known["omitSecret"] ?? false,
    skipAuthenticationPolicy: known["skipAuthenticationPolicy"] ?? false,
    jwks: isAnswer(client["jwks"]) ? keysOf(client["jwks"]) : known["jwks"],
    jwksUri: optionalText(client, "jwks_uri"),
    authenticationPolicy: policyOf(app),
  });
}

/** The keys without what Okta adds to each. */
function keysOf(jwks: Answer): readonly Properties[] {
  return answeredObjects(jwks, "keys").map((key) =>
    present(Object.fromEntries(keyFields.map((field) => [field, optionalText(key, field)]))),
  );
}

/** The id of the policy that the app links to. */
function policyOf(app: Answer): string | undefined {
  const { href } = answeredObject(answeredObject(app, "_links"), "accessPolicy");
  return typeof href === "string" ? href.split("/").at(-1) : undefined;
}

function flagOf(answer: Answer, field: string): boolean | undefined {
  const value = answer[field];
  return typeof value === "boolean" ? value : undefined;
}

/**
 * @decision An app without credentials or settings in its answer stops the provider.
 * @evidence vendor-code: the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a
 *   recording server.
 * @matters deployment fails: a recorded app has both.
 */
function need(app: Answer, field: string): Answer {
  const value = app[field];
  if (isAnswer(value)) return value;
  throw new ProviderError(`Okta answered with an app without "${field}".`);
}
