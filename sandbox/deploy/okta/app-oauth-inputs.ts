import { type InputSchema, type Properties, ProviderError } from "../handler.ts";
import {
  flag,
  objectsOf,
  optionalTextOf,
  present,
  requiredText,
  text,
  textOf,
  texts,
  textsOf,
} from "./inputs.ts";

/** The inputs of `okta.app.OAuth` that matter to a service app. */
export const appInputs = {
  adminNote: text,
  autoKeyRotation: flag,
  clientId: { ...text, replaces: true },
  consentMethod: text,
  enduserNote: text,
  grantTypes: texts,
  hideIos: flag,
  hideWeb: flag,
  issuerMode: text,
  jwks: {
    type: "list",
    items: {
      type: "object",
      properties: { kty: requiredText, kid: requiredText, e: text, n: text, x: text, y: text },
    },
  },
  jwksUri: text,
  label: requiredText,
  loginMode: text,
  // The provider makes a new app only when this becomes false.
  omitSecret: { ...flag, replaces: true },
  pkceRequired: flag,
  responseTypes: texts,
  skipAuthenticationPolicy: flag,
  status: text,
  tokenEndpointAuthMethod: text,
  type: { ...requiredText, replaces: true },
  userNameTemplate: text,
  userNameTemplateType: text,
  wildcardRedirect: text,
} as const satisfies Readonly<Record<string, InputSchema>>;

/** The fields of a key. */
export const keyFields = Object.keys(appInputs.jwks.items.properties);

/** The grant types of a service app, of which the first must be there. */
const SERVICE_GRANTS: readonly string[] = [
  "client_credentials",
  "implicit",
  "urn:ietf:params:oauth:grant-type:token-exchange",
];

/** The properties that have a value whether they are given or not. */
export function appSettings(inputs: Properties) {
  const orElse = (name: string, otherwise: string): string => optionalTextOf(inputs, name) ?? otherwise;
  const isSet = (name: string, otherwise: boolean): boolean => (inputs[name] ?? otherwise) === true;
  const responseTypes = textsOf(inputs, "responseTypes");
  return {
    label: textOf(inputs, "label"),
    type: textOf(inputs, "type"),
    grantTypes: textsOf(inputs, "grantTypes"),
    responseTypes: responseTypes.length === 0 ? ["token"] : responseTypes,
    tokenEndpointAuthMethod: orElse("tokenEndpointAuthMethod", "client_secret_basic"),
    status: orElse("status", "ACTIVE"),
    issuerMode: orElse("issuerMode", "ORG_URL"),
    consentMethod: orElse("consentMethod", "TRUSTED"),
    loginMode: orElse("loginMode", "DISABLED"),
    wildcardRedirect: orElse("wildcardRedirect", "DISABLED"),
    userNameTemplate: orElse("userNameTemplate", "$" + "{source.login}"),
    userNameTemplateType: orElse("userNameTemplateType", "BUILT_IN"),
    autoKeyRotation: isSet("autoKeyRotation", true),
    pkceRequired: isSet("pkceRequired", false),
    omitSecret: isSet("omitSecret", false),
    skipAuthenticationPolicy: isSet("skipAuthenticationPolicy", false),
    hideIos: isSet("hideIos", true),
    hideWeb: isSet("hideWeb", true),
  } satisfies Properties;
}

/**
 * What the provider checks when it is about to write an app, and not before.
 *
 * @decision Grant types that do not fit the type, and private_key_jwt without keys, are refused when the app is about
 *   to be written, not in the preview.
 * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/utils/utils.go, line 104; the plugin of
 *   @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a recording server.
 * @matters deployment fails: the program's app has both.
 *
 * @throws ProviderError
 */
export function checkApp(inputs: Properties): void {
  const { type, grantTypes, tokenEndpointAuthMethod } = appSettings(inputs);
  const [needed = ""] = SERVICE_GRANTS;
  const suitable =
    grantTypes.includes(needed) && grantTypes.every((grantType) => SERVICE_GRANTS.includes(grantType));
  if (type === "service" && !suitable) {
    throw new ProviderError(
      `failed conditional validation for field grant_types of type "service": it must contain ${needed}, and can ` +
        `contain ${SERVICE_GRANTS.join(", ")}`,
    );
  }
  const keysGiven = objectsOf(inputs, "jwks").length > 0 || optionalTextOf(inputs, "jwksUri") !== undefined;
  if (tokenEndpointAuthMethod === "private_key_jwt" && !keysGiven) {
    throw new ProviderError(
      '"jwks" or "jwksUri" is required when tokenEndpointAuthMethod is private_key_jwt',
    );
  }
}

/** What is sent to make or replace an app. */
export function appBody(inputs: Properties) {
  const settings = appSettings(inputs);
  const keys = objectsOf(inputs, "jwks");
  return {
    name: "oidc_client",
    label: settings.label,
    signOnMode: "OPENID_CONNECT",
    accessibility: {},
    visibility: { hide: { iOS: settings.hideIos, web: settings.hideWeb } },
    credentials: {
      oauthClient: {
        autoKeyRotation: settings.autoKeyRotation,
        pkce_required: settings.pkceRequired,
        token_endpoint_auth_method: settings.tokenEndpointAuthMethod,
      },
      userNameTemplate: { template: settings.userNameTemplate, type: settings.userNameTemplateType },
    },
    settings: {
      notes: present({
        admin: optionalTextOf(inputs, "adminNote"),
        enduser: optionalTextOf(inputs, "enduserNote"),
      }),
      oauthClient: {
        application_type: settings.type,
        grant_types: settings.grantTypes,
        response_types: settings.responseTypes,
        consent_method: settings.consentMethod,
        issuer_mode: settings.issuerMode,
        wildcard_redirect: settings.wildcardRedirect,
        dpop_bound_access_tokens: false,
        idp_initiated_login: { mode: settings.loginMode, default_scope: [] },
        ...present({ jwks_uri: optionalTextOf(inputs, "jwksUri") }),
        ...(keys.length === 0
          ? {}
          : { jwks: { keys: keys.map((key) => ({ ...filled(key), status: "ACTIVE" })) } }),
      },
    },
  };
}

/** A key without the fields that its kind does not have, which are empty in the state. */
function filled(key: Properties): Properties {
  return Object.fromEntries(Object.entries(key).filter(([, value]) => value !== ""));
}
