import type { Properties, ResourceHandler } from "../handler.ts";
import { answeredText, type OktaClient } from "./client.ts";
import { given, type Inputs, readInputs } from "./inputs.ts";

const KNOWN = [
  "adminNote",
  "autoKeyRotation",
  "consentMethod",
  "enduserNote",
  "grantTypes",
  "hideIos",
  "hideWeb",
  "issuerMode",
  "jwks",
  "jwksUri",
  "label",
  "loginMode",
  "omitSecret",
  "pkceRequired",
  "responseTypes",
  "skipAuthenticationPolicy",
  "status",
  "tokenEndpointAuthMethod",
  "type",
  "userNameTemplate",
  "userNameTemplateType",
  "wildcardRedirect",
];

/** `okta.app.OAuth`, for service apps: the app, then its ID token settings, as the provider does with an API token. */
export function appOauthHandler(client: OktaClient): ResourceHandler {
  return {
    async create(logicalName, properties) {
      const inputs = readInputs(`OAuth ${logicalName}`, properties, KNOWN);
      const settings = readSettings(inputs);
      const active = settings.status === "ACTIVE";
      const app = await client.call("POST", `/api/v1/apps?activate=${active}`, appBody(inputs, settings));
      const id = answeredText(app, "id");
      const idToken = `/api/v1/internal/apps/${id}/settings/oauth/idToken`;
      await client.call("POST", idToken, { issuerMode: settings.issuerMode });
      const created = await client.call("GET", `/api/v1/apps/${id}`);
      await client.call("GET", "/.well-known/okta-organization");
      await client.call("GET", idToken);
      return {
        id,
        outputs: {
          ...given(properties),
          ...settings,
          clientId: id,
          name: answeredText(created, "name"),
          signOnMode: answeredText(created, "signOnMode"),
        },
      };
    },
    async delete({ id }) {
      await client.call("POST", `/api/v1/apps/${id}/lifecycle/deactivate`);
      await client.call("DELETE", `/api/v1/apps/${id}`);
    },
  };
}

/** The properties that have a value whether they were given or not. */
function readSettings(inputs: Inputs) {
  const grantTypes = inputs.texts("grantTypes");
  const responseTypes = inputs.texts("responseTypes");
  const type = inputs.text("type");
  if (type !== "service") throw inputs.error(`only apps of type "service" are handled here, not "${type}"`);
  if (!grantTypes.includes("client_credentials") || !grantTypes.every((one) => SERVICE_GRANTS.has(one))) {
    throw inputs.error(
      "failed conditional validation for field grant_types: a service app needs client_credentials",
    );
  }
  const tokenEndpointAuthMethod = inputs.optionalText("tokenEndpointAuthMethod") ?? "client_secret_basic";
  const keysGiven = inputs.objects("jwks").length > 0 || inputs.optionalText("jwksUri") !== undefined;
  if (tokenEndpointAuthMethod === "private_key_jwt" && !keysGiven) {
    throw inputs.error('"jwks" or "jwksUri" is required when tokenEndpointAuthMethod is "private_key_jwt"');
  }
  return {
    label: inputs.text("label"),
    type,
    grantTypes,
    responseTypes: responseTypes.length === 0 ? ["token"] : responseTypes,
    tokenEndpointAuthMethod,
    status: inputs.optionalText("status") ?? "ACTIVE",
    issuerMode: inputs.optionalText("issuerMode") ?? "ORG_URL",
    consentMethod: inputs.optionalText("consentMethod") ?? "TRUSTED",
    loginMode: inputs.optionalText("loginMode") ?? "DISABLED",
    wildcardRedirect: inputs.optionalText("wildcardRedirect") ?? "DISABLED",
    userNameTemplate: inputs.optionalText("userNameTemplate") ?? "$" + "{source.login}",
    userNameTemplateType: inputs.optionalText("userNameTemplateType") ?? "BUILT_IN",
    autoKeyRotation: inputs.flag("autoKeyRotation", true),
    pkceRequired: inputs.flag("pkceRequired", false),
    omitSecret: inputs.flag("omitSecret", false),
    hideIos: inputs.flag("hideIos", true),
    hideWeb: inputs.flag("hideWeb", true),
  } satisfies Properties;
}

const SERVICE_GRANTS: ReadonlySet<string> = new Set([
  "client_credentials",
  "implicit",
  "urn:ietf:params:oauth:grant-type:token-exchange",
]);

function appBody(inputs: Inputs, settings: ReturnType<typeof readSettings>): unknown {
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
      notes: { admin: inputs.optionalText("adminNote"), enduser: inputs.optionalText("enduserNote") },
      oauthClient: {
        application_type: settings.type,
        grant_types: settings.grantTypes,
        response_types: settings.responseTypes,
        consent_method: settings.consentMethod,
        issuer_mode: settings.issuerMode,
        wildcard_redirect: settings.wildcardRedirect,
        dpop_bound_access_tokens: false,
        idp_initiated_login: { mode: settings.loginMode, default_scope: [] },
        jwks_uri: inputs.optionalText("jwksUri"),
        jwks: readKeys(inputs),
      },
    },
  };
}

/** @returns undefined when there are none: they are at a URI then */
function readKeys(inputs: Inputs): unknown {
  const keys = inputs.objects("jwks").map((key, index) => {
    if (key.optionalText("kid") === undefined) throw inputs.error(`jwks.${index}.kid is required`);
    if (key.optionalText("kty") === undefined) throw inputs.error(`jwks.${index}.kty is required`);
    const names = ["kty", "kid", "e", "n", "x", "y"];
    return { status: "ACTIVE", ...Object.fromEntries(names.map((name) => [name, key.optionalText(name)])) };
  });
  return keys.length === 0 ? undefined : { keys };
}
